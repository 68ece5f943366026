//! A store as it lies in a git tree.
//!
//! ```text
//! lore.json                      plain: see [`super::manifest`]
//! machines                       sealed: the names of machines and people
//! tombstones                     sealed: sessions that were forgotten
//! sessions/<2 hex>/<uuid>/meta   plain, or sealed where metadata is hidden
//! sessions/<2 hex>/<uuid>/head   sealed
//! sessions/<2 hex>/<uuid>/<page> sealed, never changed
//! ```
//!
//! The UUID is the session's id or, where metadata is hidden, a keyed hash of it. What else lies in the
//! tree is left alone.

use std::collections::BTreeMap;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::content::PageName;
use super::error::{Fault, SyncError};
use super::manifest::{self, Manifest};
use super::seal::{self, Place};
use super::secret::Keys;
use crate::git::{CommitId, GitError, LoreCommit, ObjectId, Repository};
use crate::model::SessionId;

pub(super) const MANIFEST: &str = "lore.json";
pub(super) const MACHINES: &str = "machines";
pub(super) const TOMBSTONES: &str = "tombstones";
const SESSIONS: &str = "sessions";
pub(super) const HEAD: &str = "head";
pub(super) const META: &str = "meta";

/// The largest sealed object that is read, in bytes.
const LARGEST: u64 = 1 << 30;

/// Names a session in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Directory(pub(super) Uuid);

impl Directory {
    /// The directory of a session.
    pub(super) fn of(id: SessionId, keys: &Keys, hidden: bool) -> Self {
        if !hidden {
            return Self(id.0);
        }
        // The first key is never replaced, so that directories stay where they are.
        let first = keys.get(1).expect("there is a first key").derived("lore sync directory");
        let hash = first.hash(&[id.0.as_bytes()]);
        let bytes = *hash.first_chunk().expect("a hash is longer than a UUID");
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Its path in the tree.
    pub(super) fn path(self) -> String {
        let name = self.0.to_string();
        format!("{SESSIONS}/{}/{name}", &name[..2])
    }

    pub(super) fn place(self, name: &str) -> Place {
        Place::of(format!("{}/{name}", self.path()))
    }

    pub(super) fn page_place(self, name: PageName) -> Place {
        self.place(&name.to_string())
    }
}

/// A store in a commit.
pub(super) struct StoreTree<'r> {
    repository: &'r Repository,
    pub(super) commit: CommitId,
    pub(super) root: ObjectId,
    pub(super) history: History,
    pub(super) manifest: Manifest,
    pub(super) tombstones: Option<ObjectId>,
    pub(super) machines: Option<ObjectId>,
    pub(super) sessions: BTreeMap<Directory, ObjectId>,
}

/// A session in a tree.
pub(super) struct SessionTree {
    pub(super) head: Option<ObjectId>,
    pub(super) blobs: BTreeMap<String, ObjectId>,
}

/// How long the history of a store is: what its commits' messages say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// Commits behind the first one.
    pub(super) commits: u64,
    /// Bytes of objects of the first commit.
    pub(super) base: u64,
    /// Bytes of objects that were added since.
    pub(super) added: u64,
}

impl History {
    pub(super) fn parse(message: &str) -> Self {
        let mut history = Self::default();
        for line in message.lines() {
            let Some((name, number)) = line.split_once(": ") else { continue };
            let number = number.trim().parse().unwrap_or(0);
            match name {
                "commits" => history.commits = number,
                "base" => history.base = number,
                "added" => history.added = number,
                _ => {}
            }
        }
        history
    }

    pub(super) fn message(self) -> String {
        let Self { commits, base, added } = self;
        format!("lore sync\n\ncommits: {commits}\nbase: {base}\nadded: {added}\n")
    }
}

/// What a commit of a store holds.
pub(super) struct StoreCommit {
    pub(super) manifest: Manifest,
    commit: LoreCommit,
    /// By name, whether it is a tree, and which.
    entries: BTreeMap<String, (bool, ObjectId)>,
}

/// Reads the commit of a store.
pub(super) fn read_commit(repository: &Repository, id: CommitId) -> Result<StoreCommit, SyncError> {
    let not_one = |what: &str| SyncError::NotAStore { what: format!("{what} ({id})") };
    let commit = repository.lore_commit(id)?.ok_or_else(|| not_one("an object"))?;
    let entries = repository.tree_entries(commit.tree)?.into_iter();
    let entries: BTreeMap<_, _> =
        entries.map(|entry| (entry.name, (entry.is_tree, entry.id))).collect();
    let Some((false, blob)) = entries.get(MANIFEST) else {
        return Err(not_one("a commit without `lore.json`"));
    };
    let bytes = repository.bounded_blob(*blob, manifest::LONGEST)?;
    let bytes = bytes.ok_or_else(|| not_one("a commit with an endless `lore.json`"))?;
    Ok(StoreCommit { manifest: Manifest::parse(&bytes)?, commit, entries })
}

impl<'r> StoreTree<'r> {
    pub(super) fn read(repository: &'r Repository, id: CommitId) -> Result<Self, SyncError> {
        let StoreCommit { manifest, commit, entries } = read_commit(repository, id)?;
        let blob = |name: &str| match entries.get(name) {
            Some((false, id)) => Some(*id),
            _ => None,
        };
        let mut sessions = BTreeMap::new();
        if let Some((true, tree)) = entries.get(SESSIONS) {
            for shard in repository.tree_entries(*tree)? {
                if !shard.is_tree {
                    continue;
                }
                for entry in repository.tree_entries(shard.id)? {
                    if let Ok(name) = entry.name.parse::<Uuid>()
                        && entry.is_tree
                        && entry.name == name.to_string()
                        && entry.name.get(..2) == Some(&shard.name)
                    {
                        sessions.insert(Directory(name), entry.id);
                    }
                }
            }
        }
        Ok(Self {
            repository,
            commit: id,
            root: commit.tree,
            history: History::parse(&commit.message),
            manifest,
            tombstones: blob(TOMBSTONES),
            machines: blob(MACHINES),
            sessions,
        })
    }

    pub(super) fn session(&self, tree: ObjectId) -> Result<SessionTree, GitError> {
        let entries = self.repository.tree_entries(tree)?.into_iter();
        let blobs: BTreeMap<_, _> =
            entries.filter(|entry| !entry.is_tree).map(|entry| (entry.name, entry.id)).collect();
        Ok(SessionTree { head: blobs.get(HEAD).copied(), blobs })
    }

    /// Opens a sealed blob, unless its key is older than the one with the number `oldest`: a member who
    /// was removed could have made it. Tells the number of its key as well.
    pub(super) fn open(
        &self,
        keys: &Keys,
        place: &Place,
        blob: ObjectId,
        oldest: u32,
    ) -> Result<(u32, Zeroizing<Vec<u8>>), Trouble> {
        let bytes = self.repository.bounded_blob(blob, LARGEST)?;
        let bytes = bytes.ok_or(Fault::Senseless("more than any object has"))?;
        let number = seal::key_of(&bytes)?;
        if number < oldest {
            return Err(Fault::OldKey { number }.into());
        }
        Ok((number, seal::open(keys, place, &bytes)?))
    }
}

/// Why an object of a store could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Git(#[from] GitError),
}

impl From<GitError> for SyncError {
    fn from(error: GitError) -> Self {
        Self::Git(error.to_string())
    }
}
