//! `lore sync exclude`: keeps sessions out of the stores.

use std::io::Write as _;

use clap::Args;
use lore_engine::api::SyncExclusion;

use super::SyncOptions;
use crate::client::Access;
use crate::commands::{Context, current_directory};
use crate::error::CliError;

/// Keep a session, or this repository, out of all stores
///
/// What is shared already stays where it is, and no longer changes; `lore sync forget` takes it back.
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync exclude 3fa81c02           Never share this session
  lore sync exclude --repo             Never share sessions of this repository
  lore sync exclude --repo --remove    Share them again")]
pub(super) struct Exclude {
    /// Id of the session, or its first digits
    #[arg(required_unless_present = "repo", conflicts_with = "repo")]
    session: Option<String>,

    /// All sessions of this repository
    #[arg(long)]
    repo: bool,

    /// Let it in again
    #[arg(long)]
    remove: bool,
}

impl Exclude {
    pub(super) fn run(self, context: &mut Context, _: &SyncOptions) -> Result<(), CliError> {
        let mut client = context.client(Access::Write)?;
        let (what, name) = match &self.session {
            Some(session) => {
                let id = client.session(session)?.session.id;
                (SyncExclusion::Session(id), format!("Session {}", id.short()))
            }
            None => {
                let place = current_directory()?;
                (SyncExclusion::Repository(place), "This repository".to_owned())
            }
        };
        let changed = client.sync_exclude(what, !self.remove)?;
        match (self.remove, changed) {
            (false, true) => writeln!(context.output, "{name} is kept out of all stores")?,
            (false, false) => writeln!(context.output, "{name} is kept out already")?,
            (true, true) => writeln!(context.output, "{name} is shared again")?,
            (true, false) => writeln!(context.output, "{name} was not kept out")?,
        }
        Ok(())
    }
}
