//! Why the index cannot be used.

use std::path::PathBuf;

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// There is no index of this build's version.
    #[error("no search index in `{}`: it has to be built from the store", .path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("search index in `{}` is damaged ({detail}): it has to be rebuilt from the store", .path.display())]
    Damaged {
        /// Where it is.
        path: PathBuf,
        /// What does not fit.
        detail: String,
    },
    /// Someone else writes it.
    #[error("search index in `{}` is being written by another process", .path.display())]
    Busy {
        /// Where it is.
        path: PathBuf,
    },
    /// It could not be read or written for a reason that rebuilding does not help.
    #[error("search index in `{}`: {detail}", .path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
}
