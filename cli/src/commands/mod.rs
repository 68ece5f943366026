//! The commands, one file each.

mod annotate;
mod audit;
mod blame;
mod config;
mod confirm;
mod context;
mod current;
mod daemon;
mod db;
mod delete;
mod demo;
mod drift;
mod evidence;
mod hooks;
mod import;
mod link;
mod mcp;
mod memories;
mod plugin;
mod review;
mod search;
mod sessions;
pub(crate) mod show;
mod status;
mod summarize;
mod sync;
mod tag;
mod unlink;
mod watch;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use lore_engine::api::Places;

use crate::client::{Access, Client};
use crate::config::Config;
use crate::error::CliError;
use crate::home::Home;
use crate::output::Output;

/// Keeps the reasoning behind code: captures the sessions of AI coding tools and finds them again
#[derive(Parser)]
#[command(name = "lore", version, arg_required_else_help = true)]
#[command(after_help = "Examples:
  lore demo                            See what Lore does, with sample sessions
  lore import                          Read the sessions of all tools
  lore sessions --repo .               List the newest sessions of this project
  lore search authentication           Find what was said and done
  lore show 3fa81c02                   Read a session
  lore blame src/auth.rs:42            See which message wrote a line")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Say more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// Ask no question at the first run; accepted for scripts
    #[arg(long, global = true)]
    no_init: bool,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    Import(import::Import),
    Sessions(sessions::Sessions),
    Show(show::Show),
    Search(search::Search),
    Link(link::Link),
    Unlink(unlink::Unlink),
    Blame(blame::Blame),
    Memories(memories::Memories),
    Review(review::Review),
    Audit(audit::Audit),
    Hooks(hooks::Hooks),
    Daemon(daemon::Daemon),
    Watch(watch::Watch),
    Tag(tag::Tag),
    Annotate(annotate::Annotate),
    Summarize(summarize::Summarize),
    Delete(delete::Delete),
    Status(status::Status),
    Current(current::Current),
    Context(context::Context),
    Sync(sync::Sync),
    Config(config::Config),
    Db(db::Db),
    Plugin(plugin::Plugin),
    Mcp(mcp::Mcp),
    Demo(demo::Demo),
}

impl Command {
    /// Does it.
    pub(crate) fn run(self, context: &mut Context) -> Result<(), CliError> {
        match self {
            Command::Import(command) => command.run(context),
            Command::Sessions(command) => command.run(context),
            Command::Show(command) => command.run(context),
            Command::Search(command) => command.run(context),
            Command::Link(command) => command.run(context),
            Command::Unlink(command) => command.run(context),
            Command::Blame(command) => command.run(context),
            Command::Memories(command) => command.run(context),
            Command::Review(command) => command.run(context),
            Command::Audit(command) => command.run(context),
            Command::Hooks(command) => command.run(context),
            Command::Daemon(command) => command.run(context),
            Command::Watch(command) => command.run(context),
            Command::Tag(command) => command.run(context),
            Command::Annotate(command) => command.run(context),
            Command::Summarize(command) => command.run(context),
            Command::Delete(command) => command.run(context),
            Command::Status(command) => command.run(context),
            Command::Current(command) => command.run(context),
            Command::Context(command) => command.run(context),
            Command::Sync(command) => command.run(context),
            Command::Config(command) => command.run(context),
            Command::Db(command) => command.run(context),
            Command::Plugin(command) => command.run(context),
            Command::Mcp(command) => command.run(context),
            Command::Demo(command) => command.run(context),
        }
    }
}

/// What every command has at hand.
pub(crate) struct Context {
    pub(crate) home: Home,
    pub(crate) verbose: bool,
    pub(crate) output: Output,
}

impl Context {
    /// Reads the environment; opens nothing.
    pub(crate) fn new(verbose: bool) -> Result<Self, CliError> {
        Ok(Self { home: Home::from_environment()?, verbose, output: Output::new() })
    }

    /// Writes what is still to be written.
    pub(crate) fn finish(mut self) -> Result<(), CliError> {
        Ok(self.output.flush()?)
    }

    /// Where the tools' files lie.
    fn places(&self) -> Result<Places, CliError> {
        Ok(Config::load(&self.home)?.places(&self.home))
    }

    fn client(&self, access: Access) -> Result<Client, CliError> {
        Ok(Client::connect(&self.home, access)?)
    }
}

/// A path that means the same from any directory.
fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    // With links resolved where it exists: tools record the real directory.
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .map_err(|error| CliError::file("cannot use", path, &error))
}

/// The directory that the command is run in.
fn current_directory() -> Result<PathBuf, CliError> {
    std::env::current_dir().map_err(|error| CliError::file("cannot use", Path::new("."), &error))
}
