//! Queries of an SQLite database that a running tool may be writing.
//!
//! ```text
//! Database ─► statement ─► SQLite ─► vfs ─► snapshot ─► the file, its log laid over it
//!     └ runs a statement again if what it read was written over meanwhile
//! ```
//!
//! The tool does not notice: nothing is locked, made, changed or waited for on its side. In exchange
//! what was read is looked at afterwards, and read again if it may have been torn.

mod snapshot;
mod statement;
mod vfs;
mod wal;

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use self::snapshot::{Refused, Since, Snapshot};
use self::statement::Failure;
use self::vfs::Vfs;
use self::wal::Wal;
use super::source::Folder;

/// A value of a row.
pub(super) use rusqlite::types::Value;

/// How often a statement is run before the database counts as one that never rests.
const ATTEMPTS: u32 = 8;
/// The first pause between two attempts; it doubles after every second one.
const PAUSE: Duration = Duration::from_millis(10);

/// A database that queries go to.
pub(super) struct Database {
    folder: Arc<Folder>,
    path: String,
    opened: Option<Opened>,
    /// What the last snapshot knew of the log.
    wal: Option<Wal>,
}

/// One snapshot, open in SQLite.
struct Opened {
    /// Goes before the file system that it uses.
    connection: Connection,
    vfs: Vfs,
    snapshot: Arc<Snapshot>,
    /// The batch in which it was looked at last.
    batch: u64,
}

/// A query.
pub(super) struct Query<'a> {
    pub(super) sql: &'a str,
    pub(super) parameters: &'a [Value],
    /// Bytes of all rows.
    pub(super) limit: usize,
    /// When it is stopped.
    pub(super) until: Instant,
    /// Queries of one batch see one state, if that lasts.
    pub(super) batch: u64,
}

/// Why a query has no rows.
#[derive(Debug)]
pub(super) enum QueryError {
    /// It was stopped.
    Late,
    /// A sentence that names the file.
    Failed(String),
}

impl Database {
    /// The database at a path below a base; it is opened when it is first asked.
    pub(super) fn new(folder: &Arc<Folder>, path: &str) -> Self {
        Self { folder: folder.clone(), path: path.to_owned(), opened: None, wal: None }
    }

    /// The rows of one statement, all of one state of the database.
    ///
    /// # Errors
    /// If it does not only read, is wrong, or goes over a limit; if the file is no database, cannot
    /// be read, or is being written all the time.
    pub(super) fn query(&mut self, query: &Query<'_>) -> Result<Vec<Vec<Value>>, QueryError> {
        let path = self.path.clone();
        let mut why = "was being written all the time; it is read at the next import";
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let left = query.until.saturating_duration_since(Instant::now());
                thread::sleep(left.min(PAUSE * (1 << (attempt / 2))));
            }
            if Instant::now() >= query.until {
                return Err(QueryError::Late);
            }
            // Every second attempt waits until the file's times can be trusted. One that did not
            // wait comes through sooner where all is written at once.
            let opened = match self.open(attempt % 2 == 1, query) {
                Ok(opened) => opened,
                Err(Refused::Busy) => {
                    why = "is in the middle of a transaction, or was left so; it is read once the \
                           tool has finished it";
                    continue;
                }
                Err(Refused::Unreadable(error)) => {
                    return Err(QueryError::Failed(error.to_string()));
                }
                Err(Refused::Statement(failure)) => return Err(failure.into_error(&path)),
            };
            let Query { sql, parameters, limit, until, batch } = *query;
            let rows = statement::rows(&mut opened.connection, sql, parameters, limit, until);
            opened.batch = batch;
            // A torn page may also look like damage, so this is asked before an error is believed.
            if opened.snapshot.since() != Since::Torn {
                return rows.map_err(|failure| failure.into_error(&path));
            }
            self.wal = self.opened.take().and_then(Opened::into_wal);
            why = "was being written all the time; it is read at the next import";
        }
        Err(QueryError::Failed(format!("`{path}` {why}")))
    }

    /// The open snapshot, or a new one.
    fn open(&mut self, settle: bool, query: &Query<'_>) -> Result<&mut Opened, Refused> {
        let is_kept =
            |opened: &Opened| opened.batch == query.batch || opened.snapshot.since() == Since::Same;
        let opened = match self.opened.take() {
            Some(opened) if is_kept(&opened) => opened,
            Some(old) => {
                self.wal = old.into_wal();
                self.open_anew(settle, query)?
            }
            None => self.open_anew(settle, query)?,
        };
        Ok(self.opened.insert(opened))
    }

    fn open_anew(&mut self, settle: bool, query: &Query<'_>) -> Result<Opened, Refused> {
        let path = Path::new(&self.path);
        let snapshot = Snapshot::take(&self.folder, path, settle, self.wal.take(), query.until)?;
        let snapshot = Arc::new(snapshot);
        let unable = || Failure::Refused("SQLite cannot be set up".to_owned());
        let vfs = Vfs::register(snapshot.clone()).ok_or_else(|| Refused::Statement(unable()))?;
        match statement::connect(vfs.name(), vfs::DATABASE, query.until) {
            Ok(connection) => Ok(Opened { connection, vfs, snapshot, batch: query.batch }),
            Err(_) if snapshot.since() == Since::Torn => Err(Refused::Busy),
            Err(failure) => Err(Refused::Statement(failure)),
        }
    }
}

impl Opened {
    fn into_wal(self) -> Option<Wal> {
        let Self { connection, vfs, snapshot, .. } = self;
        // In this order: the one uses the other, and both the snapshot.
        drop(connection);
        drop(vfs);
        Arc::into_inner(snapshot)?.into_wal()
    }
}

impl Failure {
    fn into_error(self, path: &str) -> QueryError {
        match self {
            Self::Late => QueryError::Late,
            Self::NotADatabase => QueryError::Failed(format!("`{path}` is not an SQLite database")),
            Self::Refused(reason) => QueryError::Failed(format!("`{path}`: {reason}")),
        }
    }
}
