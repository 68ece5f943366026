//! What hooks left to be done, for all repositories.
//!
//! ```text
//! hooks/queue   a task a line, as JSON; locked for the moment in which it is read or changed
//! hooks/lock    locked by the process that works the tasks off
//! ```
//!
//! A hook leaves its task here and works off what there is, unless a process is at that already. So at
//! most one waits for the store, and what it cannot do stays for the next one.

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

/// The tasks.
pub(super) struct Queue {
    directory: PathBuf,
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
}

/// The right to work the tasks off, for as long as it lives.
pub(super) struct Turn {
    _locked: File,
}

impl Queue {
    /// The queue of this archive.
    pub(super) fn of(home: &Home) -> Result<Self, CliError> {
        let directory = home.root().join("hooks");
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|error| CliError::file("cannot make", &directory, &error))?;
        Ok(Self { directory })
    }

    /// Adds a task.
    pub(super) fn push(&self, place: &Path, task: Task) -> Result<(), CliError> {
        let entry = Entry { at: time::now(), place: place.to_owned(), task };
        let mut line = serde_json::to_vec(&entry)
            .map_err(|error| CliError::new(format!("cannot note what is to be done: {error}")))?;
        line.push(b'\n');
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
        let path = self.directory.join("lock");
        let failed = |error| CliError::file("cannot lock", &path, &error);
        let file = open(&path).map_err(failed)?;
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
        let since = time::now().0.saturating_sub(OLD);
        let lines = bytes.split(|byte| *byte == b'\n');
        // What is no task, a full disk may have cut off.
        let entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
        Ok((entries.filter(|entry| entry.at.0 >= since).collect(), bytes.len() as u64))
    }

    /// Removes the oldest tasks, as many as take so many bytes.
    pub(super) fn remove(&self, _turn: &Turn, bytes: u64) -> Result<(), CliError> {
        self.change(|file| {
            let mut rest = Vec::new();
            file.seek(SeekFrom::Start(bytes))?;
            file.read_to_end(&mut rest)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(&rest)?;
            file.set_len(rest.len() as u64)
        })
    }

    fn change(&self, change: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), CliError> {
        let path = self.directory.join("queue");
        // Closing it, at the end of this function, unlocks it.
        let changed = open(&path).and_then(|mut file| {
            file.lock()?;
            change(&mut file)
        });
        changed.map_err(|error| CliError::file("cannot use", &path, &error))
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)
}
