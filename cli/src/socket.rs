//! Where the sockets of an archive are.
//!
//! ```text
//! ~/.lore/store.sock      while a process holds the store to write: [`crate::client`]
//! ~/.lore/daemon.sock     while the daemon runs: [`crate::daemon`]
//! ```

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

/// The longest path that a socket can have, in bytes, on every system (macOS has the shortest).
const MAX_PATH: usize = 100;

/// The socket of whoever holds the store.
pub(crate) const STORE: &str = "store.sock";

/// The socket of the daemon.
pub(crate) const DAEMON: &str = "daemon.sock";

/// Where the socket of this name is: in the archive's directory, or, since the path of a socket
/// cannot be long, in one of the system's directory for temporary files that belongs to the user
/// alone.
pub(crate) fn path(root: &Path, name: &str) -> io::Result<PathBuf> {
    let socket = root.join(name);
    if socket.as_os_str().len() <= MAX_PATH {
        return Ok(socket);
    }
    let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_URL, root.as_os_str().as_encoded_bytes());
    let owner = std::fs::metadata(root)?.uid();
    let directory = std::env::temp_dir().join(format!("lore-{owner}-{}", id.simple()));
    match DirBuilder::new().mode(0o700).create(&directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = std::fs::symlink_metadata(&directory)?;
    if !found.is_dir() || found.uid() != owner || found.mode() & 0o077 != 0 {
        let message = format!("the directory `{}` is not this user's alone", directory.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    Ok(directory.join(name))
}

/// Listens at a socket that only its user can connect to, in the place of one that a process left
/// that was killed. The caller has the lock that says that nobody else listens there.
pub(crate) fn listen(socket: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(socket)?;
    std::fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    Ok(listener)
}
