//! `lore plugin build`: makes components of crates.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;

use super::Context;
use crate::error::CliError;
use crate::output::number::{bytes, count};
use crate::output::table::Table;
use crate::output::{DIM, Format, HEADING};
use crate::plugin_build::{BuildError, Built, Request, build, dist};

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        Self::from_error(&error)
    }
}

/// Builds the plugin of one crate.
pub(super) fn one(
    context: &mut Context,
    crate_dir: &Path,
    out: Option<&Path>,
    reference: bool,
    format: Format,
) -> Result<(), CliError> {
    let quiet = format == Format::Json;
    let request = Request { crate_dir, out, reference, quiet };
    report(context, vec![build(request)?], format)
}

/// Builds all plugins of the workspace in this directory, and the manifest.
pub(super) fn all(
    context: &mut Context,
    out: Option<&Path>,
    format: Format,
) -> Result<(), CliError> {
    let here = Path::new(".");
    let built = dist::refresh(here, out.unwrap_or(here))?;
    report(context, built, format)
}

fn report(context: &mut Context, all: Vec<Built>, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        let json = |built: &Built| {
            json!({
                "name": built.name,
                "path": built.path.display().to_string(),
                "size_bytes": built.bytes,
                "sha256": built.sha256,
                "toolchain": built.toolchain,
            })
        };
        return context.output.json(&all.iter().map(json).collect::<Vec<_>>());
    }
    for built in &all {
        let mut table = Table::<2>::new().style(0, DIM).indent(2);
        table.row(["File".to_owned(), built.path.display().to_string()]);
        table.row(["Size".to_owned(), bytes(built.bytes)]);
        table.row(["SHA-256".to_owned(), built.sha256.clone()]);
        table.row(["Toolchain".to_owned(), built.toolchain.clone()]);
        writeln!(context.output, "{HEADING}Built {}{HEADING:#}", built.name)?;
        table.write(&mut context.output)?;
    }
    if all.len() > 1 {
        writeln!(context.output, "{} built.", count(all.len() as u64, "plugin"))?;
    }
    Ok(())
}
