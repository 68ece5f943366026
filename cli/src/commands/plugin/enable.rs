//! `lore plugin enable` and `disable`: whose sessions are imported.

use std::io::Write as _;

use serde_json::json;

use super::{Context, known};
use crate::config::Config;
use crate::error::CliError;
use crate::output::Format;

pub(super) fn run(
    context: &mut Context,
    tool: &str,
    enabled: bool,
    format: Format,
) -> Result<(), CliError> {
    known(context, tool)?;
    let changed = Config::update(&context.home, |config| config.enable(tool, enabled))?;
    if format == Format::Json {
        return context
            .output
            .json(&json!({ "tool": tool, "enabled": enabled, "changed": changed }));
    }
    let sentence = match (enabled, changed) {
        (true, true) => "is enabled: `lore import` reads its sessions",
        (true, false) => "is enabled already",
        (false, true) => "is disabled; what was imported stays",
        (false, false) => "is disabled already",
    };
    Ok(writeln!(context.output, "{tool} {sentence}.")?)
}
