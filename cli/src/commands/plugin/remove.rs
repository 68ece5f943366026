//! `lore plugin remove`: takes an installed plugin away; what it imported stays.

use std::fs;
use std::io::Write as _;

use serde_json::json;

use super::{Context, known};
use crate::builtin;
use crate::commands::confirm::confirm_at_terminal;
use crate::config::Config;
use crate::error::CliError;
use crate::installed;
use crate::output::{Format, plain};

pub(super) fn run(
    context: &mut Context,
    tool: &str,
    yes: bool,
    format: Format,
) -> Result<(), CliError> {
    known(context, tool)?;
    let is_built_in = builtin::tools().any(|built_in| built_in == tool);
    if !installed::tools(&context.home).iter().any(|installed| installed == tool) {
        let error = CliError::new(format!("`{tool}` is built in, so it cannot be removed"));
        return Err(error.with_hint(format!("`lore plugin disable {tool}` leaves it out")));
    }
    let question = format!("Remove the plugin `{}`?", plain(tool));
    if !yes && !confirm_at_terminal(context, &question)? {
        return Ok(());
    }
    let file = installed::file(&context.home, tool);
    fs::remove_file(&file).map_err(|error| CliError::file("cannot remove", &file, &error))?;
    if !is_built_in {
        Config::update(&context.home, |config| config.enable(tool, false))?;
    }
    if format == Format::Json {
        return context.output.json(&json!({ "tool": tool, "built_in_serves": is_built_in }));
    }
    let now = if is_built_in { " The built-in one serves again." } else { "" };
    Ok(writeln!(context.output, "Removed {tool}; its sessions stay.{now}")?)
}
