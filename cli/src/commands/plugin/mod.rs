//! `lore plugin`: what plugins there are, what one is made of, making and installing one.

mod build;
mod component;
mod enable;
mod inspect;
mod install;
mod list;
mod new;
mod remove;
mod test;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Context;
use crate::error::CliError;
use crate::installed;
use crate::output::Format;

/// List, install, make and test plugins
///
/// A plugin reads one tool's files. It runs in a sandbox and sees only the files that it names.
#[derive(Args)]
#[command(after_help = "Examples:
  lore plugin list                            What there is, and what it may read
  lore plugin install my-tool.wasm            Read the sessions of another tool
  lore plugin disable codex                   Leave a tool out
  lore plugin new my-tool                     Begin a plugin of your own
  lore plugin build ./my-tool                 Make a component from a crate
  lore plugin test ./my-tool                  See whether it does what its fixtures say")]
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
    /// Install a component, after showing what it may read
    #[command(after_help = "Examples:
  lore plugin install my-tool.wasm
  lore plugin install my-tool.wasm --replace  In place of an older version
  lore plugin install my-tool.wasm --yes      Ask nothing")]
    Install {
        /// The component
        file: PathBuf,

        /// Ask nothing
        #[arg(short, long)]
        yes: bool,

        /// Put it in the place of the plugin that reads the same tool
        #[arg(long)]
        replace: bool,
    },
    /// Import a tool's sessions
    #[command(after_help = "Examples:\n  lore plugin enable codex")]
    Enable {
        /// The tool
        name: String,
    },
    /// Leave a tool's sessions out
    #[command(after_help = "Examples:\n  lore plugin disable codex")]
    Disable {
        /// The tool
        name: String,
    },
    /// Remove an installed plugin; its sessions stay
    #[command(after_help = "Examples:\n  lore plugin remove my-tool")]
    Remove {
        /// The tool
        name: String,

        /// Ask nothing
        #[arg(short, long)]
        yes: bool,
    },
    /// Show what a component contains and what it may read
    #[command(after_help = "Examples:\n  lore plugin inspect my-tool.wasm")]
    Inspect {
        /// The component
        file: PathBuf,
    },
    /// Begin a plugin: a crate that builds, with a sample to read
    #[command(after_help = "Examples:
  lore plugin new my-tool
  lore plugin new my-tool --path plugins/my-tool")]
    New {
        /// The tool, in kebab case
        name: String,

        /// The folder to make, instead of one of the tool's name
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
    },
    /// Make a checked component from a crate
    #[command(after_help = "Examples:
  lore plugin build                           The crate in this directory
  lore plugin build ./my-tool
  lore plugin build ./my-tool --out my-tool.wasm
  lore plugin build ./my-tool --reference     The same bytes on every machine")]
    Build {
        /// The folder of the crate
        #[arg(value_name = "CRATE", default_value = ".")]
        crate_dir: PathBuf,

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
    /// Read a plugin's fixtures, as the engine would
    ///
    /// Each source is read twice, and in steps as if it had been read while it was written; all must
    /// give the records that its case expects. A crate is built first, and its own tests are run.
    #[command(after_help = "Examples:
  lore plugin test                            The crate in this directory
  lore plugin test ./my-tool
  lore plugin test my-tool.wasm --fixtures fixtures
  lore plugin test my-tool.wasm --fixtures fixtures --bless")]
    Test {
        /// The folder of a crate, or a component
        #[arg(value_name = "CRATE|FILE", default_value = ".")]
        subject: PathBuf,

        /// The folder of the cases, instead of the crate's own
        #[arg(long, value_name = "DIR")]
        fixtures: Option<PathBuf>,

        /// Write what is found as what is expected
        #[arg(long)]
        bless: bool,
    },
}

impl Plugin {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let format = self.format;
        match self.action {
            Action::List => list::run(context, format),
            Action::Install { file, yes, replace } => {
                install::run(context, &file, yes, replace, format)
            }
            Action::Enable { name } => enable::run(context, &name, true, format),
            Action::Disable { name } => enable::run(context, &name, false, format),
            Action::Remove { name, yes } => remove::run(context, &name, yes, format),
            Action::Inspect { file } => inspect::run(context, &file, format),
            Action::New { name, path } => new::run(context, &name, path, format),
            Action::Build { out, all: true, .. } => build::all(context, out.as_deref(), format),
            Action::Build { crate_dir, out, reference, .. } => {
                build::one(context, &crate_dir, out.as_deref(), reference, format)
            }
            Action::Test { subject, fixtures, bless } => {
                test::run(context, &subject, fixtures, bless, format)
            }
        }
    }
}

/// Requires that there is such a tool.
fn known(context: &Context, tool: &str) -> Result<(), CliError> {
    let known = installed::known_tools(&context.home);
    if known.iter().any(|known| known == tool) {
        return Ok(());
    }
    let error = CliError::new(format!("there is no plugin `{tool}`"));
    Err(error.with_hint(format!("there are {}", known.join(", "))))
}
