//! `lore tag`: puts a tag on a session, or takes it off.

use std::io::Write as _;

use clap::Args;

use super::Context;
use crate::client::Access;
use crate::error::CliError;

/// Put a tag on a session, or take it off
#[derive(Args)]
#[command(after_help = "Examples:
  lore tag 3fa81c02 release            Put a tag on a session
  lore tag 3fa81c02 release --remove   Take it off again
  lore sessions --tag release          List the sessions that have it")]
pub(crate) struct Tag {
    /// Id of the session, or its first digits
    session: String,

    /// The tag
    label: String,

    /// Take the tag off
    #[arg(short, long)]
    remove: bool,
}

impl Tag {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let label = self.label.trim();
        if label.is_empty() {
            return Err(CliError::usage("the tag is empty"));
        }
        let mut client = context.client(Access::Write)?;
        let session = client.session(&self.session)?.session.id;
        let changed = client.tag(session, label, !self.remove)?;
        let short = session.short();
        match (self.remove, changed) {
            (false, true) => writeln!(context.output, "Tagged {short} with {label}")?,
            (false, false) => writeln!(context.output, "{short} has the tag {label} already")?,
            (true, true) => writeln!(context.output, "Took the tag {label} off {short}")?,
            (true, false) => writeln!(context.output, "{short} does not have the tag {label}")?,
        }
        Ok(())
    }
}
