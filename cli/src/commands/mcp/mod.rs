//! `lore mcp`: gives other AI tools what Lore knows, by the Model Context Protocol.

mod serve;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;

/// Let AI tools ask Lore, by the Model Context Protocol
#[derive(Args)]
#[command(after_help = "Examples:
  lore mcp serve                       For a tool that starts it")]
pub(crate) struct Mcp {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Serve(serve::Serve),
}

impl Mcp {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Serve(serve) => serve.run(context),
        }
    }
}
