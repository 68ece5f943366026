//! The git repository that carries a store, for those who fetch and push.

use std::path::{Path, PathBuf};

use super::error::SyncError;
use super::manifest::Manifest;
use super::tree::{History, MANIFEST, read_commit};
use crate::git::{CommitId, GitError, GlobalConfig, Repository, TreeEdit};

/// The reference that a store lies under, here and at every remote.
const REFERENCE: &str = "refs/lore/sessions";

/// A git repository that carries a store, or may.
#[derive(Debug)]
pub struct GitStore {
    repository: Repository,
}

impl GitStore {
    /// The repository around a place; `git_config` are the person's git configuration files.
    ///
    /// # Errors
    /// Those of finding and opening a repository.
    pub fn open(place: &Path, git_config: &[PathBuf]) -> Result<Self, GitError> {
        let config = GlobalConfig::read(git_config);
        Ok(Self { repository: Repository::discover(place, &config)? })
    }

    pub(crate) fn of(repository: Repository) -> Self {
        Self { repository }
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The top of the working tree, or the git directory if there is none.
    pub fn root(&self) -> &Path {
        self.repository.root()
    }

    /// The URL of a remote, as the repository's own settings have it.
    pub fn remote_url(&self, remote: &str) -> Option<String> {
        self.repository.setting(&format!("remote.{remote}.url"))
    }

    /// The name that the person commits with here.
    pub fn person(&self) -> Option<String> {
        self.repository.setting("user.name")
    }

    /// The commit of the store that was synchronised last, in hex.
    ///
    /// # Errors
    /// [`SyncError::Git`].
    pub fn local(&self) -> Result<Option<String>, SyncError> {
        self.reference(REFERENCE)
    }

    /// The commit of the store that was fetched last from a remote, in hex.
    ///
    /// # Errors
    /// [`SyncError::Git`].
    pub fn fetched(&self, remote: &str) -> Result<Option<String>, SyncError> {
        self.reference(&tracking(remote))
    }

    fn reference(&self, name: &str) -> Result<Option<String>, SyncError> {
        Ok(self.repository.lore_reference(name)?.map(|id| id.to_string()))
    }

    /// The manifest of the store that a commit holds.
    ///
    /// # Errors
    /// [`SyncError::NotAStore`], [`SyncError::TooNew`] and [`SyncError::Git`].
    pub fn manifest(&self, commit: &str) -> Result<Manifest, SyncError> {
        Ok(read_commit(&self.repository, commit_id(commit)?)?.manifest)
    }

    /// Writes a store without sessions; returns its commit, in hex, to be pushed.
    ///
    /// # Errors
    /// [`SyncError::Git`].
    pub fn found(&self, manifest: &Manifest) -> Result<String, SyncError> {
        let bytes = manifest.to_json().as_bytes();
        let blob = self.repository.write_lore_blob(bytes)?;
        let edits = [(MANIFEST.to_owned(), TreeEdit::Blob(blob))];
        let tree = self.repository.edit_lore_tree(None, &edits)?;
        let history = History { commits: 0, base: bytes.len() as u64, added: 0 };
        let commit = self.repository.write_lore_commit(tree, None, &history.message())?;
        Ok(commit.to_string())
    }

    /// Notes that a remote, and this machine, have a commit.
    ///
    /// # Errors
    /// [`SyncError::Git`].
    pub fn agree(&self, remote: &str, commit: &str) -> Result<(), SyncError> {
        let id = commit_id(commit)?;
        for name in [REFERENCE, &tracking(remote)] {
            if self.repository.lore_reference(name)? != Some(id) {
                self.repository.set_lore_reference(name, id)?;
            }
        }
        Ok(())
    }
}

/// The reference that what a remote has is fetched into.
pub(super) fn tracking(remote: &str) -> String {
    format!("refs/lore/remotes/{remote}/sessions")
}

pub(super) fn commit_id(hex: &str) -> Result<CommitId, SyncError> {
    CommitId::from_hex(hex.as_bytes())
        .map_err(|_| SyncError::Git(format!("`{hex}` is no id of a commit")))
}
