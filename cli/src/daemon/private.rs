//! Checks that nobody but their user can read Lore's files.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::home::Home;

/// Directories whose files may tell what was said.
const DIRECTORIES: [&str; 4] = ["logs", "hooks", "plugins", "sync-keys"];

/// Files of Lore's directory that may be there already.
const FILES: [&str; 5] =
    ["lore.db", "config.yaml", "daemon.lock", "daemon_state.json", "config.lock"];

/// Takes the rights of others away where they have any; returns what was done, or cannot be.
pub(super) fn check(home: &Home) -> Vec<String> {
    let root = home.root();
    let mut said = Vec::new();
    // The directory may be a link to where it really is.
    let mut narrow = |path: &Path, mode: u32| match narrow(path, mode) {
        Ok(None) => {}
        Ok(Some(was)) => said.push(format!(
            "`{}` could be used by others (mode {was:03o}); now it cannot (mode {mode:03o})",
            path.display()
        )),
        Err(error) => {
            said.push(format!("`{}` cannot be made private: {error}", path.display()));
        }
    };
    narrow(&fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()), 0o700);
    for name in DIRECTORIES {
        narrow(&root.join(name), 0o700);
    }
    let others = ["logs", "sync-keys"].into_iter().flat_map(|name| files(&root.join(name)));
    for file in FILES.iter().map(|name| root.join(name)).chain(others) {
        narrow(&file, 0o600);
    }
    said
}

/// Leaves only those rights; returns what they were if that took any away.
fn narrow(path: &Path, mode: u32) -> io::Result<Option<u32>> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let was = metadata.mode() & 0o777;
    if metadata.is_symlink() || was & 0o077 == 0 {
        return Ok(None);
    }
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    Ok(Some(was))
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}
