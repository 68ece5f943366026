//! Synchronising.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::SessionId;
use crate::redact::RedactorSettings;
use crate::store::{SyncRun, SyncedSession};
use crate::sync::{Keys, Manifest};

/// Where a store lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPlace {
    /// A directory in the git repository that carries it.
    pub repository: PathBuf,
    /// Which sessions it is for.
    pub scope: SyncScope,
    /// The remote that it is shared over.
    pub remote: String,
}

/// Which sessions a store is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncScope {
    /// Those that were held in the repository that carries it.
    Repository,
    /// All.
    Everything,
}

/// Merges what was fetched, and seals what the remote does not have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncRequest {
    /// The store.
    pub place: SyncPlace,
    /// Its keys.
    pub keys: Keys,
    /// The manifest that the store is to have from now on, if another.
    pub manifest: Option<Manifest>,
    /// The person's home directory, which becomes `~`.
    pub home: Option<PathBuf>,
    /// What is masked; nothing masks nothing.
    pub redact: Option<RedactorSettings>,
    /// Seals what else would stand in the clear.
    pub hide_metadata: bool,
    /// What this machine is called.
    pub machine: String,
    /// Who works at it.
    pub person: Option<String>,
    /// Only tells what would be done.
    pub dry_run: bool,
}

/// What a round did. Its commit is to be pushed, then [`super::Request::SyncDone`] to be sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SyncRound {
    /// The commit to be pushed, in hex; nothing if the remote has all.
    pub commit: Option<String>,
    /// What the remote has now, in hex.
    pub expected: Option<String>,
    /// Sessions that came in or changed.
    pub pulled: u64,
    /// Sessions that the commit brings or changes.
    pub pushed: u64,
    /// Objects that were written for it, and their bytes before git packs them.
    pub objects: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Secrets that were masked, by kind.
    pub masked: BTreeMap<String, u64>,
    /// What could not be read, with its place in the store.
    pub problems: Vec<String>,
    /// What the remote had been given before and does not have any more, in words.
    pub rolled_back: Option<String>,
    /// What is noted once the commit was pushed.
    pub notes: SyncNotes,
}

/// What is noted once a commit was pushed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SyncNotes {
    pub(crate) sessions: Vec<(SessionId, Option<SyncedSession>)>,
    pub(crate) manifest: String,
}

/// A synchronisation came to its end: the remote has what this machine has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncDone {
    /// The store.
    pub place: SyncPlace,
    /// Its id.
    pub store: Uuid,
    /// What the remote has, in hex.
    pub commit: String,
    /// Of the last round.
    pub notes: SyncNotes,
    /// What to remember of it.
    pub run: SyncRun,
}

/// How it stands with a store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SyncStatus {
    /// Sessions of which the store does not have all.
    pub pending: u64,
    /// Sessions that lie in the store.
    pub synced: u64,
    /// The synchronisations, the newest first; at most a hundred.
    pub runs: Vec<SyncRun>,
}

/// What is kept out of all stores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SyncExclusion {
    /// A session.
    Session(SessionId),
    /// All sessions of the repository around a directory.
    Repository(PathBuf),
}
