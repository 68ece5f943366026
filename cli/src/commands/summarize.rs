//! `lore summarize`: writes down what a session was about.

use std::io::Write as _;

use clap::Args;

use super::Context;
use crate::client::Access;
use crate::error::CliError;
use crate::output::plain;

/// Write down what a session was about, or show it
#[derive(Args)]
#[command(after_help = "Examples:
  lore summarize 3fa81c02 \"Retries give up after five attempts\"
  lore summarize 3fa81c02 --show")]
pub(crate) struct Summarize {
    /// Id of the session, or its first digits
    session: String,

    /// The summary, in place of the one that it has
    #[arg(required_unless_present = "show")]
    text: Option<String>,

    /// Show the summary
    #[arg(long, conflicts_with = "text")]
    show: bool,
}

impl Summarize {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let Some(text) = self.text else {
            let detail = context.client(Access::Read)?.session(&self.session)?;
            return match detail.summary {
                Some(summary) => Ok(writeln!(context.output, "{}", plain(&summary.content))?),
                None => context.output.note("It has no summary."),
            };
        };
        let mut client = context.client(Access::Write)?;
        let session = client.session(&self.session)?.session.id;
        client.summarize(session, &text)?;
        Ok(writeln!(context.output, "Summarized {}", session.short())?)
    }
}
