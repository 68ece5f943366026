//! `lore mcp`: gives other AI tools what Lore knows, by the Model Context Protocol.

mod install;
mod serve;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;

/// Let AI tools ask Lore, by the Model Context Protocol
#[derive(Args)]
#[command(after_help = "Examples:
  lore mcp serve                       For a tool that starts it
  lore mcp install                     Tell the tools that are found here of Lore
  lore mcp uninstall codex             No longer")]
pub(crate) struct Mcp {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Serve(serve::Serve),
    Install(install::Install),
    Uninstall(install::Uninstall),
}

impl Mcp {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Serve(serve) => serve.run(context),
            Action::Install(install) => install.run(context),
            Action::Uninstall(uninstall) => uninstall.run(context),
        }
    }
}
