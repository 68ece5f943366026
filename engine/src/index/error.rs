//! Why the index cannot be used.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};

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
    /// An indexing thread gave up; the next commit says why.
    #[error("search index in `{}` could not be written; is the disk full? ({detail})", .path.display())]
    Failed {
        /// Where it is.
        path: PathBuf,
        /// What the writer says.
        detail: String,
    },
    /// The system refuses; building the index anew does not help.
    #[error("search index in `{}`: {source}", .path.display())]
    Io {
        /// Where it is.
        path: PathBuf,
        /// What the system says.
        source: Arc<io::Error>,
    },
}

impl IndexError {
    /// What tantivy's `error` means for the index in `path`: unless the system refused, files are
    /// not as they were written.
    pub(super) fn new(path: &Path, error: TantivyError) -> IndexError {
        let path = path.to_owned();
        let io = match &error {
            TantivyError::LockFailure(LockError::LockBusy, _) => return IndexError::Busy { path },
            TantivyError::LockFailure(LockError::IoError(source), _)
            | TantivyError::IoError(source)
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error: source, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: source, .. }) => {
                Some(source)
            }
            TantivyError::ErrorInThread(detail) => {
                return IndexError::Failed { path, detail: detail.clone() };
            }
            _ => None,
        };
        match io {
            Some(source) if refused(source) => IndexError::Io { path, source: Arc::clone(source) },
            _ => IndexError::Damaged { path, detail: error.to_string() },
        }
    }

    /// The system's `error` for the index in `path`.
    pub(super) fn io(path: &Path, error: io::Error) -> IndexError {
        IndexError::Io { path: path.to_owned(), source: Arc::new(error) }
    }
}

/// Whether the system could not do it, in contrast to a file that is missing or not as expected.
fn refused(error: &io::Error) -> bool {
    // Tantivy makes other errors of some of the system's, of which only the text is left.
    error.to_string().contains("(os error ") && error.kind() != io::ErrorKind::NotFound
}

/// Runs `work` on the index in `path`, which may be damaged: tantivy trusts what it reads and
/// panics where it does not make sense.
pub(super) fn guarded<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, IndexError>,
) -> Result<T, IndexError> {
    // Nothing that `work` changes is used again after a panic, except by reading the files anew.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("unknown");
        Err(IndexError::Damaged { path: path.to_owned(), detail: text.to_owned() })
    })
}
