//! `lore sync`: shares sessions over the git remotes that there are.

mod exclude;
mod forget;
mod log;
mod rekey;
mod run;
mod setup;
mod shared;
mod status;

use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;
use crate::output::Format;
use crate::passphrase::Source;
use crate::transport::Manner;
use shared::Shared;
pub(crate) use shared::person;

/// Time that git may take for one call in the background.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// Share sessions over the git remote, encrypted
///
/// Fetches what others shared, merges it, and pushes what they do not have. In a repository these are
/// its own sessions, for everyone who knows the passphrase; with `--global` all sessions, to a private
/// remote.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = false)]
#[command(after_help = "Examples:
  lore sync setup                      Make the store of this repository, or join it
  lore sync                            Fetch, merge and push
  lore sync --remote upstream          With another remote
  lore sync status                     How it stands
  lore sync --global setup             A store of all sessions, at a private remote
  lore sync forget 3fa81c02            Take a session out of the store, for everyone
  lore sync rekey --new-data-key       Lock out who knows only the old passphrase")]
pub(crate) struct Sync {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    options: SyncOptions,
}

/// What holds for all of it.
#[derive(Args)]
struct SyncOptions {
    /// The store of all sessions, in place of this repository's
    #[arg(long, global = true)]
    global: bool,

    /// The remote to sync with
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "global")]
    remote: Option<String>,

    /// Ask and say nothing; do nothing where sync is not set up
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Fetch, and tell what would be merged and pushed
    #[arg(long, global = true)]
    dry_run: bool,

    /// How to answer
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    Setup(setup::Setup),
    Status(status::Status),
    Log(log::Log),
    Rekey(rekey::Rekey),
    Forget(forget::Forget),
    Exclude(exclude::Exclude),
}

impl Sync {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let options = self.options;
        match self.action {
            None => run::run(context, &options),
            Some(Action::Setup(setup)) => setup.run(context, &options),
            Some(Action::Status(status)) => status.run(context, &options),
            Some(Action::Log(log)) => log.run(context, &options),
            Some(Action::Rekey(rekey)) => rekey.run(context, &options),
            Some(Action::Forget(forget)) => forget.run(context, &options),
            Some(Action::Exclude(exclude)) => exclude.run(context, &options),
        }
    }
}

impl SyncOptions {
    fn manner(&self) -> Manner {
        if self.quiet { Manner::Quiet(LIMIT) } else { Manner::Interactive }
    }

    /// Where passphrases come from.
    fn source(&self, from_input: bool) -> Source {
        match (from_input, self.quiet) {
            (true, _) => Source::Input,
            (false, true) => Source::FileOnly,
            (false, false) => Source::FileOrTerminal,
        }
    }
}

/// Syncs with the remote and asks nobody. Where sync is not set up, nothing is done.
pub(crate) fn quietly(context: &Context, place: &Path, remote: &str) -> Result<(), CliError> {
    let manner = Manner::Quiet(LIMIT);
    let shared = Shared::of_repository(&context.home, place, Some(remote), manner)?;
    run::quietly(context, &shared)
}
