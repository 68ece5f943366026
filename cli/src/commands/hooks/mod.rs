//! `lore hooks`: installs git hooks, and does what they ask for.
//!
//! ```text
//! git ─► hook ([`script`]) ─┬─► the hook that was there before, if any: its answer counts
//!                           └─► lore hooks run ([`run`]), in the background
//! ```
//!
//! [`place`] finds where the hooks of a repository lie, [`mod@file`] and [`block`] put
//! them there and take them away.

mod block;
mod file;
mod place;
mod run;
mod script;
mod text;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{Context, current_directory};
use crate::error::CliError;
use crate::output::Format;
use crate::program::program;
use place::{Layout, Place};

/// Install git hooks that link sessions to commits, and sync them
///
/// A hook that is there already is kept: it runs first, and its answer counts. Hooks never make git
/// wait, fail or ask.
#[derive(Args)]
#[command(after_help = "Examples:
  lore hooks install                   In the repository around this directory
  lore hooks status                    What is installed, and where
  lore hooks uninstall                 Take them away, and put back what was there")]
pub(crate) struct Hooks {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Install the hooks, or bring them up to date
    #[command(after_help = "Examples:
  lore hooks install
  lore hooks install --force           In place of other hooks, which are kept as `.backup`")]
    Install {
        /// Put other hooks out of use instead of running them first; also use a directory that all
        /// repositories share
        #[arg(long)]
        force: bool,
    },
    /// Remove the hooks, and put back what was there
    #[command(after_help = "Examples:\n  lore hooks uninstall")]
    Uninstall,
    /// Show which hooks are installed
    #[command(after_help = "Examples:\n  lore hooks status\n  lore hooks status --format json")]
    Status {
        /// How to answer
        #[arg(short, long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Do what a hook asks for; the hooks call it
    #[command(hide = true)]
    Run {
        hook: Hook,

        /// What git gave the hook
        #[arg(allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

/// A hook that Lore installs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Hook {
    /// Links the sessions that made a commit to it.
    PostCommit,
    /// Names the active sessions in the message.
    PrepareCommitMsg,
    /// Moves links to what commits became.
    PostRewrite,
    /// Syncs the sessions with the remote that is pushed to.
    PrePush,
}

impl Hook {
    const ALL: [Hook; 4] =
        [Hook::PostCommit, Hook::PrepareCommitMsg, Hook::PostRewrite, Hook::PrePush];

    /// As git calls it.
    fn name(self) -> &'static str {
        match self {
            Hook::PostCommit => "post-commit",
            Hook::PrepareCommitMsg => "prepare-commit-msg",
            Hook::PostRewrite => "post-rewrite",
            Hook::PrePush => "pre-push",
        }
    }
}

/// How it is with a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Lore's, and no other.
    Installed,
    /// Lore's, and another one that runs first.
    Chained,
    /// Lore's, of another release.
    Outdated,
    /// Another one.
    Other,
    NotInstalled,
}

/// What was done about a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Installed,
    /// Another one was there, and runs first.
    Chained,
    /// Another one was there, and is kept here.
    Replaced(PathBuf),
    /// Brought up to date.
    Updated,
    Removed,
    /// Removed, and another one put back.
    Restored,
    /// Another one, which is none of ours.
    LeftAlone,
    Nothing,
}

impl Hooks {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self.action {
            Action::Install { force } => install(context, force),
            Action::Uninstall => uninstall(context),
            Action::Status { format } => status(context, format),
            Action::Run { hook, arguments } => {
                run::run(context, hook, &arguments);
                Ok(())
            }
        }
    }
}

fn install(context: &mut Context, force: bool) -> Result<(), CliError> {
    let place = Place::find(&current_directory()?)?;
    if place.shared && !force {
        let shared = context.home.shorten(&place.directory);
        let error = CliError::new(format!(
            "the git setting `core.hooksPath` makes all repositories share the hooks in `{shared}`"
        ));
        return Err(error.with_hint(format!(
            "`lore hooks install --force` installs them there, for all of them; `git config --local \
             core.hooksPath '{}'` gives this repository hooks of its own",
            place.own_directory.display()
        )));
    }
    let program = program()?;
    let mut changes = Vec::new();
    for hook in Hook::ALL {
        let change = match place.layout {
            Layout::Files => {
                // Hooks that others rely on are not put out of use.
                let replace = force && !place.shared;
                file::install(&place.directory, hook, &script::file(hook, &program), replace)?
            }
            Layout::Blocks => block::install(&place.directory, hook, &script::block(hook))?,
        };
        changes.push((hook, change));
    }
    text::changes(context, &place, &changes)?;
    text::remarks(context, &place)
}

fn uninstall(context: &mut Context) -> Result<(), CliError> {
    let place = Place::find(&current_directory()?)?;
    let mut changes = Vec::new();
    for hook in Hook::ALL {
        let change = match place.layout {
            Layout::Files => file::uninstall(&place.directory, hook)?,
            Layout::Blocks => block::uninstall(&place.directory, hook)?,
        };
        changes.push((hook, change));
    }
    text::changes(context, &place, &changes)
}

fn status(context: &mut Context, format: Format) -> Result<(), CliError> {
    let place = Place::find(&current_directory()?)?;
    let mut states = Vec::new();
    for hook in Hook::ALL {
        let state = match place.layout {
            Layout::Files => file::state(&place.directory, hook)?,
            Layout::Blocks => block::state(&place.directory, hook)?,
        };
        states.push((hook, state));
    }
    match format {
        Format::Json => context.output.json(&text::StatusJson::new(&place, &states)),
        Format::Text => text::states(context, &place, &states),
    }
}
