//! `lore sync status`: how it stands, as far as this machine knows.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use lore_engine::api::{SyncPlace, SyncScope, SyncStatus};
use serde::Serialize;

use super::SyncOptions;
use super::shared::{Loaded, Shared, global_directory, global_remote, load_keys, name};
use crate::client::Access;
use crate::commands::Context;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::number::count;
use crate::output::time::{ago, now};
use crate::output::{Format, plain};
use crate::sync_keys::Kept;

/// Show how it stands with the store
///
/// Asks no remote: it says what was so when it was asked last.
#[derive(Args)]
#[command(after_help = "Examples:
  lore sync status
  lore sync --global status --format json")]
pub(super) struct Status {}

#[derive(Default, Serialize)]
struct Report {
    set_up: bool,
    keyed: bool,
    key: Option<&'static str>,
    unsynced_sessions: u64,
    synced_sessions: u64,
    last_sync_at: Option<Utc>,
    remote_store_exists: bool,
    local_ref: Option<String>,
    tracking_ref: Option<String>,
    remote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_path: Option<PathBuf>,
    #[serde(skip)]
    in_sync_with: Option<String>,
    #[serde(skip)]
    last: Option<lore_engine::model::Timestamp>,
}

impl Status {
    pub(super) fn run(self, context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
        let scope = if options.global { SyncScope::Everything } else { SyncScope::Repository };
        let unconfigured = options.global && global_remote(&context.home)?.is_none();
        let report = match unconfigured {
            true => Report::default(),
            false => look(context, &Shared::open(context, options)?)?,
        };
        let store_path = options.global.then(|| global_directory(&context.home));
        let report = Report { store_path, ..report };
        match options.format {
            Format::Json => context.output.json(&report),
            Format::Text => write(context, scope, &report),
        }
    }
}

fn look(context: &mut Context, shared: &Shared) -> Result<Report, CliError> {
    let remote = shared.git.remote().to_owned();
    let (local, tracking) = (shared.store.local()?, shared.store.fetched(&remote)?);
    let manifest = shared.manifest()?;
    let mut key = None;
    if let Some(manifest) = &manifest {
        let Loaded { keys: kept, notes } = load_keys(context, manifest.store(), false)?;
        for note in notes {
            context.output.note(&note)?;
        }
        key = kept.filter(|(keys, _)| manifest.check(keys).is_ok()).map(|(_, kept)| kept);
    }
    let store = manifest.as_ref().map(|manifest| manifest.store());
    let place: SyncPlace = shared.place();
    let SyncStatus { pending, synced, runs } =
        context.client(Access::Read)?.sync_status(place, store)?;
    let last = runs.first().map(|run| run.at);
    Ok(Report {
        set_up: manifest.is_some(),
        keyed: key.is_some(),
        key: key.map(Kept::name),
        unsynced_sessions: pending,
        synced_sessions: synced,
        last_sync_at: last.map(Utc),
        remote_store_exists: tracking.is_some(),
        in_sync_with: (local.is_some() && local == tracking).then(|| remote.clone()),
        local_ref: local,
        tracking_ref: tracking,
        remote: Some(remote),
        store_path: None,
        last,
    })
}

fn write(context: &mut Context, scope: SyncScope, report: &Report) -> Result<(), CliError> {
    let out = &mut context.output;
    writeln!(out, "Sync status ({})", name(scope))?;
    writeln!(out, "Store: {}", if report.set_up { "set up" } else { "not set up" })?;
    match report.key {
        Some(kept) => writeln!(out, "Key: stored ({kept})")?,
        None => writeln!(out, "Key: not stored")?,
    }
    let pending = count(report.unsynced_sessions, "session");
    writeln!(out, "Pending: {pending} not yet synced")?;
    match report.last {
        Some(at) => writeln!(out, "Last sync: {}", ago(at, now()))?,
        None => writeln!(out, "Last sync: never")?,
    }
    let remote = plain(report.remote.as_deref().unwrap_or("a remote")).into_owned();
    let standing = match (&report.in_sync_with, &report.local_ref, &report.tracking_ref) {
        (Some(remote), ..) => format!("in sync with {}", plain(remote)),
        (None, None, None) => "none yet".to_owned(),
        (None, None, Some(_)) => format!("not fetched from {remote} yet"),
        (None, Some(_), None) => format!("not on {remote}"),
        (None, Some(_), Some(_)) => format!("differs from {remote}"),
    };
    writeln!(out, "Ref: refs/lore/sessions ({standing})")?;
    if !report.set_up {
        let global = if scope == SyncScope::Everything { " --global" } else { "" };
        out.note(&format!("`lore sync{global} setup` makes the store, or joins it."))?;
    }
    Ok(())
}
