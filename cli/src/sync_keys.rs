//! Where the keys of synced stores are kept on this machine: the system's keychain, or a file.
//!
//! ```text
//! keychain            service `lore-sync`, account: the store's id; with the setting `use_keychain`
//! ~/.lore/sync-keys/  for its user alone (0700)
//!   <store id>.key    the key, for its user alone (0600)
//! ```
//!
//! A key is a text that the engine made; what it means is the engine's business. It is never shown,
//! and wiped from memory when it is dropped.

mod keychain;
#[cfg(all(test, not(target_os = "macos")))]
mod keychain_tests;
#[cfg(test)]
mod tests;

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::error::CliError;
use crate::home::Home;
use keychain::Keychain;

/// Time for the keychain to answer: the person may have to unlock it, a hook does not wait for that.
const PATIENCE: Duration = Duration::from_secs(5);
const PATIENCE_OF_HOOKS: Duration = Duration::from_secs(1);

/// Bytes that a key may have.
const LONGEST: u64 = 64 << 10;

/// Where a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Keychain,
    File,
}

impl Kept {
    /// For people: `stored (keychain)`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kept::Keychain => "keychain",
            Kept::File => "file",
        }
    }
}

/// The keys of this machine.
#[derive(Debug)]
pub(crate) struct SyncKeys {
    directory: PathBuf,
    keychain: Option<Keychain>,
    notes: Vec<String>,
}

impl SyncKeys {
    /// Those of this archive, as the settings want them kept. Nobody is asked for anything if `quiet`.
    pub(crate) fn new(home: &Home, config: &Config, quiet: bool) -> Self {
        let keychain = config.use_keychain().then(|| match quiet {
            true => Keychain::quiet(PATIENCE_OF_HOOKS),
            false => Keychain::interactive(PATIENCE),
        });
        Self { directory: home.root().join("sync-keys"), keychain, notes: Vec::new() }
    }

    /// What the person should know of what was done since this was asked last, a line each.
    pub(crate) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    /// Keeps the key of a store, in the place of an older one.
    ///
    /// # Errors
    /// If it can be kept nowhere.
    pub(crate) fn keep(&mut self, store: Uuid, key: &Zeroizing<String>) -> Result<Kept, CliError> {
        let in_keychain = self.keychain.as_ref().map(|keychain| keychain.set(store, key));
        match in_keychain {
            Some(Ok(())) => {
                // One that was kept there before.
                self.remove_file(store)?;
                return Ok(Kept::Keychain);
            }
            Some(Err(reason)) => {
                let path = self.path(store);
                self.note(format!(
                    "The keychain cannot be used ({reason}); the key is kept in `{}`.",
                    path.display()
                ));
            }
            None => {}
        }
        let path = self.path(store);
        self.write(&path, key).map_err(|error| CliError::file("cannot write", &path, &error))?;
        Ok(Kept::File)
    }

    /// The key of a store, and where it is kept; nothing if it is not on this machine.
    ///
    /// # Errors
    /// If there is one and it cannot be read.
    pub(crate) fn load(
        &mut self,
        store: Uuid,
    ) -> Result<Option<(Zeroizing<String>, Kept)>, CliError> {
        let in_keychain = self.keychain.as_ref().map(|keychain| keychain.get(store));
        let trouble = match in_keychain {
            Some(Ok(Some(key))) => return Ok(Some((key, Kept::Keychain))),
            Some(Err(reason)) => Some(reason),
            Some(Ok(None)) | None => None,
        };
        let path = self.path(store);
        let key = self.read(&path).map_err(|error| CliError::file("cannot read", &path, &error))?;
        if let Some(reason) = trouble {
            let instead = match &key {
                Some(_) => format!("; the key in `{}` is used", path.display()),
                None => String::new(),
            };
            self.note(format!("The keychain cannot be used ({reason}){instead}."));
        }
        Ok(key.map(|key| (key, Kept::File)))
    }

    fn path(&self, store: Uuid) -> PathBuf {
        self.directory.join(format!("{store}.key"))
    }

    fn note(&mut self, text: String) {
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }

    /// Writes the file as a whole.
    fn write(&mut self, path: &Path, key: &str) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let metadata = fs::metadata(&self.directory)?;
        if metadata.mode() & 0o077 != 0 {
            fs::set_permissions(&self.directory, Permissions::from_mode(0o700))?;
        }
        // Its user alone can use a temporary file.
        let mut file = tempfile::Builder::new().prefix(".key").tempfile_in(&self.directory)?;
        file.write_all(key.as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    }

    /// Reads the file, and takes the rights of others away if they have any.
    fn read(&mut self, path: &Path) -> io::Result<Option<Zeroizing<String>>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            file.set_permissions(Permissions::from_mode(0o600))?;
            self.note(format!(
                "`{}` could be used by others (mode {mode:03o}); now it cannot. If they may have read \
                 it, `lore sync rekey --new-data-key` makes it worthless for what comes after.",
                path.display()
            ));
        }
        if metadata.len() > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large to be a key"));
        }
        // Never grows: what grows leaves its old bytes behind.
        let room = usize::try_from(LONGEST).unwrap_or_default() + 1;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        file.take(LONGEST).read_to_end(&mut bytes)?;
        match std::str::from_utf8(&bytes).map(str::trim_end) {
            Ok("") => Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty")),
            Ok(key) => Ok(Some(Zeroizing::new(key.to_owned()))),
            Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no key")),
        }
    }

    fn remove_file(&self, store: Uuid) -> Result<(), CliError> {
        let path = self.path(store);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(CliError::file("cannot remove", &path, &error))
            }
            _ => Ok(()),
        }
    }
}
