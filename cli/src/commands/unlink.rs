//! `lore unlink`: removes a session's links.

use std::io::Write as _;

use clap::Args;
use lore_engine::model::Link;

use super::confirm::confirm;
use super::{Context, current_directory, evidence};
use crate::client::Access;
use crate::error::CliError;
use crate::output::table::Table;
use crate::output::{ID, short_commit};

/// Remove a session's links to commits
#[derive(Args)]
#[command(after_help = "Examples:
  lore unlink 3fa81c02                     All of them, after a question
  lore unlink 3fa81c02 --commit a1b2c3d4   One
  lore unlink 3fa81c02 --yes               Ask nothing")]
pub(crate) struct Unlink {
    /// Id of the session, or its first digits
    session: String,

    /// Only the link to this commit: the first digits of its id, or any reference
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,

    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

impl Unlink {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        // The store is let go before a question, which may wait long for its answer.
        let mut client = context.client(Access::Read)?;
        let detail = client.session(&self.session)?;
        let commit = match self.commit {
            Some(digits) if is_digits(&digits) => Some(digits.to_lowercase()),
            Some(reference) => Some(client.commit(&current_directory()?, &reference)?.id),
            None => None,
        };
        drop(client);
        let begins_so = |link: &&Link| {
            commit.as_ref().is_none_or(|digits| link.commit.starts_with(digits.as_str()))
        };
        let links: Vec<&Link> = detail.links.iter().filter(begins_so).collect();
        let session = detail.session.id;
        if links.is_empty() {
            let to = commit.as_ref().map_or(String::new(), |digits| format!(" to commit {digits}"));
            return Ok(writeln!(context.output, "No links of session {}{to}", session.short())?);
        }
        writeln!(context.output, "Session {} is linked to", session.short())?;
        let mut table = Table::<3>::new().indent(2).style(0, ID);
        for link in &links {
            let sure = evidence::confidence(link);
            table.row([short_commit(&link.commit).to_owned(), link.mark.subject.clone(), sure]);
        }
        table.write(&mut context.output)?;
        if !self.yes && !confirm(context, "Unlink?")? {
            return Ok(());
        }
        let removed = context.client(Access::Write)?.unlink(session, commit)?;
        for link in removed {
            let (from, to) = (session.short(), short_commit(&link.commit));
            writeln!(context.output, "  Unlinked session {from} -> commit {to}")?;
        }
        Ok(())
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_hexdigit())
}
