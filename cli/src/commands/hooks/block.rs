//! A hook as a part of the person's file, as husky wants it.
//!
//! What stands around our part is not touched; without it, the file is again what it was, byte for
//! byte.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::file::{failed, read, write};
use super::{Change, Hook, State, script};
use crate::error::CliError;

/// Puts our part at the end of the file, or in the place of an older one.
pub(super) fn install(directory: &Path, hook: Hook, block: &str) -> Result<Change, CliError> {
    let path = real(directory, hook);
    let Some(mut text) = read(&path)? else {
        write(&path, block.as_bytes(), 0o644)?;
        return Ok(Change::Installed);
    };
    let change = match script::find_block(&text) {
        Some((range, _)) => {
            // The line feed before it stays.
            let start = range.start + usize::from(text.get(range.start) == Some(&b'\n'));
            if text.get(start..range.end) == Some(block.as_bytes()) {
                return Ok(Change::Nothing);
            }
            text.splice(start..range.end, block.bytes());
            Change::Updated
        }
        None => {
            text.push(b'\n');
            text.extend(block.bytes());
            Change::Chained
        }
    };
    write(&path, &text, mode(&path)?)?;
    Ok(change)
}

/// Takes our part out of the file; a file that has nothing else goes.
pub(super) fn uninstall(directory: &Path, hook: Hook) -> Result<Change, CliError> {
    let path = real(directory, hook);
    let Some(mut text) = read(&path)? else { return Ok(Change::Nothing) };
    let Some((range, _)) = script::find_block(&text) else { return Ok(Change::LeftAlone) };
    // A file that was empty before begins with the line feed.
    if range == (0..text.len()) && text.first() != Some(&b'\n') {
        fs::remove_file(&path).map_err(failed("cannot remove", &path))?;
        return Ok(Change::Removed);
    }
    text.drain(range);
    write(&path, &text, mode(&path)?)?;
    Ok(Change::Restored)
}

/// How it is with a hook.
pub(super) fn state(directory: &Path, hook: Hook) -> Result<State, CliError> {
    let Some(text) = read(&real(directory, hook))? else { return Ok(State::NotInstalled) };
    Ok(match script::find_block(&text) {
        None => State::Other,
        Some((_, version)) if !script::is_current(version) => State::Outdated,
        Some((range, _)) if range.len() < text.len() => State::Chained,
        Some(_) => State::Installed,
    })
}

/// The file; a link to one stays a link.
fn real(directory: &Path, hook: Hook) -> PathBuf {
    let path = directory.join(hook.name());
    path.canonicalize().unwrap_or(path)
}

fn mode(path: &Path) -> Result<u32, CliError> {
    let metadata = fs::metadata(path).map_err(failed("cannot read", path))?;
    Ok(metadata.permissions().mode() & 0o7777)
}
