//! The file of a component, looked at before it is installed: what it is, and what it may read.

use std::path::Path;

use lore_engine::plugin::{
    Content, Inspection, Limits, LoadError, Location, Plugin, PluginHost, PluginInfo, inspect,
};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::installed;
use crate::output::number::bytes;
use crate::output::table::Table;

/// A component that was taken apart.
pub(super) struct Examined {
    pub(super) bytes: Vec<u8>,
    pub(super) inspection: Inspection,
    /// The plugin that it makes, or why it makes none.
    pub(super) plugin: Result<Plugin, LoadError>,
}

/// Takes the component in `file` apart and asks it what it is.
pub(super) fn examine(file: &Path) -> Result<Examined, CliError> {
    let bytes =
        installed::read(file).map_err(|error| CliError::file("cannot read", file, &error))?;
    let inspection = inspect(&bytes).map_err(|error| refused(file, &error))?;
    // What it says of itself shows only when it runs; one that cannot is described all the same.
    let plugin = inspection
        .check()
        .and_then(|_| PluginHost::new(None, Limits::default()).load(bytes.clone()));
    Ok(Examined { bytes, inspection, plugin })
}

/// Why a component cannot serve.
pub(super) fn refused(file: &Path, error: &LoadError) -> CliError {
    let error = CliError::from_error(error);
    error.with_hint(format!("`{}` cannot serve as a plugin", file.display()))
}

/// What it is and what it may read, as people read it.
pub(super) fn describe(table: &mut Table<2>, inspection: &Inspection, info: Option<&PluginInfo>) {
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    if let Some(info) = info {
        row("Tool", format!("{} ({})", info.tool, info.title));
        row("Version", info.version.clone());
    }
    row(
        "Contract",
        match &inspection.contract {
            Some(version) => format!("lore:watcher@{version}"),
            None => "none".to_owned(),
        },
    );
    let locations = info.map_or(&[][..], |info| &info.locations);
    let of = |content| locations.iter().filter(move |location| location.content == content);
    for location in of(Content::Sessions) {
        row("Sessions", files(location));
    }
    for location in of(Content::Memories) {
        row("Memories", files(location));
    }
    let mut bases: Vec<String> = Vec::new();
    if of(Content::Memories).next().is_some() {
        bases.push("the memories themselves, and nothing beside them".to_owned());
        row("May read", bases[0].clone());
    }
    for base in of(Content::Sessions).map(below) {
        if !bases.contains(&base) {
            row("May read", base.clone());
            bases.push(base);
        }
    }
    if inspection.gets_empty_wasi() {
        let empty = "an empty one: no files, no environment, no network, and no time passes";
        row("WASI", empty.to_owned());
    }
}

/// Size and digest.
pub(super) fn measure(table: &mut Table<2>, inspection: &Inspection) {
    let size = format!("{}, {} of it code", bytes(inspection.size), bytes(inspection.code_size));
    table.row(["Size".to_owned(), size]);
    table.row(["SHA-256".to_owned(), inspection.digest.to_string()]);
}

/// The locations, for programs.
pub(super) fn locations_json(info: &PluginInfo) -> Vec<Value> {
    let location = |location: &Location| {
        json!({
            "base": location.base,
            "env": location.env,
            "pattern": location.pattern,
            "os": location.os,
            "content": match location.content {
                Content::Sessions => "sessions",
                Content::Memories => "memories",
            },
        })
    };
    info.locations.iter().map(location).collect()
}

/// The files of a location.
fn files(location: &Location) -> String {
    let Location { base, pattern, .. } = location;
    let mut text = match base.as_str() {
        "" => format!("{pattern} in every project"),
        base => format!("{}/{pattern}", base.trim_end_matches('/')),
    };
    if !location.os.is_empty() {
        text.push_str(&format!(" (on {})", location.os.join(", ")));
    }
    text
}

/// What a plugin may open: whatever lies below the base, not only the sessions.
fn below(location: &Location) -> String {
    let base = match location.base.as_str() {
        "" => "every project directory that Lore knows",
        "$VSCODE_USER" => "the user directory of every editor of VS Code's kind",
        base => base,
    };
    match &location.env {
        Some(variable) => format!("everything below {base}, or below ${variable} if that is set"),
        None => format!("everything below {base}"),
    }
}
