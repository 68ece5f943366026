//! `daemon.lock`: held by the daemon for as long as it lives.
//!
//! What stands in it, process and version, is for people. The lock itself is the operating system's:
//! it goes with the process, however that ends, and no process is ever signalled because of a number
//! in a file.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::home::Home;

/// How long to try: whoever only looks whether it is locked holds it for a moment.
const PATIENCE: Duration = Duration::from_millis(500);

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// The right to be the daemon.
pub(super) struct Lock {
    _file: File,
}

/// Who wrote the lock's file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    pub(crate) version: String,
}

impl Lock {
    /// Takes it; nothing if another process has it.
    pub(super) fn take(home: &Home) -> Result<Option<Self>, CliError> {
        let path = path(home);
        let failed = |error: io::Error| CliError::file("cannot lock", &path, &error);
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return Ok(None),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        let owner = Owner { pid: std::process::id(), version: env!("CARGO_PKG_VERSION").into() };
        let text = serde_json::to_vec(&owner).unwrap_or_default();
        // It is locked, whether or not there is room to say by whom.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(&text));
        Ok(Some(Self { _file: file }))
    }
}

/// Who has the lock, if anybody has.
pub(crate) fn owner(home: &Home) -> Result<Option<Owner>, CliError> {
    let path = path(home);
    let failed = |error: io::Error| CliError::file("cannot use", &path, &error);
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
        Err(TryLockError::WouldBlock) => {
            let mut text = Vec::new();
            (&mut file).take(4096).read_to_end(&mut text).map_err(failed)?;
            Ok(Some(serde_json::from_slice(&text).unwrap_or_default()))
        }
    }
}

fn path(home: &Home) -> PathBuf {
    home.root().join("daemon.lock")
}
