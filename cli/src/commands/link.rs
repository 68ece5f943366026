//! `lore link`: links sessions to a commit.

use std::io::Write as _;
use std::path::Path;

use clap::Args;
use lore_engine::api::NewLink;
use lore_engine::model::{Creator, SessionId};

use super::{Context, current_directory};
use crate::client::Access;
use crate::error::CliError;
use crate::output::short_commit;

/// Link sessions to a commit
#[derive(Args)]
#[command(after_help = "Examples:
  lore link 3fa81c02                   To HEAD
  lore link 3fa81c02 5b1f0c52          Several sessions to one commit
  lore link 3fa81c02 --commit v1.0.0   To a branch, a tag or any other reference
  lore link 3fa81c02 --dry-run         See what it would do")]
pub(crate) struct Link {
    /// Ids of the sessions, or their first digits
    #[arg(required = true, value_name = "SESSION")]
    sessions: Vec<String>,

    /// The commit
    #[arg(long, value_name = "REF", default_value = "HEAD")]
    commit: String,

    /// Change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Link {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let access = if self.dry_run { Access::Read } else { Access::Write };
        let mut client = context.client(access)?;
        let place = current_directory()?;
        let commit = client.commit(&place, &self.commit)?;
        // All of them are looked up before anything is changed.
        let sessions = self.sessions.iter().map(|prefix| client.session(prefix));
        let sessions = sessions.collect::<Result<Vec<_>, _>>()?;
        let to = short_commit(&commit.id);
        writeln!(context.output, "Linking to commit {to}")?;
        for detail in sessions {
            let (session, from) = (detail.session.id, detail.session.id.short());
            if self.dry_run {
                writeln!(context.output, "  [dry-run] Would link session {from} -> commit {to}")?;
            } else if client.link(vec![by_person(session, &place, &commit.id)])? == [true] {
                writeln!(context.output, "  Linked session {from} -> commit {to}")?;
            } else {
                writeln!(context.output, "  Session {from} is linked to commit {to} already")?;
            }
        }
        Ok(())
    }
}

/// A link that a person makes.
fn by_person(session: SessionId, place: &Path, commit: &str) -> NewLink {
    let (place, commit) = (place.to_owned(), commit.to_owned());
    NewLink { session, place, commit, created_by: Creator::User, judgement: None }
}
