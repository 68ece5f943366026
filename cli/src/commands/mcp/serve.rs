//! `lore mcp serve`: answers one AI tool over standard input and output, until that closes them.

use clap::Args;

use super::Context;
use crate::commands::current_directory;
use crate::error::CliError;
use crate::mcp;

/// Answer an AI tool over standard input and output
///
/// AI tools start it; nothing but the protocol is written to standard output. It ends when its
/// standard input does.
#[derive(Args)]
#[command(after_help = "Examples:
  lore mcp serve                       What to put into a tool's settings
  lore mcp serve < requests.jsonl      To try it by hand: a request a line")]
pub(crate) struct Serve {}

impl Serve {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        mcp::serve(&context.home, current_directory()?)
    }
}
