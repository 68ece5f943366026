//! Whose lines they are, as a table.

use std::io::Write as _;

use lore_engine::api::{BlameAnswer, BlameLine, SessionDetail};

use super::{Context, Known};
use crate::error::CliError;
use crate::output::machine::label;
use crate::output::plain::fitting;
use crate::output::table::Table;
use crate::output::{DIM, ID, markdown, plain, short_commit, width};

/// The fewest columns that the text of a line gets.
const NARROWEST: usize = 20;

/// Writes a table for terminals.
pub(super) fn write_text(context: &mut Context, answer: &BlameAnswer) -> Result<(), CliError> {
    let headings = ["LINE", "WRITTEN BY", "SESSION", "MESSAGE", "COMMIT", "TEXT"];
    let mut table =
        Table::with_headings(headings).right(0).right(3).style(0, DIM).style(2, ID).style(4, DIM);
    let rows: Vec<[String; 5]> = answer.lines.iter().map(|line| row(answer, line)).collect();
    // Every column is as wide as its widest cell, and two spaces stand between them.
    let column = |index: usize| {
        let widest = rows.iter().map(|row| row[index].len()).max().unwrap_or(0);
        widest.max(headings[index].len()) + 2
    };
    let left = width().saturating_sub((0..5).map(column).sum()).max(NARROWEST);
    for (line, [number, by, session, message, commit]) in answer.lines.iter().zip(rows) {
        let text = plain(&line.text).replace('\t', "    ");
        let text = fitting(text.trim_end(), left).into_owned();
        table.row([number, by, session, message, commit, text]);
    }
    Ok(table.write(&mut context.output)?)
}

/// Writes a table in Markdown.
pub(super) fn write_markdown(context: &mut Context, answer: &BlameAnswer) -> Result<(), CliError> {
    let output = &mut context.output;
    writeln!(output, "# `{}`\n", plain(&answer.file))?;
    writeln!(output, "| Line | Written by | Session | Message | Commit | Text |")?;
    writeln!(output, "|--:|---|---|--:|---|---|")?;
    for line in &answer.lines {
        writeln!(
            output,
            "| {} | {} |",
            row(answer, line).map(|cell| markdown::cell(&cell)).join(" | "),
            markdown::code_cell(&line.text)
        )?;
    }
    Ok(())
}

/// A session's id, and the machine if it is another one.
fn session(detail: &SessionDetail) -> String {
    let id = detail.session.id.short();
    match &detail.origin {
        Some(origin) => format!("{id} {}", label(origin)),
        None => id,
    }
}

/// What stands before the text.
fn row(answer: &BlameAnswer, line: &BlameLine) -> [String; 5] {
    let known = Known::new(answer, line);
    let written = known.written();
    let short = |commit: &str| short_commit(commit).to_owned();
    [
        line.line.to_string(),
        known.writer().to_owned(),
        written.map_or(String::new(), |written| session(&written.session.detail)),
        written.map_or(String::new(), |written| format!("#{}", written.origin.call.message_index)),
        known.commit.map_or("-".to_owned(), |commit| short(&commit.id)),
    ]
}
