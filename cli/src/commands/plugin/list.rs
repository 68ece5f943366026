//! `lore plugin list`: what is built in, what is installed, and what each may read.

use std::io::Write as _;

use lore_engine::api::{FailedPlugin, PluginStatus};
use serde_json::{Value, json};

use super::super::drift::{DriftJson, amounts, kinds};
use super::Context;
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::installed;
use crate::output::table::Table;
use crate::output::{BAD, DIM, Format, HEADING, plain};

pub(super) fn run(context: &mut Context, format: Format) -> Result<(), CliError> {
    let enabled = Config::load(&context.home)?.watchers();
    let places = context.places()?;
    let status = context.client(Access::Read)?.status(places)?;
    if format == Format::Json {
        let usable = status.plugins.iter().map(|plugin| usable_json(plugin, &enabled));
        let failed = status.failed_plugins.iter().map(|failed| failed_json(context, failed));
        let all: Vec<Value> = usable.chain(failed).collect();
        return context.output.json(&all);
    }
    for (index, plugin) in status.plugins.iter().enumerate() {
        if index > 0 {
            writeln!(context.output)?;
        }
        write(context, plugin, enabled.contains(&plugin.tool))?;
    }
    if !status.failed_plugins.is_empty() {
        writeln!(context.output)?;
    }
    for failed in &status.failed_plugins {
        let line = installed::failure(&context.home, failed);
        writeln!(context.output, "{BAD}{}{BAD:#}", plain(&line))?;
    }
    Ok(())
}

fn write(context: &mut Context, plugin: &PluginStatus, enabled: bool) -> Result<(), CliError> {
    let origin = if plugin.built_in { "built in" } else { "installed" };
    let state = if enabled { "enabled" } else { "not enabled" };
    let mut table = Table::<2>::new().style(0, DIM).indent(2);
    for location in &plugin.locations {
        table.row(["May read".to_owned(), location.clone()]);
    }
    for location in &plugin.memories {
        table.row(["Memories".to_owned(), location.clone()]);
    }
    for directory in &plugin.directories {
        table.row(["Found".to_owned(), context.home.shorten(directory)]);
    }
    if context.verbose {
        for drift in &plugin.drift {
            let version = drift.version.as_deref().unwrap_or("unknown version");
            let kinds = kinds(drift);
            let kinds = if kinds.is_empty() { kinds } else { format!(" ({kinds})") };
            let text = format!("{}: {}{kinds}", plain(version), amounts(drift));
            table.row(["Not understood".to_owned(), text]);
        }
    }
    let output = &mut context.output;
    let (tool, title) = (plain(&plugin.tool), plain(&plugin.title));
    let version = plain(&plugin.version);
    writeln!(output, "{HEADING}{tool}{HEADING:#}  {title} {version}, {origin}, {state}")?;
    Ok(table.write(output)?)
}

fn usable_json(plugin: &PluginStatus, enabled: &[String]) -> Value {
    let directories = plugin.directories.iter().map(|directory| directory.display().to_string());
    json!({
        "tool": plugin.tool,
        "title": plugin.title,
        "version": plugin.version,
        "built_in": plugin.built_in,
        "enabled": enabled.contains(&plugin.tool),
        "locations": plugin.locations,
        "memories": plugin.memories,
        "directories": directories.collect::<Vec<_>>(),
        "drift": plugin.drift.iter().map(DriftJson::from).collect::<Vec<_>>(),
        "error": null,
    })
}

fn failed_json(context: &Context, failed: &FailedPlugin) -> Value {
    json!({
        "tool": failed.tool,
        "title": null,
        "version": null,
        "built_in": failed.built_in,
        "enabled": false,
        "locations": [],
        "memories": [],
        "directories": [],
        "drift": [],
        "error": installed::reason(&context.home, failed),
    })
}
