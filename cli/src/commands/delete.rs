//! `lore delete`: deletes a session for good.

use std::io::Write as _;

use clap::Args;
use lore_engine::api::SessionDetail;

use super::confirm::confirm;
use super::{Context, show};
use crate::client::Access;
use crate::error::CliError;
use crate::output::number::count;

/// Delete a session for good
///
/// Its messages go, and all that hangs on it. The tool's own file stays as it is, and no import
/// brings the session back.
#[derive(Args)]
#[command(after_help = "Examples:
  lore delete 3fa81c02                 Show what will be lost, and ask
  lore delete 3fa81c02 --force         Ask nothing")]
pub(crate) struct Delete {
    /// Id of the session, or its first digits
    session: String,

    /// Ask nothing
    #[arg(long)]
    force: bool,
}

impl Delete {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        // The store is let go before a question, which may wait long for its answer.
        let detail = context.client(Access::Read)?.session(&self.session)?;
        let session = detail.session.id;
        if !self.force {
            show::text::write_session(context, &detail)?;
            writeln!(context.output, "\nThis will be lost: {}.", what_is_lost(&detail))?;
            if !confirm(context, "Delete it for good?")? {
                return Ok(());
            }
        }
        context.client(Access::Write)?.delete(session)?;
        writeln!(context.output, "Deleted {}", session.short())?;
        context.output.note(&format!(
            "If it was shared, the shared copy stays until `lore sync forget {session}`."
        ))
    }
}

/// The messages, and what people and Lore hung on the session.
fn what_is_lost(detail: &SessionDetail) -> String {
    let mut parts = vec![count(detail.session.message_count.into(), "message")];
    let hung = [
        (detail.links.len(), "link"),
        (detail.annotations.len(), "note"),
        (detail.tags.len(), "tag"),
        (usize::from(detail.summary.is_some()), "summary"),
    ];
    let hung = hung.into_iter().filter(|(number, _)| *number > 0);
    parts.extend(hung.map(|(number, what)| count(number as u64, what)));
    parts.join(", ")
}
