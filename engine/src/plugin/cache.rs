//! Compiled code on disk, so that each plugin is compiled once.
//!
//! ```text
//! <digest of the component>-<hash of wasmtime's version, the CPU and our settings>.cwasm
//! <digest of the component>-<our version>.info       what the plugin says that it is
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

use super::record::PluginInfo;
use crate::model::Digest;

/// A directory of compiled code.
#[derive(Clone, Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    pub(super) fn new(directory: &Path) -> Self {
        Self(directory.to_owned())
    }

    /// The compiled component, if it is there and fits.
    pub(super) fn get(&self, engine: &Engine, digest: Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        if !self.is_ours(&path) {
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

    /// What the plugin said that it is, if that is known.
    pub(super) fn info(&self, digest: Digest) -> Option<PluginInfo> {
        let path = self.info_path(digest);
        let bytes = if self.is_ours(&path) { fs::read(path).ok()? } else { return None };
        postcard::from_bytes(&bytes).ok()
    }

    /// Stores what a plugin says that it is; that it may fail is no one's concern either.
    pub(super) fn put_info(&self, digest: Digest, info: &PluginInfo) {
        let _ = postcard::to_stdvec(info)
            .map_err(io::Error::other)
            .and_then(|bytes| self.write(digest, &self.info_path(digest), &bytes));
    }

    fn try_put(&self, engine: &Engine, digest: Digest, component: &Component) -> io::Result<()> {
        let code = component.serialize().map_err(|error| io::Error::other(error.to_string()))?;
        self.write(digest, &self.path(engine, digest), &code)
    }

    fn write(&self, digest: Digest, path: &Path, bytes: &[u8]) -> io::Result<()> {
        create_private(&self.0)?;
        if !is_private(&self.0.symlink_metadata()?) {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?; // readable by the user alone
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        self.remove_others(digest, path);
        file.persist(path)?;
        Ok(())
    }

    /// Removes the files of the same kind that another version made of the same component.
    fn remove_others(&self, digest: Digest, keep: &Path) {
        let prefix = format!("{digest}-");
        for entry in self.0.read_dir().into_iter().flatten().flatten() {
            let path = entry.path();
            let is_of_kind = path.extension() == keep.extension()
                && entry.file_name().to_string_lossy().starts_with(&prefix);
            if is_of_kind && path != keep {
                let _ = fs::remove_file(path);
            }
        }
    }

    /// Whether the file, and the directory, could only be written by the user.
    fn is_ours(&self, path: &Path) -> bool {
        let is_private =
            |path: &Path| path.symlink_metadata().is_ok_and(|found| is_private(&found));
        is_private(&self.0) && is_private(path)
    }

    fn info_path(&self, digest: Digest) -> PathBuf {
        self.0.join(format!("{digest}-{}.info", env!("CARGO_PKG_VERSION")))
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
