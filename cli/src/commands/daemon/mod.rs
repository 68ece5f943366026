//! `lore daemon`: captures sessions while they are written.

mod install;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;

/// Capture sessions while they are written
#[derive(Args)]
#[command(after_help = "Examples:
  lore daemon install                  Start it now, and after each login
  lore daemon uninstall                No longer")]
pub(crate) struct Daemon {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
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
            Action::Install => install::install(context),
            Action::Uninstall => install::uninstall(context),
        }
    }
}
