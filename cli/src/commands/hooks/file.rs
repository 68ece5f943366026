//! A hook as a file of its own.
//!
//! ```text
//! post-commit                ours
//! post-commit.lore-chained   the hook that was there; ours runs it first
//! post-commit.backup         the hook that was there, out of use (`--force`)
//! ```
//!
//! At every moment, git finds either the old hook or the new one, which runs the old one.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Change, Hook, State, script};
use crate::error::CliError;

/// What a hook that is out of use has behind its name.
const BACKUP: &str = ".backup";

/// Stands in the scripts that lefthook writes.
const LEFTHOOK: &[u8] = b"LEFTHOOK";

/// Installs a hook. One of another's is chained, or put out of use if it is to be replaced.
pub(super) fn install(
    directory: &Path,
    hook: Hook,
    text: &str,
    replace: bool,
) -> Result<Change, CliError> {
    let path = directory.join(hook.name());
    let chained = beside(&path, script::CHAINED);
    let change = match read(&path)? {
        Some(now) if now == text.as_bytes() && is_executable(&path) => return Ok(Change::Nothing),
        Some(now) if script::version(&now).is_some() => Change::Updated,
        Some(_) if replace => {
            let backup = beside(&path, BACKUP);
            keep(&path, &backup)?;
            Change::Replaced(backup)
        }
        Some(_) => {
            keep(&path, &chained)?;
            Change::Chained
        }
        None if exists(&chained) => Change::Chained,
        None => Change::Installed,
    };
    write(&path, text.as_bytes(), 0o755)?;
    Ok(change)
}

/// Removes a hook of ours, and puts back what was there.
pub(super) fn uninstall(directory: &Path, hook: Hook) -> Result<Change, CliError> {
    let path = directory.join(hook.name());
    let chained = beside(&path, script::CHAINED);
    let backup = beside(&path, BACKUP);
    let Some(now) = read(&path)? else { return Ok(Change::Nothing) };
    if script::version(&now).is_none() {
        // An installation that was interrupted left a second name.
        if read(&chained)?.is_some_and(|kept| kept == now) {
            fs::remove_file(&chained).map_err(failed("cannot remove", &chained))?;
        }
        return Ok(Change::LeftAlone);
    }
    for kept in [&chained, &backup] {
        if exists(kept) {
            fs::rename(kept, &path).map_err(failed("cannot put back", kept))?;
            return Ok(Change::Restored);
        }
    }
    fs::remove_file(&path).map_err(failed("cannot remove", &path))?;
    Ok(Change::Removed)
}

/// How it is with a hook.
pub(super) fn state(directory: &Path, hook: Hook) -> Result<State, CliError> {
    let path = directory.join(hook.name());
    let Some(now) = read(&path)? else { return Ok(State::NotInstalled) };
    Ok(match script::version(&now) {
        None => State::Other,
        Some(version) if !script::is_current(version) => State::Outdated,
        Some(_) if exists(&beside(&path, script::CHAINED)) => State::Chained,
        Some(_) => State::Installed,
    })
}

/// Gives a hook a second name. Git goes on finding it under the first.
fn keep(path: &Path, to: &Path) -> Result<(), CliError> {
    if exists(to) {
        let (kept, now) = (read(to)?.unwrap_or_default(), read(path)?.unwrap_or_default());
        // Lefthook renews its own scripts.
        let renewed = contains(&kept, LEFTHOOK) && contains(&now, LEFTHOOK);
        if kept != now && !renewed {
            let error = CliError::new(format!(
                "there is a hook `{}`, and another one is kept as `{}`",
                path.display(),
                to.display()
            ));
            return Err(error.with_hint("remove the one that is not wanted any more"));
        }
        fs::remove_file(to).map_err(failed("cannot remove", to))?;
    }
    let metadata = fs::symlink_metadata(path).map_err(failed("cannot read", path))?;
    let kept = match metadata.is_symlink() {
        true => fs::read_link(path).and_then(|target| std::os::unix::fs::symlink(target, to)),
        // Some file systems have no second names.
        false => fs::hard_link(path, to).or_else(|_| fs::copy(path, to).map(drop)),
    };
    kept.map_err(failed("cannot keep the hook as", to))
}

/// Writes a file as a whole: it is the old one or the new one.
pub(super) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CliError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(directory)
        .and_then(|()| tempfile::Builder::new().prefix(".lore-hook").tempfile_in(directory))
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.as_file().set_permissions(Permissions::from_mode(mode))?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|error| error.error)
        });
    written.map(drop).map_err(failed("cannot write", path))
}

/// The content of a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        // A link that leads nowhere is something all the same.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(exists(path).then(Vec::new)),
        Err(error) => Err(CliError::file("cannot read", path, &error)),
    }
}

/// An error of the file system at that path.
pub(super) fn failed<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> CliError + 'a {
    move |error| CliError::file(what, path, &error)
}

/// Whether there is anything of that name, also a link that leads nowhere.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
