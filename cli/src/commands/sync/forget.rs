//! `lore sync forget`: takes a session out of the store, for everyone.

use std::io::Write as _;

use clap::Args;

use super::SyncOptions;
use super::run::{keys, synchronise, tell};
use super::shared::Shared;
use crate::client::Access;
use crate::commands::Context;
use crate::error::CliError;
use crate::output::{Format, plain};

/// Take a session out of the store, for everyone
///
/// It is removed from the remote with its history, and from the archives of those who have a copy of
/// it once they sync. Whoever captured it keeps it, and it is not shared again. What somebody has
/// fetched and read meanwhile cannot be taken back.
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync forget 3fa81c02
  lore sync --global forget 3fa81c02")]
pub(super) struct Forget {
    /// Id of the session, or its first digits
    session: String,
}

impl Forget {
    pub(super) fn run(self, context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
        let shared = Shared::open(context, options)?;
        shared.git.fetch()?;
        let keys = keys(context, &shared)?;
        let mut client = context.client(Access::Write)?;
        // One that was deleted here is still known by its full id.
        let session = match self.session.parse() {
            Ok(id) => id,
            Err(_) => client.session(&self.session)?.session.id,
        };
        if options.dry_run {
            return context.output.note("Nothing was changed.");
        }
        client.sync_forget(keys.store(), session)?;
        drop(client);
        let outcome = synchronise(context, &shared, &keys, None, false, &mut |_| ())?;
        if options.format == Format::Text {
            let remote = plain(shared.git.remote()).into_owned();
            let short = session.short();
            writeln!(context.output, "Forgot {short}: it is no longer on {remote}.")?;
        }
        tell(context, &outcome, options.format)
    }
}
