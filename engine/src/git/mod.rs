//! All access to git repositories: finding one, its commits and branches, what a commit changed,
//! and who last changed each line of a file.
//!
//! Writes nothing but what is Lore's own ([`lore`]), and never runs `git`. Nothing of the environment is looked at: where the person's
//! configuration lies is handed in ([`GlobalConfig`]). A damaged repository is an error that names
//! what is damaged. What crosses the network is not done here.

mod blame;
mod changes;
mod commit;
mod config;
mod error;
mod identity;
mod lines;
mod lore;
mod objects;
mod open;
mod rename;
mod walk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

pub use blame::{BlameFile, BlamedLine};
pub use changes::{ChangeKind, ChangedFile, Changes, FileVersion, Hunk, PatchId};
pub use commit::Commit;
pub use config::GlobalConfig;
pub use error::GitError;
/// The id of a commit, SHA-1 or SHA-256; shown as hexadecimal digits.
pub use gix::ObjectId as CommitId;
pub use identity::Identity;
pub(crate) use lore::{LoreCommit, ObjectId, TreeEdit};
pub use walk::Walked;

/// A git repository, seen from one of its working trees.
pub struct Repository {
    inner: gix::Repository,
    global: config::AppliedConfig,
    root: PathBuf,
    has_worktree: bool,
    git_dir: PathBuf,
    common_dir: PathBuf,
    graph: Option<gix::commitgraph::Graph>,
    /// Where a shallow history was cut: the parents of these are not here.
    shallow: HashSet<CommitId>,
}

impl Repository {
    /// The top of the working tree, or the git directory if there is none; canonical.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether there is a working tree: a bare repository has none.
    pub fn has_worktree(&self) -> bool {
        self.has_worktree
    }

    /// The git directory of this working tree; canonical.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that all working trees share, with objects and hooks; canonical.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("root", &self.root)
            .field("git_dir", &self.git_dir)
            .finish_non_exhaustive()
    }
}
