//! `lore sync rekey`: a new passphrase.

use std::io::Write as _;

use clap::Args;

use super::SyncOptions;
use super::run::{keys, synchronise, tell};
use super::shared::{Shared, keep_keys};
use crate::commands::Context;
use crate::error::CliError;
use crate::output::Format;
use crate::output::progress::ProgressLine;
use crate::passphrase;

/// Give the store a new passphrase
///
/// Machines that have the key go on as before. With `--new-data-key` they do not: whoever knows only
/// the old passphrase, or has only the old key, cannot read what is shared from then on; all others set
/// up again, with the new one.
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync rekey                      Another passphrase, the same key
  lore sync rekey --new-data-key       After somebody left the team")]
pub(super) struct Rekey {
    /// Seal with a new key from now on
    #[arg(long)]
    new_data_key: bool,

    /// Take the new passphrase from the first line of standard input
    #[arg(long)]
    passphrase_stdin: bool,
}

impl Rekey {
    pub(super) fn run(self, context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
        let shared = Shared::open(context, options)?;
        shared.git.fetch()?;
        let old = keys(context, &shared)?;
        let manifest = shared.manifest()?.ok_or(lore_engine::sync::SyncError::NoStore)?;
        manifest.check(&old)?;
        let source = options.source(self.passphrase_stdin);
        let name =
            shared.store.root().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let passphrase = passphrase::new(context, source, &[&name])?;
        let (manifest, new) = manifest.rekeyed(&old, &passphrase, self.new_data_key)?;
        if options.dry_run {
            return context.output.note("Nothing was changed.");
        }
        // Before the push: a store whose key nobody has would be lost.
        keep_keys(context, &new)?;
        let mut line = ProgressLine::new("Sealing");
        let done = synchronise(context, &shared, &new, Some(&manifest), false, &mut |progress| {
            line.update(progress);
        });
        drop(line);
        let outcome = match done {
            Ok(outcome) => outcome,
            Err(error) => {
                keep_keys(context, &old)?;
                return Err(error);
            }
        };
        if options.format == Format::Text {
            match self.new_data_key {
                false => writeln!(context.output, "The store has a new passphrase.")?,
                true => writeln!(
                    context.output,
                    "The store has a new passphrase and a new key. Tell it to those who are to go on; \
                     each runs 'lore sync setup'."
                )?,
            }
        }
        tell(context, &outcome, options.format)
    }
}
