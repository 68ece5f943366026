//! `lore plugin install`: shows what a component is and may read, and keeps it.

use std::io::Write as _;
use std::path::Path;

use lore_engine::plugin::{Limits, PluginHost};
use serde_json::json;

use super::Context;
use super::component::{describe, examine, locations_json, measure, refused};
use crate::builtin;
use crate::commands::confirm::confirm_at_terminal;
use crate::config::Config;
use crate::error::CliError;
use crate::installed;
use crate::output::table::Table;
use crate::output::{DIM, Format, plain};

/// What a component would take the place of.
enum Present {
    Nothing,
    BuiltIn,
    /// Its version, if it can be used.
    Installed(Option<String>),
}

pub(super) fn run(
    context: &mut Context,
    file: &Path,
    yes: bool,
    replace: bool,
    format: Format,
) -> Result<(), CliError> {
    let examined = examine(file)?;
    let plugin = examined.plugin.map_err(|error| refused(file, &error))?;
    let info = plugin.info();
    let present = present(context, &info.tool);
    if !replace {
        let what = match &present {
            Present::Nothing => None,
            Present::BuiltIn => Some("built in".to_owned()),
            Present::Installed(None) => Some("installed already".to_owned()),
            Present::Installed(Some(version)) => Some(format!("installed already, {version}")),
        };
        if let Some(what) = what {
            let error = CliError::new(format!("a plugin for `{}` is {what}", info.tool));
            return Err(error.with_hint("`--replace` puts this one in its place"));
        }
    }
    let instead = match &present {
        Present::Nothing => None,
        Present::BuiltIn => Some("the built-in plugin".to_owned()),
        Present::Installed(None) => Some("the one that cannot be used".to_owned()),
        Present::Installed(Some(version)) => Some(format!("version {version}")),
    };
    if format == Format::Text {
        let mut table = Table::<2>::new().style(0, DIM);
        describe(&mut table, &examined.inspection, Some(info));
        measure(&mut table, &examined.inspection);
        if let Some(instead) = &instead {
            table.row(["In place of".to_owned(), instead.clone()]);
        }
        table.write(&mut context.output)?;
    }
    if !yes && !confirm_at_terminal(context, &format!("Install `{}`?", plain(&info.tool)))? {
        return Ok(());
    }
    let target = installed::file(&context.home, &info.tool);
    installed::write(&context.home, &info.tool, &examined.bytes)
        .map_err(|error| CliError::file("cannot write", &target, &error))?;
    Config::update(&context.home, |config| config.enable(&info.tool, true))?;
    if format == Format::Json {
        let replaced = match &present {
            Present::Installed(version) => version.as_deref(),
            Present::Nothing | Present::BuiltIn => None,
        };
        return context.output.json(&json!({
            "tool": info.tool,
            "title": info.title,
            "version": info.version,
            "file": target.display().to_string(),
            "sha256": examined.inspection.digest.to_string(),
            "locations": locations_json(info),
            "replaced_built_in": matches!(present, Present::BuiltIn),
            "replaced_version": replaced,
        }));
    }
    let (tool, version) = (plain(&info.tool), plain(&info.version));
    let instead = instead.map_or(String::new(), |instead| format!(" in place of {instead}"));
    writeln!(context.output, "\nInstalled {tool} {version}{}.", plain(&instead))?;
    context.output.note("`lore import` reads its sessions.")
}

fn present(context: &Context, tool: &str) -> Present {
    let file = installed::file(&context.home, tool);
    if file.exists() {
        let host = PluginHost::new(None, Limits::default());
        let plugin = installed::read(&file).ok().and_then(|bytes| host.load(bytes).ok());
        return Present::Installed(plugin.map(|plugin| plugin.info().version.clone()));
    }
    match builtin::tools().any(|built_in| built_in == tool) {
        true => Present::BuiltIn,
        false => Present::Nothing,
    }
}
