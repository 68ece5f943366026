//! `lore sync log`: what was synchronised when.

use clap::Args;
use lore_engine::store::SyncRun;
use serde::Serialize;

use super::SyncOptions;
use super::shared::{Shared, global_remote};
use crate::client::Access;
use crate::commands::Context;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::table::Table;
use crate::output::{Format, plain, time};

/// List the newest synchronisations of this machine
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync log
  lore sync --global log --limit 3")]
pub(super) struct Log {
    /// At most so many
    #[arg(short, long, default_value_t = 20)]
    limit: usize,
}

#[derive(Serialize)]
struct RunJson {
    at: Utc,
    pulled: u64,
    pushed: u64,
    rounds: u32,
    remote: String,
}

impl Log {
    pub(super) fn run(self, context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
        let mut runs: Vec<SyncRun> = Vec::new();
        if !options.global || global_remote(&context.home)?.is_some() {
            let shared = Shared::open(context, options)?;
            if let Some(manifest) = shared.manifest()? {
                let mut client = context.client(Access::Read)?;
                runs = client.sync_status(shared.place(), Some(manifest.store()))?.runs;
            }
        }
        runs.truncate(self.limit);
        if options.format == Format::Json {
            let rows: Vec<RunJson> = runs.into_iter().map(RunJson::from).collect();
            return context.output.json(&rows);
        }
        if runs.is_empty() {
            return context.output.note("Nothing was synchronised yet.");
        }
        let mut table = Table::with_headings(["WHEN", "PULLED", "PUSHED", "REMOTE"]);
        for run in runs {
            let SyncRun { at, pulled, pushed, remote, .. } = run;
            let remote = plain(&remote).into_owned();
            table.row([time::local(at), pulled.to_string(), pushed.to_string(), remote]);
        }
        Ok(table.write(&mut context.output)?)
    }
}

impl From<SyncRun> for RunJson {
    fn from(run: SyncRun) -> Self {
        let SyncRun { at, pulled, pushed, rounds, remote } = run;
        Self { at: Utc(at), pulled, pushed, rounds, remote }
    }
}
