//! Which sessions had a part in which commits.
//!
//! Circumstances (time, files, branch) say what may be; the text of the commit, where the sessions'
//! edits tell what they wrote, decides: see [`score`]. A link keeps what its commit is found again by
//! when it is rewritten: see [`marks`] and [`moved`].
//!
//! This module stores nothing: see [`crate::answer`].

mod marks;
mod moved;
mod propose;
mod score;

use crate::git::GitError;
use crate::index::IndexError;
use crate::origin::TraceError;
use crate::store::StoreError;

pub(crate) use marks::mark;
pub(crate) use moved::{Rewritten, commit_id, find_moved, relocate};
pub(crate) use propose::Proposing;

/// Why links cannot be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl From<TraceError> for LinkError {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::Store(error) => Self::Store(error),
            TraceError::Index(error) => Self::Index(error),
        }
    }
}
