//! Compiled code on disk, so that each plugin is compiled once.
//!
//! ```text
//! <digest of the component>-<hash of wasmtime's version, the CPU and our settings>.cwasm
//! ```
//!
//! Compiled code is run as it is: whoever can write here can run code as the user. So the directory
//! is the user's alone, and one that is not is left alone and plugins are compiled each time. A file
//! of another version or torn by a crash does not load and is replaced.

use std::fs::{self, DirBuilder, Metadata};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use wasmtime::Engine;
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3;

use crate::model::Digest;

/// A directory of compiled code.
#[derive(Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The compiled component, if it is there and fits.
    pub(super) fn get(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        let is_ours = |path: &Path| path.symlink_metadata().is_ok_and(|found| is_private(&found));
        if !is_ours(&self.0) || !is_ours(&path) {
            return None;
        }
        #[expect(unsafe_code, reason = "only the user could have written the file, see above")]
        // SAFETY: the file was written by `put`, since nobody else can write it.
        let component = unsafe { Component::deserialize_file(engine, &path) };
        component.ok()
    }

    /// Stores compiled code. That this may fail is no one's concern: it is compiled again then.
    pub(super) fn put(&self, engine: &Engine, digest: Digest, component: &Component) {
        // An error leaves nothing behind: the temporary file goes with its handle.
        let _ = self.try_put(engine, digest, component);
    }

    fn try_put(&self, engine: &Engine, digest: Digest, component: &Component) -> io::Result<()> {
        create_private(&self.0)?;
        if !is_private(&self.0.symlink_metadata()?) {
            return Ok(());
        }
        let path = self.path(engine, digest);
        let code = component.serialize().map_err(|error| io::Error::other(error.to_string()))?;
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?; // readable by the user alone
        file.write_all(&code)?;
        file.as_file().sync_all()?;
        self.remove_others(digest, &path);
        file.persist(&path)?;
        Ok(())
    }

    /// Removes what another version compiled from the same component.
    fn remove_others(&self, digest: Digest, keep: &Path) {
        let prefix = format!("{digest}-");
        for entry in self.0.read_dir().into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) && entry.path() != keep {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, engine: &Engine, digest: Digest) -> PathBuf {
        let mut hasher = Xxh3::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.0.join(format!("{digest}-{:016x}.cwasm", hasher.finish()))
    }
}

#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(directory)
}

/// Whether only this user can write to it. A link is nobody's.
#[cfg(unix)]
fn is_private(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    !found.is_symlink()
        && found.uid() == rustix::process::geteuid().as_raw()
        && found.mode() & 0o022 == 0
}

/// Elsewhere a user's own directories are private by default.
#[cfg(not(unix))]
fn is_private(found: &Metadata) -> bool {
    !found.is_symlink()
}
