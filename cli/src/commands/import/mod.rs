//! `lore import`: reads the sessions of the tools into the store.

mod json;
mod text;

use std::io;
use std::path::PathBuf;

use clap::Args;
use lore_engine::api::ImportRequest;

use super::{Context, absolute};
use crate::client::Access;
use crate::config;
use crate::error::CliError;
use crate::output::Format;
use crate::output::progress::ProgressLine;

/// Read the sessions of the tools
///
/// Without a path, every enabled tool's own places. What was read before costs nothing; what has
/// grown is read on where it ended.
#[derive(Args)]
#[command(after_help = "Examples:
  lore import                          Everything that is new
  lore import --dry-run                See what would be read
  lore import ~/old-laptop/.claude     A folder copied from elsewhere
  lore import --scan ~/work            Sessions kept inside of projects, as Aider's are
  lore import --tool codex             Only one tool
  lore import -v                       With every session and every problem")]
pub(crate) struct Import {
    /// Files and directories to read; the tool is recognised from the content
    paths: Vec<PathBuf>,

    /// Look through a whole folder for the sessions that tools keep inside of projects, by their
    /// files' names
    #[arg(long, value_name = "DIR", conflicts_with = "paths")]
    scan: Vec<PathBuf>,

    /// Only this tool
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// Find and read, but store nothing
    #[arg(long)]
    dry_run: bool,

    /// Read from the beginning what was read before
    #[arg(long)]
    force: bool,

    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Import {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let scan = !self.scan.is_empty();
        let given = if scan { &self.scan } else { &self.paths };
        if let Some(missing) = given.iter().find(|path| !path.exists()) {
            return Err(CliError::file("cannot read", missing, &not_found()));
        }
        let paths: Vec<PathBuf> =
            given.iter().map(|path| absolute(path)).collect::<Result<_, _>>()?;
        let own_places = paths.is_empty();
        let config = config::Config::load(&context.home)?;
        // Whoever names files or a tool means them, enabled or not.
        let names_them = self.tool.is_some() || !(own_places || scan);
        let enabled = (!names_them).then(|| config.watchers());
        let request = ImportRequest {
            paths,
            scan,
            changed: None,
            tool: self.tool,
            enabled,
            dry_run: self.dry_run,
            force: self.force,
            places: context.places()?,
        };
        // A dry run takes in what it reads and then forgets it, which only a writer can. Where there
        // is no archive, it makes none.
        let is_new = !context.home.store_path().exists();
        let access = if self.dry_run && is_new { Access::Read } else { Access::Write };
        let mut client = context.client(access)?;
        let mut line = ProgressLine::new(if self.dry_run { "Reading" } else { "Importing" });
        let result = client.import(request, &mut |progress| line.update(progress));
        drop(line);
        let report = result?;
        match self.format {
            Format::Json => context.output.json(&json::ImportJson::new(&report, &context.home))?,
            Format::Text => text::write(context, &report, own_places)?,
        }
        let found_none = report.tools.iter().all(|tool| tool.sources == 0);
        if scan && found_none {
            context.output.note("No tool's sessions lie there.")?;
        }
        if found_none && !report.problems.is_empty() {
            let error = CliError::new("nothing that was named could be read");
            return Err(error.with_hint("`lore plugin list` shows what can be"));
        }
        Ok(())
    }
}

fn not_found() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "there is no such file or directory")
}
