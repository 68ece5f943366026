//! The report as Markdown, to paste into a pull request.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use lore_engine::api::{LineShare, ReviewAnswer, ReviewCommit, ReviewSession};

use super::{total, words};
use crate::output::machine::label;
use crate::output::markdown::code_cell;
use crate::output::number::{count, grouped};
use crate::output::{short_commit, time};

/// Bytes of a title or a subject.
const TITLE: usize = 100;
/// Bytes of a prompt.
const PROMPT: usize = 600;
/// Prompts of a commit that are shown.
const PROMPTS: usize = 10;
/// Files of a commit that are shown.
const FILES: usize = 20;

/// The whole report.
pub(super) fn report(answer: &ReviewAnswer, redacted: bool) -> String {
    let mut text = String::from("## How this was made\n\n");
    let commits = count(answer.commits.len() as u64, "commit");
    let _ = writeln!(text, "{commits}: {}.", share(total(answer)));
    if !answer.sessions.is_empty() {
        text.push_str("\n| Session | Tool | When | Lines | Title |\n|---|---|---|---:|---|\n");
        answer.sessions.iter().for_each(|session| row(&mut text, session));
    }
    if !answer.commits.is_empty() {
        text.push_str("\n### Commits\n");
        let mut quoted = BTreeSet::new();
        for found in &answer.commits {
            commit(&mut text, answer, found);
            prompts(&mut text, answer, found, &mut quoted);
        }
    }
    if redacted {
        let masked: Vec<String> =
            answer.masked.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
        let masked = if masked.is_empty() { "none found".to_owned() } else { masked.join(", ") };
        let _ = writeln!(text, "\n---\n\nSecrets masked: {masked}.");
    }
    text
}

/// Whose the lines are, in per cent.
fn share(lines: LineShare) -> String {
    let parts =
        [(lines.session, "by sessions"), (lines.hand, "by hand"), (lines.unknown, "unknown")];
    let all: u64 = parts.iter().map(|(number, _)| u64::from(*number)).sum();
    if all == 0 {
        return "no lines added".to_owned();
    }
    let part = |number: u32| format!("{:.0}%", f64::from(number) * 100.0 / all as f64);
    let parts: Vec<String> =
        parts.iter().map(|(number, whose)| format!("{} {whose}", part(*number))).collect();
    format!("{} added, {}", count(all, "line"), parts.join(", "))
}

fn row(text: &mut String, session: &ReviewSession) {
    let detail = &session.detail.session;
    let origin = session.detail.origin.as_ref().map(label);
    let origin = origin.map(|origin| format!(", {}", words::line(&origin, TITLE)));
    let _ = writeln!(
        text,
        "| `{}` | {}{} | {} | {} | {} |",
        detail.id.short(),
        words::line(&detail.tool, TITLE),
        origin.unwrap_or_default(),
        time::local_or_dash(detail.started),
        grouped(session.lines.into()),
        words::line(detail.title.as_deref().unwrap_or("-"), TITLE),
    );
}

fn commit(text: &mut String, answer: &ReviewAnswer, found: &ReviewCommit) {
    let id = short_commit(&found.commit.id);
    let subject = words::line(&found.commit.subject, TITLE);
    let _ = writeln!(text, "\n#### `{id}` {subject}\n\n{}.", share(found.lines));
    if !found.sessions.is_empty() {
        text.push('\n');
    }
    for (index, lines, confidence) in &found.sessions {
        let Some(session) = answer.sessions.get(*index as usize) else { continue };
        let linked = confidence.map(|sure| format!(", linked ({:.0}%)", sure * 100.0));
        let (id, lines) = (session.detail.session.id.short(), count((*lines).into(), "line"));
        let _ = writeln!(text, "- `{id}`: {lines}{}", linked.unwrap_or_default());
    }
    if !found.files.is_empty() {
        text.push_str("\n| File | By sessions | By hand | Unknown |\n|---|---:|---:|---:|\n");
    }
    for file in found.files.iter().take(FILES) {
        let LineShare { session, hand, unknown } = file.lines;
        let path = code_cell(&file.path);
        let _ = writeln!(text, "| {path} | {session} | {hand} | {unknown} |");
    }
    let rest = found.files.len().saturating_sub(FILES) as u64;
    if rest > 0 {
        let _ = writeln!(text, "| and {} more | | | |", grouped(rest));
    }
}

/// What led to a commit. A prompt is quoted where it stands first.
fn prompts(
    text: &mut String,
    answer: &ReviewAnswer,
    found: &ReviewCommit,
    quoted: &mut BTreeSet<(u32, u32)>,
) {
    for &(session, place) in found.prompts.iter().take(PROMPTS) {
        let Some(session_found) = answer.sessions.get(session as usize) else { continue };
        let Some(prompt) = session_found.prompts.get(place as usize) else { continue };
        let id = session_found.detail.session.id.short();
        let index = prompt.index;
        if quoted.insert((session, place)) {
            let quotation = words::quotation(&prompt.text, PROMPT);
            let _ = write!(text, "\nAsked for in `{id}`, message {index}:\n\n{quotation}");
        } else {
            let _ = writeln!(text, "\nAsked for in `{id}`, message {index}: as above.");
        }
    }
    let rest = found.prompts.len().saturating_sub(PROMPTS) as u64;
    if rest > 0 {
        let _ = writeln!(text, "\nAnd {} more.", count(rest, "prompt"));
    }
}
