//! `lore sessions`: lists sessions, newest first.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use lore_engine::api::{SessionDetail, SessionFilter};

use super::{Context, absolute};
use crate::client::Access;
use crate::error::CliError;
use crate::output::json::SessionJson;
use crate::output::machine::label;
use crate::output::table::Table;
use crate::output::{Format, ID, Output, number::grouped, time};

/// Widest branch history, in characters.
const BRANCH_WIDTH: usize = 24;

/// List sessions, newest first
#[derive(Args)]
#[command(after_help = "Examples:
  lore sessions                        The newest 20
  lore sessions --repo .               Those of this directory and below
  lore sessions --tool codex -l 100    The newest 100 of one tool
  lore sessions --format json          For scripts")]
pub(crate) struct Sessions {
    /// Only sessions in this directory or below it
    #[arg(short, long, value_name = "PATH")]
    repo: Option<PathBuf>,

    /// Only sessions with this tag
    #[arg(short, long, value_name = "LABEL")]
    tag: Option<String>,

    /// Only sessions of this tool
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// At most so many
    #[arg(short, long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Sessions {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let filter = SessionFilter {
            repo: self.repo.as_deref().map(absolute).transpose()?,
            tag: self.tag,
            tool: self.tool,
            after: None,
            limit: self.limit,
        };
        let filtered = filter.repo.is_some() || filter.tag.is_some() || filter.tool.is_some();
        let details = context.client(Access::Read)?.sessions(filter)?;
        if self.format == Format::Json {
            return context.output.json(&details.iter().map(SessionJson::from).collect::<Vec<_>>());
        }
        if details.is_empty() && self.limit > 0 {
            return context.output.note(match filtered {
                true => "No such sessions.",
                false => "No sessions yet: `lore import` reads those of your tools.",
            });
        }
        Ok(write(&mut context.output, &details, 0)?)
    }
}

/// Writes the table of sessions that `lore sessions` and `lore status` show. Where some are of other
/// machines, it says of which.
pub(super) fn write(
    output: &mut Output,
    details: &[SessionDetail],
    indent: usize,
) -> io::Result<()> {
    const HEADINGS: [&str; 5] = ["ID", "STARTED", "MESSAGES", "BRANCH", "DIRECTORY"];
    if details.iter().all(|detail| detail.origin.is_none()) {
        let mut table = Table::with_headings(HEADINGS).right(2).style(0, ID).indent(indent);
        details.iter().for_each(|detail| table.row(row(detail)));
        return table.write(output);
    }
    let [id, started, messages, branch, directory] = HEADINGS;
    let headings = [id, started, messages, branch, directory, "MACHINE"];
    let mut table = Table::with_headings(headings).right(2).style(0, ID).indent(indent);
    for detail in details {
        let [id, started, messages, branch, directory] = row(detail);
        let machine = detail.origin.as_ref().map_or("-".to_owned(), label);
        table.row([id, started, messages, branch, directory, machine]);
    }
    table.write(output)
}

fn row(SessionDetail { session, summary, .. }: &SessionDetail) -> [String; 5] {
    let mark = if summary.is_some() { " [S]" } else { "" };
    [
        format!("{}{mark}", session.id.short()),
        time::local_or_dash(session.started),
        grouped(session.message_count.into()),
        branch_history(&session.branches),
        directory_name(session.directory.as_deref()).to_owned(),
    ]
}

/// A directory's last component, whichever system it is from.
pub(super) fn directory_name(directory: Option<&str>) -> &str {
    let directory = directory.unwrap_or("-");
    let trimmed = directory.trim_end_matches(['/', '\\']);
    let windows = trimmed.get(1..2) == Some(":");
    let name = match windows {
        true => trimmed.rsplit(['/', '\\']).next(),
        false => Path::new(trimmed).file_name().and_then(|name| name.to_str()),
    };
    name.filter(|name| !name.is_empty()).unwrap_or(directory)
}

/// Branches with arrows between, those before the last left out if there are more than three.
fn branch_history(branches: &[String]) -> String {
    let text = match branches {
        [] => "-".to_owned(),
        [first, second, .., last] if branches.len() > 3 => format!("{first}→{second}→…→{last}"),
        _ => branches.join("→"),
    };
    match text.char_indices().nth(BRANCH_WIDTH) {
        // The last character makes room for the sign that something is missing.
        Some(_) => text.chars().take(BRANCH_WIDTH - 1).chain(['…']).collect(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_history(branches: &[&str], expected: &str) {
        let branches: Vec<String> = branches.iter().map(ToString::to_string).collect();
        assert_eq!(branch_history(&branches), expected);
    }

    #[test]
    fn branch_histories_stay_short() {
        check_history(&[], "-");
        check_history(&["main"], "main");
        check_history(&["main", "fix", "main"], "main→fix→main");
        check_history(&["a", "b", "c", "d"], "a→b→…→d");
        check_history(&["main", "feature/a-very-long-name"], "main→feature/a-very-lon…");
    }

    #[test]
    fn directories_of_any_system_have_a_name() {
        assert_eq!(directory_name(Some("/home/me/shop/")), "shop");
        assert_eq!(directory_name(Some(r"C:\work\shop")), "shop");
        assert_eq!(directory_name(Some(r"/home/a\b")), r"a\b");
        assert_eq!(directory_name(Some("/")), "/");
        assert_eq!(directory_name(None), "-");
    }
}
