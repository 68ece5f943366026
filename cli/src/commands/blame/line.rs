//! All that is known about one line: its commit, the message that wrote it, the prompt that led there.

use std::io::Write as _;

use lore_engine::api::{BlameAnswer, BlameLine, BlameSession, Writer};

use super::{Context, Known, Written};
use crate::commands::evidence;
use crate::error::CliError;
use crate::output::machine::label;
use crate::output::plain::{fitting, one_line};
use crate::output::table::Table;
use crate::output::{DIM, HEADING, ID, markdown, plain, short_commit, time};

/// Lines of a prompt that are shown.
const PROMPT_LINES: usize = 6;
/// Columns of such a line.
const PROMPT_WIDTH: usize = 160;
/// Replaced lines that are shown.
const REPLACED_LINES: usize = 10;
/// Excerpts of a session that are shown, and columns of one.
const EXCERPTS: usize = 3;
const EXCERPT_WIDTH: usize = 100;

/// Writes it for terminals.
pub(super) fn write_text(
    context: &mut Context,
    answer: &BlameAnswer,
    line: &BlameLine,
) -> Result<(), CliError> {
    let known = Known::new(answer, line);
    let output = &mut context.output;
    writeln!(output, "{HEADING}{}:{}{HEADING:#}", plain(&answer.file), line.line)?;
    writeln!(output, "  {}\n", plain(&line.text))?;
    let mut table = Table::<2>::new().style(0, DIM).indent(2);
    for (name, value) in properties(&known) {
        table.row([name.to_owned(), value]);
    }
    table.write(output)?;
    for (heading, mark, lines) in passages(&known) {
        writeln!(output, "\n{HEADING}{heading}{HEADING:#}")?;
        lines.iter().try_for_each(|line| writeln!(output, "  {DIM}{mark}{DIM:#} {line}"))?;
    }
    let others: Vec<_> = others(answer, &known).collect();
    if !others.is_empty() {
        writeln!(output, "\n{HEADING}{}{HEADING:#}", others_heading(&known))?;
    }
    for session in &others {
        writeln!(output, "  {ID}{}{ID:#}", described(session).join("  "))?;
        for excerpt in excerpts(session) {
            writeln!(output, "    {DIM}{excerpt}{DIM:#}")?;
        }
    }
    let shown = known.written().map(|written| written.session).or(others.first().copied());
    match shown {
        Some(session) => {
            let id = session.detail.session.id.short();
            output.note(&format!("\n{DIM}`lore show {id}` shows the session.{DIM:#}"))
        }
        None if known.commit.is_some() => {
            output.note(&format!("\n{DIM}No session is linked to the commit.{DIM:#}"))
        }
        None => Ok(()),
    }
}

/// Writes it in Markdown.
pub(super) fn write_markdown(
    context: &mut Context,
    answer: &BlameAnswer,
    line: &BlameLine,
) -> Result<(), CliError> {
    let known = Known::new(answer, line);
    let output = &mut context.output;
    writeln!(output, "# `{}:{}`\n", plain(&answer.file), line.line)?;
    writeln!(output, "| Property | Value |\n|---|---|")?;
    for (name, value) in properties(&known) {
        writeln!(output, "| {name} | {} |", markdown::cell(&value))?;
    }
    markdown::fenced(output, "", &line.text, "")?;
    for (heading, _, lines) in passages(&known) {
        writeln!(output, "\n**{heading}**\n")?;
        lines.iter().try_for_each(|line| writeln!(output, "> {}", line.trim_end()))?;
    }
    let others: Vec<_> = others(answer, &known).collect();
    if !others.is_empty() {
        writeln!(output, "\n## {}", others_heading(&known))?;
    }
    for session in others {
        writeln!(output, "\n**{}**", described(session).join(", "))?;
        for excerpt in excerpts(session) {
            writeln!(output, "\n> {excerpt}")?;
        }
    }
    Ok(())
}

/// What is known about the line: names and values, in the order in which they are shown.
fn properties(known: &Known<'_>) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    match known.commit {
        Some(commit) => {
            let id = short_commit(&commit.id);
            rows.push(("Commit", format!("{id}  {}", commit.subject)));
            rows.push(("Author", commit.author.clone()));
            rows.push(("Date", time::local(commit.committed)));
        }
        None => rows.push(("Commit", "not committed yet".to_owned())),
    }
    let writer = match (known.line.written_by, &known.changed_from) {
        (Writer::Session, _) => "a session",
        (Writer::Hand, Some(_)) => "hand: a session's line was changed since",
        (Writer::Hand, None) => "hand: no session that is known wrote this line",
        (Writer::Unknown, _) => "not known: the line says too little to tell",
    };
    rows.push(("Written by", writer.to_owned()));
    if let Some(Written { origin, session }) = known.written() {
        rows.push(("Session", described(session).join("  ")));
        let mut message = format!("#{}", origin.call.message_index);
        for part in [Some(origin.call.tool_name.clone()), origin.call.at.map(time::local)] {
            let part = part.filter(|part| !part.is_empty());
            message.extend(part.map(|part| format!("  {part}")));
        }
        rows.push(("Message", message));
    }
    rows
}

/// A session in one line: id, tool, start, and how sure its link to the commit is.
fn described(session: &BlameSession) -> Vec<String> {
    let BlameSession { detail, linked, .. } = session;
    let started = detail.session.started;
    let mut parts = vec![detail.session.id.short(), plain(&detail.session.tool).into_owned()];
    parts.extend(started.map(|started| format!("started {}", time::local(started))));
    parts.extend(detail.origin.as_ref().map(|origin| format!("on {}", label(origin))));
    parts.extend(linked.as_ref().map(|linked| match linked.link.confidence {
        Some(_) => format!("linked ({})", evidence::confidence(&linked.link)),
        None => "linked".to_owned(),
    }));
    parts
}

/// What led to the line: a heading, a mark, and lines without control characters.
fn passages(known: &Known<'_>) -> Vec<(String, char, Vec<String>)> {
    let mut passages = Vec::new();
    let mut add = |heading: String, mark: char, lines: Vec<String>| {
        if !lines.is_empty() {
            passages.push((heading, mark, lines));
        }
    };
    if let Some((_, text)) = &known.changed_from {
        add("Changed from".to_owned(), '-', some_lines([*text], 1));
    }
    if let Some(Written { origin, .. }) = known.written() {
        if let Some(prompt) = &origin.prompt {
            let lines = some_lines(prompt.text.trim().lines(), PROMPT_LINES);
            add(format!("Prompt #{}", prompt.index), '>', lines);
        }
        let replaced = origin.replaced.iter().map(String::as_str);
        add("Replaced".to_owned(), '-', some_lines(replaced, REPLACED_LINES));
    }
    passages
}

/// The first lines of a text, each cut where it is too wide, and a sign if there are more.
fn some_lines<'a>(lines: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let mut lines = lines.into_iter();
    let shown = lines.by_ref().take(limit);
    let mut shown: Vec<String> = shown
        .map(|line| fitting(&plain(line).replace('\t', "    "), PROMPT_WIDTH).into_owned())
        .collect();
    if lines.next().is_some() {
        shown.push("…".to_owned());
    }
    shown
}

/// The sessions that are linked to the commit, but for the one that wrote the line.
fn others<'a>(
    answer: &'a BlameAnswer,
    known: &Known<'_>,
) -> impl Iterator<Item = &'a BlameSession> {
    let writer = known.written().map(|written| written.session.detail.session.id);
    answer.sessions.iter().filter(move |session| {
        session.linked.is_some() && Some(session.detail.session.id) != writer
    })
}

fn others_heading(known: &Known<'_>) -> &'static str {
    match known.written() {
        Some(_) => "Other sessions that are linked to the commit",
        None => "Sessions that are linked to the commit",
    }
}

fn excerpts(session: &BlameSession) -> impl Iterator<Item = String> {
    let excerpts = session.excerpts.iter().take(EXCERPTS);
    excerpts.map(|excerpt| fitting(&one_line(excerpt), EXCERPT_WIDTH).into_owned())
}
