//! `lore sync`: fetch, merge, seal, push; again if others pushed at the same moment.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::time::Duration;

use lore_engine::api::{Progress, SyncDone, SyncRequest, SyncRound};
use lore_engine::store::SyncRun;
use lore_engine::sync::{Keys, Manifest, SyncError};
use serde::Serialize;

use super::SyncOptions;
use super::shared::{Loaded, Shared, load_keys, person};
use crate::client::{Access, Client};
use crate::commands::Context;
use crate::config::{Config, Key, Setting};
use crate::error::CliError;
use crate::output::number::count;
use crate::output::progress::ProgressLine;
use crate::output::{Format, plain, time};
use crate::transport::Pushed;

/// How often it is tried, while others push.
const ROUNDS: u32 = 5;

/// The longest pause before the second try, in milliseconds; twice that before the third, and so on.
const PAUSE: u64 = 200;

/// What a synchronisation did.
#[derive(Debug, Default, Serialize)]
pub(super) struct Outcome {
    remote: String,
    pulled: u64,
    pushed: u64,
    rounds: u32,
    objects: u64,
    bytes: u64,
    masked: BTreeMap<String, u64>,
    problems: Vec<String>,
    rolled_back: Option<String>,
    dry_run: bool,
}

pub(super) fn run(context: &mut Context, options: &SyncOptions) -> Result<(), CliError> {
    let shared = match Shared::open(context, options) {
        // A hook of a repository without remotes has nothing to do.
        Err(_) if options.quiet => return Ok(()),
        shared => shared?,
    };
    if options.quiet {
        return quietly(context, &shared);
    }
    shared.git.fetch()?;
    let keys = keys(context, &shared)?;
    let mut line = ProgressLine::new("Syncing");
    let done = synchronise(context, &shared, &keys, None, options.dry_run, &mut |progress| {
        line.update(progress);
    });
    drop(line);
    tell(context, &done?, options.format)
}

/// The same without a word; nothing where sync is not set up, or the key is not here.
pub(super) fn quietly(context: &Context, shared: &Shared) -> Result<(), CliError> {
    shared.git.fetch()?;
    let Some(manifest) = shared.manifest()? else { return Ok(()) };
    let Loaded { keys: Some((keys, _)), .. } = load_keys(context, manifest.store(), true)? else {
        return Ok(());
    };
    synchronise(context, shared, &keys, None, false, &mut |_| ()).map(drop)
}

/// The keys of the store that was fetched.
pub(super) fn keys(context: &mut Context, shared: &Shared) -> Result<Keys, CliError> {
    let manifest = shared.manifest()?.ok_or_else(|| not_set_up(shared))?;
    let Loaded { keys, notes } = load_keys(context, manifest.store(), false)?;
    for note in notes {
        context.output.note(&note)?;
    }
    if let Some((keys, _)) = keys {
        return Ok(keys);
    }
    let found = manifest.store();
    match shared.known_store()?.filter(|known| *known != found) {
        // Somebody made the store anew.
        Some(known) => Err(SyncError::OtherStore { found, known }.into()),
        None => Err(CliError::new("the key of the store is not on this machine")
            .with_hint(format!("`{}` asks for its passphrase", setup_command(shared)))),
    }
}

fn not_set_up(shared: &Shared) -> CliError {
    let what = shared.name();
    CliError::new(format!("sync is not set up for {what}"))
        .with_hint(format!("`{}` does it", setup_command(shared)))
}

fn setup_command(shared: &Shared) -> &'static str {
    match shared.scope {
        lore_engine::api::SyncScope::Repository => "lore sync setup",
        lore_engine::api::SyncScope::Everything => "lore sync --global setup",
    }
}

/// Brings the remote and this machine to the same. What the remote has was fetched.
pub(super) fn synchronise(
    context: &Context,
    shared: &Shared,
    keys: &Keys,
    manifest: Option<&Manifest>,
    dry_run: bool,
    progress: &mut dyn FnMut(Progress),
) -> Result<Outcome, CliError> {
    let request = request(context, shared, keys, manifest, dry_run)?;
    let mut client = context.client(Access::Write)?;
    let remote = shared.git.remote().to_owned();
    let mut outcome = Outcome { remote, dry_run, ..Outcome::default() };
    for round in 1..=ROUNDS {
        if round > 1 {
            std::thread::sleep(pause(round));
            shared.git.fetch()?;
        }
        let answer = client.sync(request.clone(), progress)?;
        outcome.rounds = round;
        outcome.add(&answer);
        if dry_run {
            return Ok(outcome);
        }
        let commit = match &answer.commit {
            None => answer.expected.clone(),
            Some(commit) => match shared.git.push(commit, answer.expected.as_deref())? {
                Pushed::Accepted => Some(commit.clone()),
                Pushed::Faster => continue,
                Pushed::Refused(said) => return Err(refused(shared, &said)),
            },
        };
        let Some(commit) = commit else { return Err(SyncError::NoStore.into()) };
        finish(&mut client, shared, keys, commit, answer, &outcome)?;
        return Ok(outcome);
    }
    Err(CliError::new(format!(
        "others pushed to `{}` at the same moment, {ROUNDS} times",
        outcome.remote
    ))
    .with_hint("nothing is lost: run it again"))
}

fn refused(shared: &Shared, said: &str) -> CliError {
    let remote = shared.git.remote();
    CliError::new(format!("the remote `{remote}` does not take the store: {}", plain(said)))
        .with_hint("it must let you push to `refs/lore/sessions`")
}

fn finish(
    client: &mut Client,
    shared: &Shared,
    keys: &Keys,
    commit: String,
    answer: SyncRound,
    outcome: &Outcome,
) -> Result<(), CliError> {
    let run = SyncRun {
        at: time::now(),
        pulled: outcome.pulled,
        pushed: outcome.pushed,
        rounds: outcome.rounds,
        remote: outcome.remote.clone(),
    };
    let (place, store, notes) = (shared.place(), keys.store(), answer.notes);
    Ok(client.sync_done(SyncDone { place, store, commit, notes, run })?)
}

fn request(
    context: &Context,
    shared: &Shared,
    keys: &Keys,
    manifest: Option<&Manifest>,
    dry_run: bool,
) -> Result<SyncRequest, CliError> {
    let config = Config::load(&context.home)?;
    let switch = |name: &str| {
        matches!(Key::find(name).and_then(|key| config.get(key)), Some(Setting::Switch(true)))
    };
    let machine = Key::find("machine_name").and_then(|key| config.get(key));
    let machine = machine.map(|name| name.to_string());
    Ok(SyncRequest {
        place: shared.place(),
        keys: keys.clone(),
        manifest: manifest.cloned(),
        home: context.home.person().map(ToOwned::to_owned),
        redact: switch("sync_redact").then(|| config.redactor(false)),
        hide_metadata: switch("sync_hide_metadata"),
        machine: machine.unwrap_or_default(),
        person: person(&config, Some(&shared.store)),
        dry_run,
    })
}

/// A pause that two machines do not choose alike.
fn pause(round: u32) -> Duration {
    let longest = PAUSE << (round - 2);
    let random = RandomState::new().hash_one(round);
    Duration::from_millis(random % longest)
}

impl Outcome {
    fn add(&mut self, round: &SyncRound) {
        self.pulled += round.pulled;
        self.pushed = round.pushed;
        self.objects = round.objects;
        self.bytes = round.bytes;
        self.masked.clone_from(&round.masked);
        for problem in &round.problems {
            if !self.problems.contains(problem) {
                self.problems.push(problem.clone());
            }
        }
        if self.rolled_back.is_none() {
            self.rolled_back.clone_from(&round.rolled_back);
        }
    }
}

pub(super) fn tell(
    context: &mut Context,
    outcome: &Outcome,
    format: Format,
) -> Result<(), CliError> {
    for problem in &outcome.problems {
        context.output.note(&format!("error: {}", plain(problem)))?;
    }
    if let Some(lost) = &outcome.rolled_back {
        context.output.note(&format!(
            "warning: the remote `{}` has an older state than this machine has seen ({lost}){}",
            outcome.remote,
            if outcome.dry_run { "" } else { "; what is known here was put back" },
        ))?;
    }
    if format == Format::Json {
        return context.output.json(outcome);
    }
    if !outcome.masked.is_empty() {
        let kinds = outcome.masked.iter().map(|(kind, number)| format!("{number} {kind}"));
        let kinds: Vec<String> = kinds.collect();
        writeln!(context.output, "Masked before sealing: {}", kinds.join(", "))?;
    }
    let Outcome { pulled, pushed, .. } = outcome;
    match outcome.dry_run {
        false => writeln!(context.output, "Pulled {pulled}, pushed {pushed}")?,
        true => writeln!(
            context.output,
            "Would pull {} and push {}",
            count(*pulled, "session"),
            count(*pushed, "session")
        )?,
    }
    Ok(())
}
