//! The store: the truth about sessions, messages and sources, in one redb file.
//!
//! Any number of [`View`]s read while one [`Tables`] writes; what a write transaction changes is
//! there as a whole or not at all. Messages lie in pages, see [`page`]; what the index still has to
//! take in stands in an outbox of the same transaction. `docs/store-format.md` draws the tables.
//!
//! This module does not know what the messages mean: see [`crate::import`].

mod children;
mod deletion;
mod format;
mod links;
mod machines;
pub(crate) mod page;
mod source;
mod sync;
mod tables;
mod view;
mod write;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, StorageError};
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use children::LONGEST_TAG;
pub use children::{Child, ChildKey, ChildValue};
use format::Permission;
pub use format::{FORMAT, FormatVersion};
pub use links::Place;
pub(crate) use source::KEPT_PROBLEMS;
use source::path_bytes;
pub use source::{Fingerprint, Source, Stamp, Surroundings};
pub use sync::SyncRun;
pub(crate) use sync::{SyncedPage, SyncedSession, SyncedStore};
pub use view::View;
pub(crate) use write::Tables;

/// Memory that redb may use for pages, in bytes.
const CACHE: usize = 32 << 20;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no file yet.
    #[error("there is no store at `{}`", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Another process holds it.
    #[error("another process holds the store `{}`", .path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// It was not closed, and only a writer may mend that.
    #[error("the store `{}` was not closed and has to be opened for writing once", .path.display())]
    NotClosed {
        /// The file.
        path: PathBuf,
    },
    /// A newer release wrote it.
    #[error(
        "the store `{}` has format {found}, this release reads up to {FORMAT}: update lore",
        .path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: FormatVersion,
    },
    /// A newer release wrote it, or it was opened for reading.
    #[error("the store `{}` can only be read here, it has format {found}: update lore", .path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: FormatVersion,
    },
    /// What it holds makes no sense.
    #[error(
        "the store `{}` is damaged: {what}; move the file away and run `lore import` to capture \
         again what the tools still have",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where and what.
        what: String,
    },
    /// The disk fails, or is full.
    #[error("the store `{}` cannot be read or written: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },
}

/// What makes no sense in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage(pub(crate) &'static str);

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Beside other readers.
    Read,
    /// Alone.
    Write,
}

/// An open store.
pub struct Store {
    path: PathBuf,
    handle: Handle,
    format: FormatVersion,
}

enum Handle {
    Read(ReadOnlyDatabase),
    Write(Box<Database>),
}

impl Store {
    /// Opens a store; for writing, it is made if there is none.
    ///
    /// # Errors
    /// Every [`StoreError`].
    pub fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        match access {
            // An empty file is what a process left that ended as it made the store.
            Access::Read if std::fs::metadata(path).map_or(0, |file| file.len()) == 0 => {
                return Err(StoreError::Missing { path: path.into() });
            }
            Access::Read => {}
            Access::Write => make(path)?,
        }
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE);
        // redb asserts what it reads; a file that was cut or overwritten may make that fail.
        let handle = catch_unwind(AssertUnwindSafe(|| match access {
            Access::Read => builder.open_read_only(path).map(Handle::Read),
            Access::Write => builder.create(path).map(|database| Handle::Write(Box::new(database))),
        }))
        .map_err(|_| damaged(path, "its header or its tree of pages makes no sense"))?
        .map_err(|error| open_error(path, error))?;
        let mut store = Self { path: path.into(), handle, format: FORMAT };
        let found = store.guarded(|store| {
            if let Some(format) = store.view()?.format()? {
                return Ok(format);
            }
            // Made by a process that did not live to write the first table.
            if access == Access::Read {
                return Err(StoreError::NotClosed { path: path.into() });
            }
            store.write(|tables| tables.initialise())?;
            Ok(FORMAT)
        })?;
        match found.permission() {
            Permission::Refused => Err(StoreError::TooNew { path: path.into(), found }),
            Permission::ReadOnly => {
                store.format = found;
                Ok(store)
            }
            Permission::ReadWrite => {
                // From now on there may be rows in it that an older build would not keep.
                if access == Access::Write && found != FORMAT {
                    store.write(|tables| tables.initialise())?;
                }
                Ok(store)
            }
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> FormatVersion {
        self.format
    }

    /// What it was opened for.
    pub fn access(&self) -> Access {
        match self.handle {
            Handle::Read(_) => Access::Read,
            Handle::Write(_) => Access::Write,
        }
    }

    /// A snapshot.
    ///
    /// # Errors
    /// [`StoreError::Io`] and [`StoreError::Damaged`].
    pub fn view(&self) -> Result<View<'_>, StoreError> {
        let transaction = match &self.handle {
            Handle::Read(database) => database.begin_read(),
            Handle::Write(database) => database.begin_read(),
        };
        Ok(View::new(self, transaction.map_err(|error| self.error(error))?))
    }

    /// Runs `change` in a transaction. It is committed if `change` returns `Ok`, and durable then.
    ///
    /// # Errors
    /// Those of `change`, [`StoreError::ReadOnly`], [`StoreError::Io`] and [`StoreError::Damaged`].
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(change, true)
    }

    /// As [`Store::write`], but nothing is kept.
    pub(crate) fn try_out<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transact(change, false)
    }

    fn transact<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<T, E>,
        keep: bool,
    ) -> Result<T, E> {
        let Handle::Write(database) = &self.handle else {
            return Err(StoreError::ReadOnly { path: self.path.clone(), found: self.format }.into());
        };
        if self.format.permission() != Permission::ReadWrite {
            return Err(StoreError::ReadOnly { path: self.path.clone(), found: self.format }.into());
        }
        let mut transaction = database.begin_write().map_err(|error| self.error(error))?;
        // Opening after a crash would otherwise walk through the whole file.
        transaction.set_quick_repair(true);
        let changed = catch_unwind(AssertUnwindSafe(|| {
            let mut tables = Tables::open(self, &transaction)?;
            change(&mut tables)
        }));
        let done = match changed {
            Ok(done) => done?,
            Err(panic) => {
                // Dropped by a panic, a transaction leaves its pages behind as if they were in use.
                let _ = transaction.abort();
                resume_unwind(panic)
            }
        };
        if keep {
            transaction.commit().map_err(|error| self.error(error))?;
        } else {
            transaction.abort().map_err(|error| self.error(error))?;
        }
        Ok(done)
    }

    /// Gives unused space back to the file system.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] and those of the disk.
    pub(crate) fn compact(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        match &mut self.handle {
            Handle::Read(_) => Err(StoreError::ReadOnly { path, found: self.format }),
            Handle::Write(database) => loop {
                match database.compact() {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => return Err(redb_error(&path, error.into())),
                }
            },
        }
    }

    /// Proves the checksums of the file's pages.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if one does not fit, and those of the disk.
    pub(crate) fn check_integrity(&mut self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let Handle::Write(database) = &mut self.handle else { return Ok(()) };
        match catch_unwind(AssertUnwindSafe(|| database.check_integrity())) {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => {
                Err(damaged(&path, "a checksum did not fit, older pages were put back"))
            }
            Ok(Err(error)) => Err(open_error(&path, error)),
            Err(_) => Err(damaged(&path, "its tree of pages makes no sense")),
        }
    }

    /// Runs `read`; redb's assertions about what it read become [`StoreError::Damaged`].
    pub(crate) fn guarded<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        catch_unwind(AssertUnwindSafe(|| read(self)))
            .unwrap_or_else(|_| Err(damaged(&self.path, "a page makes no sense").into()))
    }

    pub(crate) fn error(&self, error: impl Into<redb::Error>) -> StoreError {
        redb_error(&self.path, error.into())
    }

    pub(crate) fn damaged(&self, place: impl std::fmt::Display, damage: Damage) -> StoreError {
        damaged(&self.path, format!("{place}: {}", damage.0))
    }
}

/// Makes a store if there is no file, for its user alone from its first moment on. It gets its name
/// once it is whole: a process that is killed meanwhile leaves nothing that would be taken for it.
fn make(path: &Path) -> Result<(), StoreError> {
    let io = |error| StoreError::Io { path: path.into(), error };
    if path.try_exists().map_err(io)? {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    // Its user alone can use a temporary file.
    let file = tempfile::Builder::new().prefix(".lore.db").tempfile_in(folder).map_err(io)?;
    let made = Database::builder().create(file.path());
    drop(made.map_err(|error| open_error(path, error))?);
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(io(error.error))
        }
        // Another process was faster.
        _ => Ok(()),
    }
}

fn damaged(path: &Path, what: impl Into<String>) -> StoreError {
    StoreError::Damaged { path: path.into(), what: what.into() }
}

fn open_error(path: &Path, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::Busy { path: path.into() },
        DatabaseError::RepairAborted => StoreError::NotClosed { path: path.into() },
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == std::io::ErrorKind::InvalidData =>
        {
            damaged(path, "this is not a store")
        }
        error => redb_error(path, error.into()),
    }
}

fn redb_error(path: &Path, error: redb::Error) -> StoreError {
    match error {
        // The file is shorter than it says.
        redb::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            damaged(path, "a part of it is missing")
        }
        redb::Error::Io(error) => StoreError::Io { path: path.into(), error },
        other => damaged(path, other.to_string()),
    }
}

/// The version of a row's layout.
const ROW: u8 = 1;

fn encode<T: Serialize>(row: &T) -> Vec<u8> {
    postcard::to_extend(row, vec![ROW]).expect("plain data is always written to memory")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Damage> {
    match bytes.split_first() {
        Some((&ROW, bytes)) => {
            postcard::from_bytes(bytes).map_err(|_| Damage("a row that cannot be read"))
        }
        _ => Err(Damage("a row of an unknown version")),
    }
}
