//! What happens in the background: `logs/<name>`, a line each.
//!
//! ```text
//! ~/.lore/logs/           for its user alone
//!   daemon.log            time, level, text
//!   daemon.log.1 … .4     older ones
//! ```
//!
//! `LORE_LOG` says what is worth a line: `error`, `warn`, `info` (the default) or `debug`.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::home::Home;
use crate::output::{plain::one_line, time};

/// Size from which on a new file is begun, in bytes.
const LARGE: u64 = 1 << 20;

/// Older files that are kept.
const KEPT: u32 = 4;

/// The variable that names the level.
const VARIABLE: &str = "LORE_LOG";

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// A file of lines. Several processes may write to it.
pub(crate) struct Log {
    path: PathBuf,
    level: Level,
    mirrored: bool,
    /// One line at a time, and no line while the file is put aside.
    turn: Mutex<()>,
}

impl Log {
    /// The file of this name; made with the first line.
    pub(crate) fn new(home: &Home, name: &str) -> Self {
        let level = std::env::var(VARIABLE).ok().and_then(|text| Level::named(&text));
        Self {
            path: home.logs().join(name),
            level: level.unwrap_or(Level::Info),
            mirrored: false,
            turn: Mutex::new(()),
        }
    }

    /// Writes lines to standard error, too.
    pub(crate) fn mirrored(self, mirrored: bool) -> Self {
        Self { mirrored, ..self }
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Something failed, and is not done.
    pub(crate) fn error(&self, text: &str) {
        self.write(Level::Error, text);
    }

    /// Something is not as it should be.
    pub(crate) fn warn(&self, text: &str) {
        self.write(Level::Warn, text);
    }

    /// Something was done.
    pub(crate) fn info(&self, text: &str) {
        self.write(Level::Info, text);
    }

    /// What helps to find out why something is not done.
    pub(crate) fn debug(&self, text: &str) {
        self.write(Level::Debug, text);
    }

    fn write(&self, level: Level, text: &str) {
        if level > self.level {
            return;
        }
        let line = format!("{} {:<5} {}\n", time::now(), level.name(), one_line(text));
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nobody to tell if this fails.
        let _ = self.append(&line);
        if self.mirrored {
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    fn append(&self, line: &str) -> io::Result<()> {
        if let Some(directory) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        if fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() >= LARGE) {
            for number in (1..KEPT).rev() {
                // One that is not there yet is none to keep.
                let _ = fs::rename(older(&self.path, number), older(&self.path, number + 1));
            }
            fs::rename(&self.path, older(&self.path, 1))?;
        }
        let mut options = File::options();
        // In one piece: others may write at the same time.
        options.create(true).append(true).mode(0o600).open(&self.path)?.write_all(line.as_bytes())
    }
}

impl Level {
    fn named(text: &str) -> Option<Self> {
        let all = [Level::Error, Level::Warn, Level::Info, Level::Debug];
        all.into_iter().find(|level| level.name().eq_ignore_ascii_case(text.trim()))
    }

    fn name(self) -> &'static str {
        match self {
            Level::Error => "ERROR",
            Level::Warn => "WARN",
            Level::Info => "INFO",
            Level::Debug => "DEBUG",
        }
    }
}

/// The file that was put aside so many times ago.
fn older(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
