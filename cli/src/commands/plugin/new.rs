//! `lore plugin new`: begins a plugin.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Context;
use crate::error::CliError;
use crate::output::Format;
use crate::plugin_new::{NewError, create};

impl From<NewError> for CliError {
    fn from(error: NewError) -> Self {
        Self::from_error(&error)
    }
}

pub(super) fn run(
    context: &mut Context,
    name: &str,
    path: Option<PathBuf>,
    format: Format,
) -> Result<(), CliError> {
    let path = path.unwrap_or_else(|| Path::new(name).to_owned());
    create(name, &path)?;
    let shown = path.display();
    if format == Format::Json {
        return context.output.json(&json!({ "name": name, "path": shown.to_string() }));
    }
    writeln!(
        context.output,
        "Made the plugin `{name}` in `{shown}`; `{shown}/README.md` goes on."
    )?;
    context.output.note(&format!(
        "Next: `lore plugin build {shown}`, `lore plugin test {shown}`, `lore plugin install \
         {shown}/target/lore-plugin/{name}.wasm`"
    ))
}
