//! What hooks left to be done, for all repositories.
//!
//! ```text
//! hooks/queue       tasks for the store, a line each, as JSON; locked for the moment in which it is
//!                   read or changed
//! hooks/lock        locked by the process that works these off
//! hooks/syncs       the same for syncs, which may take long: nothing else is to wait for them
//! hooks/syncs.lock
//! ```
//!
//! A hook leaves its task here and works off what there is, unless a process is at that already. So at
//! most one waits for the store, and one for remotes, and what they cannot do stays for the next one.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use lore_engine::model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::home::Home;
use crate::output::time;

/// Size from which on the queue is begun anew, in bytes: nobody works it off.
const LARGE: u64 = 32 << 20;

/// Age from which on a task is not worth doing, in milliseconds: a week.
const OLD: i64 = 7 * 24 * 3600 * 1000;

/// Tasks of one kind.
pub(super) struct Queue {
    path: PathBuf,
    lock: PathBuf,
}

/// A task, and where it is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    at: Timestamp,
    /// The top of a working tree.
    pub(super) place: PathBuf,
    pub(super) task: Task,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Task {
    /// Link the sessions that made this commit.
    Commit(String),
    /// Move the links of the old commits to the new ones.
    Rewritten(Vec<(String, String)>),
    /// Sync the repository's sessions with a remote.
    Sync(RemoteSync),
}

/// A sync that is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RemoteSync {
    pub(super) remote: String,
    /// How often it has failed.
    pub(super) failures: u32,
    /// When it may be tried.
    pub(super) due: Timestamp,
    /// It is being done, or whoever did it was killed.
    pub(super) begun: bool,
}

/// The right to work the tasks off, for as long as it lives.
pub(super) struct Turn {
    _locked: File,
}

impl Queue {
    /// The tasks for the store of this archive.
    pub(super) fn of(home: &Home) -> Result<Self, CliError> {
        Self::named(home, "queue", "lock")
    }

    /// The syncs of this archive.
    pub(super) fn of_syncs(home: &Home) -> Result<Self, CliError> {
        Self::named(home, "syncs", "syncs.lock")
    }

    fn named(home: &Home, name: &str, lock: &str) -> Result<Self, CliError> {
        let directory = home.root().join("hooks");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| CliError::file("cannot make", &directory, &error))?;
        Ok(Self { path: directory.join(name), lock: directory.join(lock) })
    }

    /// Adds a task.
    pub(super) fn push(&self, place: &Path, task: Task) -> Result<(), CliError> {
        let line = line(&Entry::new(place, task))?;
        self.change(|file| {
            if file.metadata()?.len() > LARGE {
                file.set_len(0)?;
            }
            file.seek(SeekFrom::End(0))?;
            file.write_all(&line)
        })
    }

    /// The turn to work the tasks off, unless another process has it.
    pub(super) fn turn(&self) -> Result<Option<Turn>, CliError> {
        let failed = |error| CliError::file("cannot lock", &self.lock, &error);
        let file = open(&self.lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Turn { _locked: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The tasks, the oldest first, and the bytes that they take.
    pub(super) fn read(&self) -> Result<(Vec<Entry>, u64), CliError> {
        let mut bytes = Vec::new();
        self.change(|file| file.read_to_end(&mut bytes).map(drop))?;
        Ok((entries(&bytes), bytes.len() as u64))
    }

    /// Removes the oldest tasks, as many as take so many bytes.
    pub(super) fn remove(&self, _turn: &Turn, bytes: u64) -> Result<(), CliError> {
        self.change(|file| {
            let mut rest = Vec::new();
            file.seek(SeekFrom::Start(bytes))?;
            file.read_to_end(&mut rest)?;
            replace(file, &rest)
        })
    }

    /// Changes the list of tasks, which must be short, in one step.
    pub(super) fn edit<T>(&self, edit: impl FnOnce(&mut Vec<Entry>) -> T) -> Result<T, CliError> {
        let mut result = None;
        self.change(|file| {
            let mut bytes = Vec::new();
            file.take(LARGE).read_to_end(&mut bytes)?;
            let mut list = entries(&bytes);
            result = Some(edit(&mut list));
            let lines = list.iter().map(|entry| line(entry).unwrap_or_default());
            let lines: Vec<u8> = lines.flatten().collect();
            if lines == bytes { Ok(()) } else { replace(file, &lines) }
        })?;
        result.ok_or_else(CliError::internal)
    }

    /// Whether there are tasks, as far as can be told without making or locking anything.
    pub(super) fn is_empty(&self) -> bool {
        std::fs::metadata(&self.path).map_or(true, |metadata| metadata.len() == 0)
    }

    fn change(&self, change: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), CliError> {
        // Closing it, at the end of this function, unlocks it.
        let changed = open(&self.path).and_then(|mut file| {
            file.lock()?;
            change(&mut file)
        });
        changed.map_err(|error| CliError::file("cannot use", &self.path, &error))
    }
}

impl Entry {
    /// A task of now.
    pub(super) fn new(place: &Path, task: Task) -> Self {
        Self { at: time::now(), place: place.to_owned(), task }
    }
}

/// The tasks that are still worth doing. What is no task, a full disk may have cut off.
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let since = time::now().0.saturating_sub(OLD);
    let lines = bytes.split(|byte| *byte == b'\n');
    let entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
    entries.filter(|entry| entry.at.0 >= since).collect()
}

fn line(entry: &Entry) -> Result<Vec<u8>, CliError> {
    let mut line = serde_json::to_vec(entry)
        .map_err(|error| CliError::new(format!("cannot note what is to be done: {error}")))?;
    line.push(b'\n');
    Ok(line)
}

fn replace(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)
}
