//! The system's keychain: the Secret Service on Linux and its like, the login keychain on macOS.
//!
//! It is another program, which may be locked, ask the person or never answer. So each call is made by
//! a thread of its own and given up after a while.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error};
use uuid::Uuid;
use zeroize::Zeroizing;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
#[cfg(not(target_os = "macos"))]
use zbus_secret_service_keyring_store::Store;

/// What all our keys are filed under.
const SERVICE: &str = "lore-sync";

/// The keychain of the person that this process runs as.
#[derive(Debug)]
pub(super) struct Keychain {
    patience: Duration,
    may_ask: bool,
}

impl Keychain {
    /// It may ask the person to unlock it.
    pub(super) fn interactive(patience: Duration) -> Self {
        Self { patience, may_ask: true }
    }

    /// It is not used if it is locked.
    pub(super) fn quiet(patience: Duration) -> Self {
        Self { patience, may_ask: false }
    }

    /// Keeps a key. The error says why not.
    pub(super) fn set(&self, store: Uuid, key: &Zeroizing<String>) -> Result<(), String> {
        let key = key.clone();
        self.within(store, move |entry| entry.set_password(&key))
    }

    /// The key of a store, if it has one.
    pub(super) fn get(&self, store: Uuid) -> Result<Option<Zeroizing<String>>, String> {
        self.within(store, |entry| match entry.get_password() {
            Ok(key) => Ok(Some(Zeroizing::new(key))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn within<T: Send + 'static>(
        &self,
        store: Uuid,
        ask: impl FnOnce(Entry) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, String> {
        let (answer, answered) = mpsc::sync_channel(1);
        let may_ask = self.may_ask;
        std::thread::spawn(move || {
            let account = store.to_string();
            let done = match may_ask || !is_locked(&account) {
                true => entry(&account).and_then(ask).map_err(words),
                false => Err("it is locked".to_owned()),
            };
            // Nobody waits any more if this fails.
            let _ = answer.send(done);
        });
        match answered.recv_timeout(self.patience) {
            Ok(done) => done,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(format!("it does not answer within {} seconds", self.patience.as_secs()))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err("it cannot be asked".to_owned()),
        }
    }
}

fn entry(account: &str) -> Result<Entry, Error> {
    let store: Arc<Store> = Store::new()?;
    store.build(SERVICE, account, None)
}

/// Why not, without what the error may hold of the key.
fn words(error: Error) -> String {
    match error {
        Error::PlatformFailure(reason) | Error::NoStorageAccess(reason) => reason.to_string(),
        Error::Ambiguous(_) => "it has several keys of this store".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "what it has is no key".to_owned(),
        error => error.to_string(),
    }
}

/// Whether using the key would ask the person to unlock it.
#[cfg(not(target_os = "macos"))]
fn is_locked(account: &str) -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};

    let Ok(service) = SecretService::connect(EncryptionType::Plain) else { return false };
    let attributes = [("service", SERVICE), ("username", account)].into_iter().collect();
    service.search_items(attributes).is_ok_and(|found| !found.locked.is_empty())
        || is_default_locked(&service)
}

/// A key that is new would be put there.
#[cfg(not(target_os = "macos"))]
fn is_default_locked(service: &secret_service::blocking::SecretService<'_>) -> bool {
    let default = service.get_default_collection();
    default.is_ok_and(|collection| collection.is_locked().unwrap_or(false))
}

/// A program may use what it put there itself as long as its person is logged in.
#[cfg(target_os = "macos")]
fn is_locked(_account: &str) -> bool {
    false
}

/// Locks it, as the person may.
#[cfg(all(test, not(target_os = "macos")))]
pub(super) fn lock() {
    use secret_service::{EncryptionType, blocking::SecretService};

    let service = SecretService::connect(EncryptionType::Plain).expect("there is a keychain");
    let collection = service.get_default_collection().expect("it has one");
    collection.lock().expect("it can be locked");
}
