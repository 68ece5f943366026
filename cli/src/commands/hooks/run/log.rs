//! `logs/hooks.log`: what went wrong in the background, a line each.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};

use lore_engine::model::Timestamp;

use super::Hook;
use crate::home::Home;
use crate::output::{plain::one_line, time};

/// Size from which on a new file is begun; the old one is kept as `hooks.log.1`.
const LARGE: u64 = 1 << 20;

/// Adds a line: time, hook, directory and what happened.
pub(super) fn write(home: &Home, hook: Hook, message: &str) {
    let directory = std::env::current_dir().unwrap_or_default();
    let now: Timestamp = time::now();
    let line =
        one_line(&format!("{now} {} `{}`: {message}", hook.name(), directory.display())) + "\n";
    // There is nobody to tell if this fails.
    let _ = append(home, &line);
}

fn append(home: &Home, line: &str) -> io::Result<()> {
    let directory = home.root().join("logs");
    DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let path = directory.join("hooks.log");
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() >= LARGE) {
        fs::rename(&path, directory.join("hooks.log.1"))?;
    }
    // In one piece: others may write at the same time.
    File::options().create(true).append(true).mode(0o600).open(path)?.write_all(line.as_bytes())
}
