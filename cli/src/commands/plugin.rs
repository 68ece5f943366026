//! `lore plugin`: what plugins there are, what one is made of, and making one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use lore_engine::api::PluginStatus;
use lore_engine::plugin::{Inspection, Limits, PluginHost, PluginInfo, inspect};
use serde_json::json;

use super::Context;
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::output::number::{bytes, count};
use crate::output::table::Table;
use crate::output::{DIM, Format, HEADING, plain};
use crate::plugin_build::{BuildError, Built, Request, build, dist};

/// The largest component that is looked at, in bytes; a parser takes a thousandth of it.
const LARGEST: u64 = 256 << 20;

/// List, inspect and build plugins
///
/// A plugin reads one tool's files. It runs in a sandbox and sees only the files that it names.
#[derive(Args)]
#[command(after_help = "Examples:
  lore plugin list                            What is installed, and what it may read
  lore plugin inspect my-tool.wasm            What a component contains
  lore plugin build ./my-tool                 Make a component from a crate")]
pub(crate) struct Plugin {
    #[command(subcommand)]
    action: Action,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text, global = true)]
    format: Format,
}

#[derive(Subcommand)]
enum Action {
    /// List the plugins and what they may read
    #[command(after_help = "Examples:\n  lore plugin list\n  lore plugin list --format json")]
    List,
    /// Show what a component contains and what it may read
    #[command(after_help = "Examples:\n  lore plugin inspect my-tool.wasm")]
    Inspect {
        /// The component
        file: PathBuf,
    },
    /// Make a checked component from a crate
    #[command(after_help = "Examples:
  lore plugin build ./my-tool
  lore plugin build ./my-tool --out my-tool.wasm
  lore plugin build ./my-tool --reference     The same bytes on every machine")]
    Build {
        /// The folder of the crate
        #[arg(value_name = "CRATE", required_unless_present = "all")]
        crate_dir: Option<PathBuf>,

        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,

        /// Build with the reference toolchain, or fail
        #[arg(long)]
        reference: bool,

        /// Build all plugins of the workspace in this directory, and the manifest; `--out` is then
        /// the workspace that they are written to
        #[arg(long, hide = true, conflicts_with = "crate_dir")]
        all: bool,
    },
}

impl Plugin {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::List => list(context, self.format),
            Action::Inspect { file } => inspect_file(context, &file, self.format),
            Action::Build { out, all: true, .. } => {
                let here = Path::new(".");
                let built = dist::refresh(here, out.as_deref().unwrap_or(here));
                report(context, built?, self.format)
            }
            Action::Build { crate_dir, out, reference, .. } => {
                let crate_dir = crate_dir.as_deref().unwrap_or(Path::new("."));
                let quiet = self.format == Format::Json;
                let request = Request { crate_dir, out: out.as_deref(), reference, quiet };
                report(context, vec![build(request)?], self.format)
            }
        }
    }
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        Self::from_error(&error)
    }
}

fn list(context: &mut Context, format: Format) -> Result<(), CliError> {
    let enabled = Config::load(&context.home)?.watchers();
    let places = context.home.places();
    let plugins = context.client(Access::Read)?.status(places)?.plugins;
    if format == Format::Json {
        let json = |plugin: &PluginStatus| {
            json!({
                "tool": plugin.tool,
                "title": plugin.title,
                "version": plugin.version,
                "built_in": plugin.built_in,
                "enabled": enabled.contains(&plugin.tool),
                "locations": plugin.locations,
                "directories": plugin
                    .directories
                    .iter()
                    .map(|directory| directory.display().to_string())
                    .collect::<Vec<_>>(),
            })
        };
        return context.output.json(&plugins.iter().map(json).collect::<Vec<_>>());
    }
    for (index, plugin) in plugins.iter().enumerate() {
        if index > 0 {
            writeln!(context.output)?;
        }
        let origin = if plugin.built_in { "built in" } else { "from a file" };
        let state = if enabled.contains(&plugin.tool) { "enabled" } else { "not enabled" };
        let mut table = Table::<2>::new().style(0, DIM).indent(2);
        for location in &plugin.locations {
            table.row(["May read".to_owned(), location.clone()]);
        }
        for directory in &plugin.directories {
            table.row(["Found".to_owned(), context.home.shorten(directory)]);
        }
        let output = &mut context.output;
        let (tool, title) = (plain(&plugin.tool), plain(&plugin.title));
        let version = plain(&plugin.version);
        writeln!(output, "{HEADING}{tool}{HEADING:#}  {title} {version}, {origin}, {state}")?;
        table.write(output)?;
    }
    Ok(())
}

fn inspect_file(context: &mut Context, file: &Path, format: Format) -> Result<(), CliError> {
    let unreadable = |error| CliError::file("cannot read", file, &error);
    let size = fs::metadata(file).map_err(unreadable)?.len();
    if size > LARGEST {
        let (size, largest) = (bytes(size), bytes(LARGEST));
        let path = file.display();
        return Err(CliError::new(format!("`{path}` has {size}; a plugin has at most {largest}")));
    }
    let component = fs::read(file).map_err(unreadable)?;
    let failed = |error: &dyn std::error::Error| {
        let error = CliError::from_error(error);
        error.with_hint(format!("`{}` cannot serve as a plugin", file.display()))
    };
    let inspection = inspect(&component).map_err(|error| failed(&error))?;
    // What it says of itself shows only when it runs; one that cannot is described all the same.
    let plugin = inspection
        .check()
        .and_then(|_| PluginHost::new(None, Limits::default()).load(component.clone()));
    let info = plugin.as_ref().ok().map(|plugin| plugin.info());
    match format {
        Format::Json => context.output.json(&inspection_json(file, &inspection, info))?,
        Format::Text => inspection_text(context, &inspection, info)?,
    }
    plugin.map(drop).map_err(|error| failed(&error))
}

fn inspection_json(
    file: &Path,
    inspection: &Inspection,
    info: Option<&PluginInfo>,
) -> serde_json::Value {
    let locations = info.map(|info| {
        let location = |location: &lore_engine::plugin::Location| {
            json!({
                "base": location.base,
                "env": location.env,
                "pattern": location.pattern,
                "os": location.os,
            })
        };
        info.locations.iter().map(location).collect::<Vec<_>>()
    });
    let producers = inspection.producers.iter().map(|producer| {
        json!({ "field": producer.field, "name": producer.name, "version": producer.version })
    });
    json!({
        "file": file.display().to_string(),
        "tool": info.map(|info| &info.tool),
        "title": info.map(|info| &info.title),
        "version": info.map(|info| &info.version),
        "contract": inspection.contract,
        "locations": locations,
        "imports": inspection.imports,
        "exports": inspection.exports,
        "size_bytes": inspection.size,
        "code_bytes": inspection.code_size,
        "sha256": inspection.digest.to_string(),
        "producers": producers.collect::<Vec<_>>(),
    })
}

fn inspection_text(
    context: &mut Context,
    inspection: &Inspection,
    info: Option<&PluginInfo>,
) -> Result<(), CliError> {
    let mut table = Table::<2>::new().style(0, DIM);
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
    for location in info.iter().flat_map(|info| &info.locations) {
        let mut text = format!("{}/{}", location.base, location.pattern);
        if let Some(variable) = &location.env {
            text = format!("{text} (${variable} moves it)");
        }
        if !location.os.is_empty() {
            text = format!("{text} (on {})", location.os.join(", "));
        }
        row("May read", text);
    }
    for import in &inspection.imports {
        row("Imports", import.clone());
    }
    for export in &inspection.exports {
        row("Exports", export.clone());
    }
    row("Size", format!("{}, {} of it code", bytes(inspection.size), bytes(inspection.code_size)));
    row("SHA-256", inspection.digest.to_string());
    for producer in &inspection.producers {
        let (name, version) = (&producer.name, &producer.version);
        row("Made with", format!("{name} {version}").trim_end().to_owned());
    }
    Ok(table.write(&mut context.output)?)
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
