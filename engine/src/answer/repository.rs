//! Repositories, as the answers about them need them.

use std::path::{Path, PathBuf};

use crate::Engine;
use crate::api::{ApiError, CommitDetail};
use crate::git::{Commit, GitError, GlobalConfig, Repository};
use crate::index::Index;
use crate::link::LinkError;
use crate::origin::{Library, Territory, TraceError, Tracer};
use crate::store::{StoreError, View};

/// What is known of the person's git.
pub(super) fn global_config(engine: &Engine) -> GlobalConfig {
    GlobalConfig::read(&engine.options().git_config)
}

/// Traces the lines of a repository.
pub(super) fn tracer<'v>(
    repository: &'v Repository,
    config: &'v GlobalConfig,
    view: &'v View<'v>,
    index: &'v Index,
) -> Result<Tracer<'v>, StoreError> {
    let territory = Territory::new(repository, config, view)?;
    Ok(Tracer { library: Library::new(view), territory, index })
}

pub(crate) fn commit(
    engine: &Engine,
    place: &Path,
    reference: &str,
) -> Result<CommitDetail, ApiError> {
    let repository = Repository::discover(place, &global_config(engine))?;
    let id = resolve(&repository, reference)?;
    Ok(detail_of(&repository, &repository.commit(id)?))
}

/// The commit that a reference names.
pub(super) fn resolve(
    repository: &Repository,
    reference: &str,
) -> Result<crate::git::CommitId, ApiError> {
    repository.resolve(reference).map_err(|error| match error {
        GitError::NoSuchCommit { reference } => {
            ApiError::NoSuchCommit { reference, root: repository.root().to_owned() }
        }
        error => error.into(),
    })
}

/// A commit, as answers tell it.
pub(super) fn detail_of(repository: &Repository, commit: &Commit) -> CommitDetail {
    CommitDetail {
        id: commit.id.to_string(),
        subject: commit.subject.clone(),
        author: commit.author.clone(),
        authored: commit.authored,
        committed: commit.committed,
        root: repository.root().to_owned(),
    }
}

impl From<GitError> for ApiError {
    fn from(error: GitError) -> Self {
        match error {
            GitError::NoRepository { place } => Self::NoRepository { place },
            GitError::NoSuchCommit { reference } => {
                Self::NoSuchCommit { reference, root: PathBuf::new() }
            }
            error => Self::Git(error.to_string()),
        }
    }
}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Git(error) => error.into(),
            LinkError::Store(error) => error.into(),
            LinkError::Index(error) => error.into(),
        }
    }
}

impl From<TraceError> for ApiError {
    fn from(error: TraceError) -> Self {
        LinkError::from(error).into()
    }
}
