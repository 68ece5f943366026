//! This program, as others can call it.

use std::env;
use std::path::PathBuf;

use crate::error::CliError;

/// This program's path, as it can be found again: the name on the PATH that leads here, since what it
/// leads to may change with the next release.
pub(crate) fn program() -> Result<PathBuf, CliError> {
    let here = env::current_exe()
        .map_err(|error| CliError::new(format!("cannot tell where this program lies: {error}")))?;
    Ok(on_path(&here).unwrap_or(here))
}

/// The word that calls this program: `lore` if the PATH leads here, else its path.
pub(crate) fn call() -> Result<PathBuf, CliError> {
    let program = program()?;
    let first = directories().map(|directory| directory.join("lore")).find(|named| named.is_file());
    Ok(if first.as_ref() == Some(&program) { PathBuf::from("lore") } else { program })
}

/// The name on the PATH that leads to the same file.
fn on_path(here: &std::path::Path) -> Option<PathBuf> {
    let real = here.canonicalize().unwrap_or_else(|_| here.to_owned());
    directories()
        .map(|directory| directory.join("lore"))
        .find(|named| named.canonicalize().is_ok_and(|named| named == real))
}

fn directories() -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let all: Vec<PathBuf> = env::split_paths(&path).collect();
    all.into_iter().filter(|directory| directory.is_absolute())
}
