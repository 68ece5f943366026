//! `lore demo`: shows what Lore does, with sample sessions in a directory of its own.
//!
//! Nothing of the person's is read or written: the commands run with HOME and LORE_HOME inside that
//! directory, as this same program, and are printed as they go.

mod samples;

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use super::{Context, absolute};
use crate::client::Access;
use crate::config::Config;
use crate::error::CliError;
use crate::output::number::count;
use crate::output::{DIM, HEADING, plain};

/// What is shown: what people would type, without `lore`, and why.
const STEPS: &[(&str, &[&str])] = &[
    ("Read the sessions of all tools", &["import"]),
    ("Again: what is known costs nothing", &["import"]),
    ("List them", &["sessions"]),
    ("Read one", &["show", samples::CLAUDE_CODE_SHORT]),
    ("Find what was said", &["search", "backoff"]),
    ("Find what was done: commands, files, tools", &["search", "cmd:pytest", "tool:codex"]),
];

/// What is shown where the project could be made a repository.
const GIT_STEPS: &[(&str, &[&str])] = &[
    ("Find the commits that came of them", &["link", "--auto", "--backfill", "--yes"]),
    ("Which conversation made this commit?", &["show", "--commit", "HEAD"]),
    ("Who wrote this file?", &["blame", "retry.py"]),
    ("Why is this line so?", &["blame", "retry.py:17"]),
];

/// What is shown in the end.
const LAST_STEPS: &[(&str, &[&str])] = &[("See what there is", &["status"])];

/// See what Lore does, with sample sessions in a directory of their own
#[derive(Args)]
#[command(after_help = "Examples:
  lore demo                            Show everything, leave nothing behind
  lore demo --keep                     Leave the directory, to look around
  lore demo --dir /tmp/lore-demo       Use and leave this directory")]
pub(crate) struct Demo {
    /// Where to put everything: a new or empty directory, which is kept
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Keep the temporary directory
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let (stage, temporary) = match &self.dir {
            Some(dir) => (Stage::new(&empty_directory(dir)?)?, None),
            None => {
                let temporary = tempfile::Builder::new().prefix("lore-demo-").tempdir();
                let temporary = temporary.map_err(|error| {
                    CliError::file("cannot make a directory in", &env::temp_dir(), &error)
                })?;
                (Stage::new(temporary.path())?, Some(temporary))
            }
        };
        let git_steps = if samples::write(&stage)? { GIT_STEPS } else { &[] };
        let place = stage.root.display();
        writeln!(context.output, "Sample sessions of two tools lie in {place}")?;
        for (why, arguments) in STEPS.iter().chain(git_steps).chain(LAST_STEPS) {
            let line = arguments.join(" ");
            writeln!(context.output, "\n{DIM}# {why}{DIM:#}\n{HEADING}$ lore {line}{HEADING:#}")?;
            context.output.flush()?;
            stage.run(arguments)?;
        }
        match temporary {
            Some(temporary) if !self.keep => {
                // What is left in a directory for temporary files does no harm.
                drop(temporary);
                context
                    .output
                    .note("\nThe demo's directory is removed again; --keep leaves it.")?;
            }
            kept => {
                kept.map(tempfile::TempDir::keep);
                let lore_home = stage.lore_home();
                let text = format!("LORE_HOME={} lore sessions", lore_home.display());
                context.output.note(&format!("\nTo look around: {}", plain(&text)))?;
            }
        }
        invite(context)
    }
}

/// The directory that the demo plays in.
struct Stage {
    root: PathBuf,
}

impl Stage {
    fn new(root: &Path) -> Result<Self, CliError> {
        Ok(Self { root: absolute(root)? })
    }

    /// Where the tools think that the person's files are.
    fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Lore's own directory.
    fn lore_home(&self) -> PathBuf {
        self.root.join("home").join(".lore")
    }

    /// The project that the sessions are about.
    fn project(&self) -> PathBuf {
        self.root.join("home").join("kettle")
    }

    /// A program that sees the stage instead of the person's files and settings.
    fn command(&self, program: &Path) -> Command {
        const FOREIGN: [&str; 5] = ["LORE_", "GIT_", "XDG_", "CLAUDE_", "CODEX_"];
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if FOREIGN.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command
            .env("HOME", self.home())
            .env("USERPROFILE", self.home())
            .env("LORE_HOME", self.lore_home())
            .current_dir(self.project())
            .stdin(Stdio::null());
        command
    }

    /// Runs one command of this program, which writes where this one does.
    fn run(&self, arguments: &[&str]) -> Result<(), CliError> {
        let line = arguments.join(" ");
        let program = env::current_exe()
            .map_err(|error| CliError::new(format!("this program's file is unknown: {error}")))?;
        let status = self.command(&program).args(arguments).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(CliError::new(format!("`lore {line}` failed: {status}"))),
            Err(error) => Err(CliError::file("cannot run", &program, &error)),
        }
    }
}

/// The directory, made if it is not there.
fn empty_directory(dir: &Path) -> Result<PathBuf, CliError> {
    let failed = |error| CliError::file("cannot use", dir, &error);
    std::fs::create_dir_all(dir).map_err(failed)?;
    match dir.read_dir().map_err(failed)?.next() {
        None => Ok(dir.to_owned()),
        Some(_) => Err(CliError::new(format!("the directory `{}` is not empty", dir.display()))
            .with_hint("name one that does not exist yet")),
    }
}

/// Says whether there are sessions of the person's own to import.
fn invite(context: &mut Context) -> Result<(), CliError> {
    let enabled = Config::load(&context.home)?.watchers();
    let places = context.home.places();
    let status = context.client(Access::Read)?.status(places)?;
    for plugin in status.plugins {
        if plugin.source_files > 0 && enabled.contains(&plugin.tool) {
            let files = count(plugin.source_files, "session file");
            context.output.note(&format!(
                "{} has {files} on this machine: `lore import` reads them.",
                plain(&plugin.title)
            ))?;
        }
    }
    Ok(())
}
