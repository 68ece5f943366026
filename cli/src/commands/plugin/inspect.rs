//! `lore plugin inspect`: what a component is made of.

use std::path::Path;

use lore_engine::plugin::{Inspection, PluginInfo};
use serde_json::{Value, json};

use super::Context;
use super::component::{describe, examine, locations_json, measure, refused};
use crate::error::CliError;
use crate::output::table::Table;
use crate::output::{DIM, Format};

pub(super) fn run(context: &mut Context, file: &Path, format: Format) -> Result<(), CliError> {
    let examined = examine(file)?;
    let info = examined.plugin.as_ref().ok().map(|plugin| plugin.info());
    match format {
        Format::Json => context.output.json(&as_json(file, &examined.inspection, info))?,
        Format::Text => as_text(context, &examined.inspection, info)?,
    }
    examined.plugin.map(drop).map_err(|error| refused(file, &error))
}

fn as_json(file: &Path, inspection: &Inspection, info: Option<&PluginInfo>) -> Value {
    let producers = inspection.producers.iter().map(|producer| {
        json!({ "field": producer.field, "name": producer.name, "version": producer.version })
    });
    json!({
        "file": file.display().to_string(),
        "tool": info.map(|info| &info.tool),
        "title": info.map(|info| &info.title),
        "version": info.map(|info| &info.version),
        "contract": inspection.contract,
        "locations": info.map(locations_json),
        "empty_wasi": inspection.gets_empty_wasi(),
        "imports": inspection.imports,
        "exports": inspection.exports,
        "size_bytes": inspection.size,
        "code_bytes": inspection.code_size,
        "sha256": inspection.digest.to_string(),
        "producers": producers.collect::<Vec<_>>(),
    })
}

fn as_text(
    context: &mut Context,
    inspection: &Inspection,
    info: Option<&PluginInfo>,
) -> Result<(), CliError> {
    let mut table = Table::<2>::new().style(0, DIM);
    describe(&mut table, inspection, info);
    for import in &inspection.imports {
        table.row(["Imports".to_owned(), import.clone()]);
    }
    for export in &inspection.exports {
        table.row(["Exports".to_owned(), export.clone()]);
    }
    measure(&mut table, inspection);
    for producer in &inspection.producers {
        let (name, version) = (&producer.name, &producer.version);
        table.row(["Made with".to_owned(), format!("{name} {version}").trim_end().to_owned()]);
    }
    Ok(table.write(&mut context.output)?)
}
