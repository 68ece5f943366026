//! What can go wrong with a repository, in words that name the place and the way out.

use std::path::PathBuf;

/// Why a repository, or something in it, could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// Neither the place nor anything above it is a repository.
    #[error("`{}` is not in a git repository", .place.display())]
    NoRepository {
        /// Where the search began.
        place: PathBuf,
    },
    /// The repository belongs to someone else, and nobody said that it is to be trusted.
    #[error("the repository `{0}` belongs to another user; to trust it, run `git config --global --add safe.directory {0}`", .path.display())]
    Unsafe {
        /// Its working tree, or its git directory if it has none.
        path: PathBuf,
    },
    /// Nothing of that name leads to a commit.
    #[error("there is no commit `{reference}`")]
    NoSuchCommit {
        /// What was asked for.
        reference: String,
    },
    /// Several commits begin with these digits.
    #[error("`{reference}` begins the ids of several commits: {}", .candidates.join(", "))]
    AmbiguousCommit {
        /// What was asked for.
        reference: String,
        /// The full ids, sorted.
        candidates: Vec<String>,
    },
    /// There is no such file there, or it is a folder or a submodule.
    #[error("there is no file `{path}` in {rev}")]
    NoSuchFile {
        /// The path in the repository.
        path: String,
        /// A commit's id in backticks, or `the working copy`.
        rev: String,
    },
    /// Nothing can be written into the repository.
    #[error("cannot write into the repository `{}`: {what}", .path.display())]
    Unwritable {
        /// Its git directory.
        path: PathBuf,
        /// What the operating system says.
        what: String,
    },
    /// What the repository holds cannot be read.
    #[error("the repository `{}` is damaged, `git fsck` says more: {what}", .path.display())]
    Damaged {
        /// Its git directory.
        path: PathBuf,
        /// What could not be read, and why.
        what: String,
    },
}
