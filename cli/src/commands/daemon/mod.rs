//! `lore daemon`: starts and stops the daemon, and tells how it is.

mod install;
mod logs;
mod start;
mod status;
mod stop;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;
use crate::output::Format;
pub(super) use status::{DaemonJson, Presence, presence};

/// Capture sessions in the background, while they are written
///
/// The daemon watches the files of all enabled tools, so that sessions can be found while they go on,
/// and links them to their commits when they end.
#[derive(Args)]
#[command(after_help = "Examples:
  lore daemon start                    Start watching
  lore daemon status                   See what is being watched
  lore daemon logs --follow            See what it does
  lore daemon stop                     Stop watching
  lore daemon install                  Start it now, and after each login
  lore daemon uninstall                No longer")]
pub(crate) struct Daemon {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Start the daemon
    #[command(after_help = "Examples:
  lore daemon start
  lore daemon start --foreground       Until it is interrupted; for services")]
    Start {
        /// Run in this process
        #[arg(long)]
        foreground: bool,

        /// Leave the terminal and its session
        #[arg(long, hide = true, requires = "foreground")]
        detached: bool,
    },
    /// Stop the daemon
    #[command(after_help = "Examples:\n  lore daemon stop")]
    Stop,
    /// Show whether the daemon runs, what it watches and what it captured
    #[command(after_help = "Examples:\n  lore daemon status\n  lore daemon status --format json")]
    Status {
        /// How to answer
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Show what the daemon wrote down
    #[command(after_help = "Examples:
  lore daemon logs
  lore daemon logs -n 100
  lore daemon logs --follow            And what it writes from now on")]
    Logs {
        /// So many lines, the last ones
        #[arg(short = 'n', long, default_value_t = 20, value_name = "N")]
        lines: usize,

        /// Go on with what is written from now on
        #[arg(short, long)]
        follow: bool,
    },
    /// Make the daemon a service of this system: it runs now, and after each login
    #[command(after_help = "Examples:\n  lore daemon install")]
    Install,
    /// Stop the daemon, and remove the service
    #[command(after_help = "Examples:\n  lore daemon uninstall")]
    Uninstall,
}

impl Daemon {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Start { foreground: true, detached } => start::here(context, detached),
            Action::Start { .. } => start::start(context),
            Action::Stop => stop::stop(context),
            Action::Status { format } => status::run(context, format),
            Action::Logs { lines, follow } => logs::run(context, lines, follow),
            Action::Install => install::install(context),
            Action::Uninstall => install::uninstall(context),
        }
    }
}
