//! A store to sync with: where it lies, and its keys.

use std::path::{Path, PathBuf};

use lore_engine::api::{SyncPlace, SyncScope};
use lore_engine::git::GitError;
use lore_engine::sync::{GitStore, Keys, Manifest, SyncError};
use uuid::Uuid;

use super::SyncOptions;
use crate::commands::{Context, current_directory};
use crate::config::{Config, Key, Setting};
use crate::error::CliError;
use crate::home::Home;
use crate::sync_keys::{Kept, SyncKeys};
use crate::transport::{Git, Manner, make_repository};

/// The setting that names the remote of the store of all sessions.
pub(super) const GLOBAL_REMOTE: &str = "sync_global_remote";

/// A store, and how to reach it.
pub(super) struct Shared {
    pub(super) git: Git,
    pub(super) store: GitStore,
    pub(super) scope: SyncScope,
}

impl Shared {
    /// The one that the person means.
    pub(super) fn open(context: &Context, options: &SyncOptions) -> Result<Self, CliError> {
        if options.global {
            return Self::of_everything(&context.home, options.manner());
        }
        let place = current_directory()?;
        Self::of_repository(&context.home, &place, options.remote.as_deref(), options.manner())
    }

    /// That of the repository around a place.
    pub(super) fn of_repository(
        home: &Home,
        place: &Path,
        remote: Option<&str>,
        manner: Manner,
    ) -> Result<Self, CliError> {
        let store = open(home, place)?;
        let git = Git::open(store.root(), remote, manner)?;
        Ok(Self { git, store, scope: SyncScope::Repository })
    }

    /// That of all sessions, in a git repository of Lore's own.
    pub(super) fn of_everything(home: &Home, manner: Manner) -> Result<Self, CliError> {
        let url = global_remote(home)?.ok_or_else(|| {
            CliError::new("the store of all sessions has no remote yet").with_hint(
                "`lore sync --global setup` asks for it; `lore config set sync_global_remote URL` \
                 sets it",
            )
        })?;
        let directory = global_directory(home);
        let is_there = |store: &GitStore| store.remote_url("origin").as_deref() == Some(&url);
        if !GitStore::open(&directory, &[]).is_ok_and(|store| is_there(&store)) {
            home.create().map_err(|error| CliError::file("cannot make", home.root(), &error))?;
            make_repository(&directory, &url)?;
        }
        let store = open(home, &directory)?;
        let git = Git::open(&directory, Some("origin"), manner)?;
        Ok(Self { git, store, scope: SyncScope::Everything })
    }

    pub(super) fn place(&self) -> SyncPlace {
        SyncPlace {
            repository: self.store.root().to_owned(),
            scope: self.scope,
            remote: self.git.remote().to_owned(),
        }
    }

    /// The manifest of the store as the remote has it, else as this machine has it.
    pub(super) fn manifest(&self) -> Result<Option<Manifest>, CliError> {
        let commit = match self.store.fetched(self.git.remote())? {
            None => self.store.local()?,
            there => there,
        };
        Ok(commit.map(|commit| self.store.manifest(&commit)).transpose()?)
    }

    /// The store that this machine synchronised with last.
    pub(super) fn known_store(&self) -> Result<Option<Uuid>, CliError> {
        let Some(commit) = self.store.local()? else { return Ok(None) };
        Ok(self.store.manifest(&commit).ok().map(|manifest| manifest.store()))
    }

    /// For people: `this repository`.
    pub(super) fn name(&self) -> &'static str {
        name(self.scope)
    }
}

pub(super) fn name(scope: SyncScope) -> &'static str {
    match scope {
        SyncScope::Repository => "this repository",
        SyncScope::Everything => "all sessions",
    }
}

fn open(home: &Home, place: &Path) -> Result<GitStore, CliError> {
    GitStore::open(place, &home.git_config()).map_err(|error| {
        let result = CliError::from_error(&error);
        match error {
            GitError::NoRepository { .. } => result.with_hint(
                "run this inside of the repository, or use `--global` for the store of all sessions",
            ),
            _ => result,
        }
    })
}

/// Where the repository of all sessions lies.
pub(super) fn global_directory(home: &Home) -> PathBuf {
    home.root().join("sync")
}

/// The remote of the store of all sessions, if one is set.
pub(super) fn global_remote(home: &Home) -> Result<Option<String>, CliError> {
    let config = Config::load(home)?;
    Ok(match Key::find(GLOBAL_REMOTE).and_then(|key| config.get(key)) {
        Some(Setting::Text(url)) if !url.is_empty() => Some(url),
        _ => None,
    })
}

/// What the person is called where others see it: as the settings say, else as git knows them there.
pub(crate) fn person(config: &Config, store: Option<&GitStore>) -> Option<String> {
    match Key::find("sync_name").and_then(|key| config.get(key)) {
        Some(Setting::Text(name)) if !name.is_empty() => Some(name),
        _ => store.and_then(GitStore::person),
    }
}

/// What there is of a store's keys on this machine.
pub(super) struct Loaded {
    /// The keys, and where they are kept.
    pub(super) keys: Option<(Keys, Kept)>,
    /// What the person should know.
    pub(super) notes: Vec<String>,
}

/// The keys of a store, and where they are kept.
pub(super) fn load_keys(context: &Context, store: Uuid, quiet: bool) -> Result<Loaded, CliError> {
    let config = Config::load(&context.home)?;
    let mut kept = SyncKeys::new(&context.home, &config, quiet);
    let found = kept.load(store)?;
    let keys = match found {
        None => None,
        Some((text, place)) => {
            let keys = Keys::from_text(store, &text).ok_or_else(|| {
                CliError::new(format!("the key of the store {store} on this machine is damaged"))
                    .with_hint("`lore sync setup` asks for the passphrase and makes it anew")
            })?;
            Some((keys, place))
        }
    };
    Ok(Loaded { keys, notes: kept.notes() })
}

/// Keeps the keys of a store; returns where.
pub(super) fn keep_keys(context: &mut Context, keys: &Keys) -> Result<Kept, CliError> {
    let config = Config::load(&context.home)?;
    let home = context.home.root();
    context.home.create().map_err(|error| CliError::file("cannot make", home, &error))?;
    let mut kept = SyncKeys::new(&context.home, &config, false);
    let place = kept.keep(keys.store(), &keys.to_text())?;
    for note in kept.notes() {
        context.output.note(&note)?;
    }
    Ok(place)
}

impl From<SyncError> for CliError {
    fn from(error: SyncError) -> Self {
        let result = Self::from_error(&error);
        match error {
            SyncError::NoStore => result.with_hint("`lore sync setup` makes one, or joins one"),
            SyncError::NotAStore { .. } => result.with_hint(
                "nothing was changed; somebody else uses that reference: `git ls-remote` shows it",
            ),
            SyncError::OtherStore { .. } => result.with_hint(
                "`lore sync setup` joins it; what this machine has is pushed there then",
            ),
            SyncError::WrongPassphrase => {
                result.with_hint("ask whoever set the store up, or changed its passphrase")
            }
            SyncError::Rekeyed => {
                result.with_hint("`lore sync setup` asks for the new one; nothing is lost")
            }
            SyncError::Altered { .. } => result.with_hint(
                "nothing was merged; whoever can push to the remote may have changed it: \
                 `git push --force REMOTE refs/lore/sessions` puts back what was synced here last",
            ),
            _ => result,
        }
    }
}
