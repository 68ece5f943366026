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
}

/// One snapshot, open in SQLite.
struct Opened {
    /// Goes before the file system that it uses.
    connection: Connection,
    _vfs: Vfs,
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
        Self { folder: folder.clone(), path: path.to_owned(), opened: None }
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
            self.opened = None;
            why = "was being written all the time; it is read at the next import";
        }
        Err(QueryError::Failed(format!("`{path}` {why}")))
    }

    /// The open snapshot, or a new one.
    fn open(&mut self, settle: bool, query: &Query<'_>) -> Result<&mut Opened, Refused> {
        let kept = self
            .opened
            .take()
            .filter(|opened| opened.batch == query.batch || opened.snapshot.since() == Since::Same);
        let opened = match kept {
            Some(opened) => opened,
            None => Opened::new(&self.folder, &self.path, settle, query)?,
        };
        Ok(self.opened.insert(opened))
    }
}

impl Opened {
    fn new(
        folder: &Arc<Folder>,
        path: &str,
        settle: bool,
        query: &Query<'_>,
    ) -> Result<Self, Refused> {
        let snapshot = Arc::new(Snapshot::take(folder, Path::new(path), settle, query.until)?);
        let unable = || Failure::Refused("SQLite cannot be set up".to_owned());
        let vfs = Vfs::register(snapshot.clone()).ok_or_else(|| Refused::Statement(unable()))?;
        match statement::connect(vfs.name(), vfs::DATABASE, query.until) {
            Ok(connection) => Ok(Self { connection, _vfs: vfs, snapshot, batch: query.batch }),
            Err(_) if snapshot.since() == Since::Torn => Err(Refused::Busy),
            Err(failure) => Err(Refused::Statement(failure)),
        }
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
