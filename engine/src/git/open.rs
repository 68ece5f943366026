//! Finds and opens the repository of a place, if its owner is the person or somebody trusted.
//!
//! Nothing of the environment is used: no `GIT_DIR`, no HOME, no configuration but the repository's
//! own. The one exception is gix's test of ownership, which knows `SUDO_UID` as git does.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use gix::discover::upwards;
use gix::open::{Options, Permissions, permissions};

use super::{GitError, GlobalConfig, Repository};

/// What of commits, trees and small files is kept unpacked in memory.
const OBJECT_CACHE: usize = 16 << 20; // bytes

impl Repository {
    /// Opens the repository that a place lies in: a working tree (also a linked one, a submodule or
    /// one of their folders), a bare repository, or a place inside a git directory. For a file it
    /// is the folder that the file lies in.
    pub fn discover(place: &Path, config: &GlobalConfig) -> Result<Self, GitError> {
        let none = || GitError::NoRepository { place: place.to_path_buf() };
        let resolved = place.canonicalize().map_err(|_| none())?;
        let folder = if resolved.is_dir() {
            resolved.as_path()
        } else {
            resolved.parent().ok_or_else(none)?
        };
        let options = upwards::Options {
            trust: upwards::TrustPolicy::Assume(gix::sec::Trust::Full),
            current_dir: Some(folder),
            ..Default::default()
        };
        let (found, _) = gix::discover::upwards_opts(folder, options).map_err(|_| none())?;
        let (git_dir, worktree) = found.into_repository_and_work_tree_directories();

        let repository = Self::open(&git_dir, worktree.as_deref(), config)?;
        repository.check_ownership()?;
        Ok(repository)
    }

    fn open(
        git_dir: &Path,
        worktree: Option<&Path>,
        config: &GlobalConfig,
    ) -> Result<Self, GitError> {
        let isolated = Permissions::isolated();
        let options = Options::isolated()
            .permissions(Permissions {
                config: permissions::Config {
                    includes: true, // of the repository's own configuration
                    ..isolated.config
                },
                ..isolated
            })
            // Who may be trusted is decided here, by the person's configuration that gix does not know.
            .with(gix::sec::Trust::Full)
            .filter_config_section(|_| true)
            .open_path_as_is(worktree.is_none());
        let damaged = |error: gix::Error| GitError::Damaged {
            path: git_dir.to_path_buf(),
            what: error.to_string(),
        };
        let opened = options.open(worktree.unwrap_or(git_dir)).map_err(damaged)?;
        let mut inner = opened.to_thread_local();
        inner.object_cache_size_if_unset(OBJECT_CACHE);

        let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let git_dir = canonical(inner.git_dir());
        let common_dir = canonical(inner.common_dir());
        let worktree = inner.workdir().filter(|path| path.is_dir()).map(canonical);
        let branch = inner.head_name().ok().flatten();
        let shallow: HashSet<_> = match inner.shallow_commits() {
            Ok(Some(commits)) => commits.iter().copied().collect(),
            _ => HashSet::new(),
        };
        // A graph knows nothing of where a shallow history was cut; a damaged one is done without.
        let graph = match shallow.is_empty() {
            true => inner.commit_graph_if_enabled().ok().flatten(),
            false => None,
        };
        Ok(Self {
            global: config.applied_to(&git_dir, branch.as_ref().map(|name| name.as_ref())),
            root: worktree.clone().unwrap_or_else(|| git_dir.clone()),
            has_worktree: worktree.is_some(),
            git_dir,
            common_dir,
            graph,
            shallow,
            inner,
        })
    }

    fn check_ownership(&self) -> Result<(), GitError> {
        let dot_git = self.root.join(".git");
        let places = [&self.root, &self.git_dir, &self.common_dir, &dot_git];
        let foreign = places.into_iter().any(|place| {
            let own = gix::sec::identity::is_path_owned_by_current_user(place);
            place.exists() && !own.unwrap_or(false)
        });
        if foreign && !self.global.trusts(&self.root) && !self.global.trusts(&self.git_dir) {
            return Err(GitError::Unsafe { path: self.root.clone() });
        }
        Ok(())
    }

    /// The working trees of the repository that exist, the main one first; canonical.
    pub fn worktree_roots(&self) -> Vec<PathBuf> {
        let main = self.inner.main_repo().ok();
        let main = main.and_then(|main| main.workdir().map(Path::to_path_buf));
        let linked = self.inner.worktrees().unwrap_or_default();
        let linked = linked.into_iter().filter_map(|proxy| proxy.base().ok());
        let mut roots: Vec<PathBuf> = Vec::new();
        for root in main.into_iter().chain(linked) {
            if let Ok(root) = root.canonicalize()
                && root.is_dir()
                && !roots.contains(&root)
            {
                roots.push(root);
            }
        }
        roots
    }
}
