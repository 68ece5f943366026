//! Search results as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use lore_engine::api::{Match, SearchAnswer, SessionMatches};
use lore_engine::model::Role;

use super::Context;
use crate::commands::sessions::directory_name;
use crate::error::CliError;
use crate::output::machine::label;
use crate::output::number::count;
use crate::output::plain::one_line;
use crate::output::{DIM, HEADING, HIT, ID, Output, plain, time};

/// Writes what was found, best session first.
pub(super) fn write(context: &mut Context, answer: &SearchAnswer) -> Result<(), CliError> {
    let output = &mut context.output;
    if let Some(note) = &answer.note {
        output.note(&format!("{HEADING}note:{HEADING:#} {}", plain(note)))?;
    }
    let Some(best) = answer.sessions.first() else {
        return output.note("Nothing found.");
    };
    for (index, found) in answer.sessions.iter().enumerate() {
        if index > 0 {
            writeln!(output)?;
        }
        write_session(output, found)?;
    }
    let shown: usize = answer.sessions.iter().map(|found| found.matches.len()).sum();
    let mut footer = String::new();
    if (shown as u64) < answer.total {
        let total = count(answer.total, "match");
        let _ = write!(footer, "\n{shown} of {total} shown; `--limit` shows more.");
    }
    let id = best.session.id.short();
    let _ = write!(footer, "\n`lore show {id}` shows the first session.");
    output.note(&format!("{DIM}{}{DIM:#}", footer.trim_start_matches('\n')))
}

fn write_session(output: &mut Output, found: &SessionMatches) -> std::io::Result<()> {
    let session = &found.session;
    let mut parts = vec![
        format!("{ID}{}{ID:#}", session.id.short()),
        time::local_or_dash(session.started),
        plain(&session.tool).into_owned(),
        format!("{HEADING}{}{HEADING:#}", one_line(directory_name(session.directory.as_deref()))),
    ];
    parts.extend(session.branch().map(|branch| format!("({})", one_line(branch))));
    parts.push(count(session.message_count.into(), "message"));
    parts.extend(found.origin.as_ref().map(label));
    writeln!(output, "{}", parts.join("  "))?;
    if let Some(title) = &session.title {
        writeln!(output, "  {DIM}{}{DIM:#}", one_line(title))?;
    }
    if found.by_metadata {
        writeln!(output, "  {DIM}matches by title, directory, branch or tool{DIM:#}")?;
    }
    for line in lines(&found.matches) {
        writeln!(output, "{line}")?;
    }
    Ok(())
}

/// The matches and what stands beside them: every message once, in order.
fn lines(matches: &[Match]) -> Vec<String> {
    let mut lines = BTreeMap::new();
    for found in matches {
        for beside in found.before.iter().chain(&found.after) {
            let text = format!("{DIM}{}{DIM:#}", one_line(&beside.text));
            lines.entry(beside.index).or_insert((beside.role, text));
        }
    }
    for found in matches {
        lines.insert(found.index, (found.role, highlighted(&found.snippet, &found.highlights)));
    }
    let width = lines.keys().last().map_or(0, |index| index.to_string().len());
    let line = |(index, (role, text)): (u32, (Role, String))| {
        format!("  {DIM}#{index:<width$} {:<9}{DIM:#}  {text}", role.name())
    };
    lines.into_iter().map(line).collect()
}

/// The snippet in one line, with styles around what matches.
fn highlighted(snippet: &str, highlights: &[(u32, u32)]) -> String {
    let mut result = String::new();
    let mut position = 0;
    let mut add = |part: Option<&str>, hit: bool| {
        let part = plain(part.unwrap_or_default());
        if hit {
            let _ = write!(result, "{HIT}{}{HIT:#}", single_spaced(&part));
        } else {
            result.push_str(&single_spaced(&part));
        }
    };
    for &(start, end) in highlights {
        let (start, end) = (start as usize, end as usize);
        add(snippet.get(position..start), false);
        add(snippet.get(start..end), true);
        position = end;
    }
    add(snippet.get(position..), false);
    result.trim().to_owned()
}

/// Every run of white space is one space; unlike in [`one_line`] also at the ends, where other parts
/// follow.
fn single_spaced(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_whitespace() {
            true if result.ends_with(' ') => {}
            true => result.push(' '),
            false => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_marked_and_lines_joined() {
        let text = highlighted("a\n  retry of\tthe retry ", &[(4, 9), (17, 22)]);
        assert_eq!(text, format!("a {HIT}retry{HIT:#} of the {HIT}retry{HIT:#}"));
    }

    #[test]
    fn ranges_that_do_not_fit_lose_no_panic() {
        let text = highlighted("aäb", &[(2, 3), (90, 95)]);
        assert!(!text.contains('\u{fffd}'), "{text}");
    }
}
