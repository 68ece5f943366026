//! One state of a database that another process may be writing, read without its locks.
//!
//! Nobody knows that we read, so nobody waits for us: a snapshot only says afterwards whether what
//! was read from it can be trusted. It can, if nothing has been written into the database file since,
//! or if nothing has been committed since (a checkpoint then writes only what the log already had):
//!
//! - The log is the same one, and no frame has been added to it. This is seen in the log itself.
//! - Frames were added, or there is no log: then the file's time of change tells. Two writes within a
//!   tick of the clock have the same time, so it counts only if everything was read more than a tick
//!   after the time was taken.
//! - Without a log, a writer puts what it changes into a journal first. A journal that has a header
//!   means that the file is in the middle of a transaction, and it is not read at all.
//!
//! With committed pages of the log laid over the file, a snapshot looks like a database without a log,
//! so SQLite looks for neither log nor index.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::statement::Failure;
use super::wal::{self, Wal, fill};
use crate::plugin::SourceError;
use crate::plugin::confined::is_same;
use crate::plugin::source::Folder;

/// The first bytes of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes of a database's header.
const HEADER: usize = 100;
/// Where the header says that there is a log: 2 instead of 1.
const FORMATS: std::ops::Range<u64> = 18..20;
/// Longer than a file system's clock takes from one time to the next.
const TICK: Duration = Duration::from_millis(20);

/// The state.
pub(super) struct Snapshot {
    folder: Arc<Folder>,
    /// As it was asked for.
    path: PathBuf,
    file: File,
    metadata: Metadata,
    header: [u8; HEADER],
    page_size: u64,
    /// Bytes of the database, with what the log has.
    size: u64,
    wal: Option<Wal>,
    /// Whether everything is read more than a tick after `metadata` was taken.
    settled: bool,
    /// Whether the file was found cut short.
    cut: AtomicBool,
}

/// Why there is no snapshot.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is in the middle of a transaction.
    Busy,
    Unreadable(SourceError),
    /// As if a statement had failed.
    Statement(Failure),
}

/// What has become of the database since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Nothing: the snapshot is its present state.
    Same,
    /// There was a commit, and what was read holds.
    Newer,
    /// What was read may be neither the old state nor the new one.
    Torn,
}

impl Snapshot {
    /// Takes the state of the database at `path`. Waits for a tick if `settle` or if it must. What
    /// `wal` knows of the log from an earlier snapshot is not read again.
    pub(super) fn take(
        folder: &Arc<Folder>,
        path: &Path,
        settle: bool,
        wal: Option<Wal>,
        until: Instant,
    ) -> Result<Self, Refused> {
        let (file, metadata) = folder.base().open(path).map_err(Refused::Unreadable)?;
        let failed = |error| {
            Refused::Unreadable(SourceError::Io { path: path.display().to_string(), error })
        };
        let mut header = [0; HEADER];
        let filled = fill(&file, &mut header, 0).map_err(failed)?;
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65_536,
            size => u64::from(size),
        };
        let is_database = header.starts_with(MAGIC)
            && filled == HEADER
            && (512..=65_536).contains(&page_size)
            && page_size.is_power_of_two();
        // An empty file is an empty database.
        let page_size = if metadata.len() == 0 { 4096 } else { page_size };
        if metadata.len() > 0 && !is_database {
            return Err(Refused::Statement(Failure::NotADatabase));
        }
        let mut snapshot = Self {
            folder: folder.clone(),
            path: path.to_owned(),
            file,
            header,
            page_size,
            size: metadata.len(),
            metadata,
            wal,
            settled: settle,
            cut: AtomicBool::new(false),
        };
        if snapshot.is_in_transaction().map_err(Refused::Unreadable)? {
            return Err(Refused::Busy);
        }
        if settle {
            thread::sleep(TICK);
        }
        snapshot.read_wal(until)?;
        if !settle && snapshot.needs_times().map_err(failed)? {
            thread::sleep(TICK);
            snapshot.settled = true;
            snapshot.read_wal(until)?;
        }
        Ok(snapshot)
    }

    /// What it knows of the log, for the next snapshot.
    pub(super) fn into_wal(self) -> Option<Wal> {
        self.wal
    }

    /// Bytes of the database.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Reads from the database; fewer bytes than asked for only at its end.
    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..length).filter(|rest| !rest.is_empty()) {
            let at = offset + filled as u64;
            let (page, within) = (at / self.page_size + 1, at % self.page_size);
            let part = rest.len().min((self.page_size - within) as usize);
            let part = rest.get_mut(..part).unwrap_or_default();
            let expected = part.len();
            let in_wal = match (&self.wal, u32::try_from(page)) {
                (Some(wal), Ok(page)) => wal.read_page(page, within, part),
                _ => None,
            };
            let read = in_wal.unwrap_or_else(|| fill(&self.file, part, at))?;
            filled += read;
            if read < expected {
                self.cut.store(true, Ordering::Relaxed);
                break;
            }
        }
        for byte in FORMATS {
            let byte = byte.checked_sub(offset).and_then(|at| usize::try_from(at).ok());
            if let Some(format) = byte.and_then(|at| buffer.get_mut(at)).filter(|f| **f == 2) {
                *format = 1;
            }
        }
        Ok(filled)
    }

    /// What has become of the database since the snapshot was taken.
    pub(super) fn since(&self) -> Since {
        // Whatever cannot be looked at any more is not what it was.
        self.look().unwrap_or(Since::Torn)
    }

    fn look(&self) -> Result<Since, SourceError> {
        let failed = |error| SourceError::Io { path: self.path.display().to_string(), error };
        if self.cut.load(Ordering::Relaxed) || self.is_in_transaction()? {
            return Ok(Since::Torn);
        }
        // In this order: once the log has begun anew, its end no longer tells of what it was.
        let has_grown = self.wal.as_ref().map(Wal::has_grown).transpose().map_err(failed)?;
        let wal = self.wal_file()?;
        let header = wal.as_ref().map(wal::header).transpose().map_err(failed)?.flatten();
        if header.as_ref() != self.wal.as_ref().map(Wal::header) {
            return Ok(Since::Torn);
        }
        let (file, metadata) = self.folder.base().open(&self.path)?;
        if !is_same(&self.metadata, &metadata) {
            return Ok(Since::Torn);
        }
        let mut header = [0; HEADER];
        fill(&file, &mut header, 0).map_err(failed)?;
        let is_unwritten = header == self.header
            && metadata.len() == self.metadata.len()
            && modified(&metadata) == modified(&self.metadata);
        Ok(match has_grown {
            Some(false) => Since::Same,
            Some(true) if self.settled && is_unwritten && is_fine(&metadata) => Since::Newer,
            None if self.settled && is_unwritten => Since::Same,
            _ => Since::Torn,
        })
    }

    fn read_wal(&mut self, until: Instant) -> Result<(), Refused> {
        let path = self.path.display().to_string();
        self.wal = match self.wal_file().map_err(Refused::Unreadable)? {
            Some(file) => {
                Wal::read(file, self.wal.take(), until).map_err(|error| match error.kind() {
                    io::ErrorKind::TimedOut => Refused::Statement(Failure::Late),
                    _ => Refused::Unreadable(SourceError::Io { path, error }),
                })?
            }
            None => None,
        };
        let Some(wal) = &self.wal else { return Ok(()) };
        if u64::from(wal.page_size()) != self.page_size {
            // The database was just made anew with other pages.
            return Err(Refused::Busy);
        }
        if let Some(pages) = wal.page_count() {
            self.size = u64::from(pages) * self.page_size;
        }
        Ok(())
    }

    /// Whether the log alone cannot tell that nothing was committed.
    fn needs_times(&self) -> io::Result<bool> {
        self.wal.as_ref().map_or(Ok(true), Wal::has_grown)
    }

    fn wal_file(&self) -> Result<Option<File>, SourceError> {
        // What lies beside an empty database belongs to an older one.
        if self.metadata.len() == 0 { Ok(None) } else { self.beside("-wal") }
    }

    fn is_in_transaction(&self) -> Result<bool, SourceError> {
        let Some(journal) = self.beside("-journal")? else { return Ok(false) };
        let mut first = [0];
        fill(&journal, &mut first, 0)
            .map_err(|error| SourceError::Io { path: self.path.display().to_string(), error })?;
        // A transaction ends when its journal is removed, emptied or begins with zeros.
        Ok(first != [0])
    }

    /// The file with the database's name and more; SQLite puts it beside the true file, also if that
    /// goes by another name.
    fn beside(&self, suffix: &str) -> Result<Option<File>, SourceError> {
        let base = self.folder.base();
        let mut name: OsString = base.true_path(&self.path)?.into();
        name.push(suffix);
        let name = Path::new(&name);
        let is_missing = |error: &SourceError| matches!(error, SourceError::Io { error, .. } if error.kind() == io::ErrorKind::NotFound);
        match base.true_path(name) {
            Ok(path) if path == name => {}
            // A link: SQLite itself makes none.
            Ok(_) => return Err(SourceError::NotAFile { path: name.display().to_string() }),
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        match base.open(name) {
            Ok((file, _)) => Ok(Some(file)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn modified(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or(UNIX_EPOCH)
}

/// Whether the file system tells more than seconds.
fn is_fine(metadata: &Metadata) -> bool {
    modified(metadata).duration_since(UNIX_EPOCH).is_ok_and(|time| time.subsec_nanos() > 0)
}
