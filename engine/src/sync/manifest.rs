//! `lore.json`: what a store is, and its keys, wrapped by the passphrase.
//!
//! It is plain JSON, so that whoever joins can read it. A code over all of it proves to those who
//! have the keys that nobody else changed it.

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error::SyncError;
use super::secret::{KEY, Key, Keys, MOST_KEYS, fill_random, from_hex, to_hex};

/// The format that this build writes. A newer minor one is only read, a newer major one refused.
const FORMAT: Format = Format { major: 1, minor: 0 };

/// Argon2id's costs: 64 MiB, 3 passes; RFC 9106, section 4, second recommendation but for the lanes,
/// of which there is one, so that it takes the same on every machine.
const MEMORY: u32 = 64 << 10; // KiB
const PASSES: u32 = 3;
const LANES: u32 = 1;

/// The highest costs that are paid for what others wrote.
const MOST_MEMORY: u32 = 512 << 10; // KiB
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;

const SALT: usize = 16;
const NONCE: usize = 12;

/// The longest manifest, in bytes.
pub(super) const LONGEST: u64 = 1 << 20;

/// What a store is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    format: Format,
    store: Uuid,
    /// Grows with each change of the manifest.
    revision: u64,
    /// What else would stand in the clear is sealed, too.
    hide_metadata: bool,
    passphrase: Derivation,
    /// The data keys, the oldest first: nonce, key and tag in hexadecimal digits.
    keys: Vec<String>,
    /// HMAC-SHA-256, by the newest data key, of the text in which this is empty.
    code: String,
    /// The text, with what a newer minor format has beyond this one.
    #[serde(skip)]
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Format {
    major: u16,
    minor: u16,
}

/// How the passphrase becomes a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Derivation {
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

impl Manifest {
    /// A new store with one data key.
    pub fn create(passphrase: &str, hide_metadata: bool) -> (Self, Keys) {
        let mut id = [0; 16];
        fill_random(&mut id);
        let store = uuid::Builder::from_random_bytes(id).into_uuid();
        let keys = Keys::new(store, vec![Key::random()]).expect("one key is enough");
        let manifest = Self {
            format: FORMAT,
            store,
            revision: 0,
            hide_metadata,
            passphrase: Derivation::new(),
            keys: Vec::new(),
            code: String::new(),
            text: String::new(),
        };
        (manifest.wrapped(&keys, passphrase), keys)
    }

    /// One whose bytes are always the same, and that no passphrase opens: see [`super::probe`].
    #[cfg(test)]
    pub(super) fn of_probe(keys: &Keys) -> Self {
        let salt = "00".repeat(SALT);
        let manifest = Self {
            format: FORMAT,
            store: keys.store(),
            revision: 1,
            hide_metadata: false,
            passphrase: Derivation { salt, ..Derivation::new() },
            keys: vec!["00".repeat(NONCE + KEY + 16); keys.newest() as usize],
            code: String::new(),
            text: String::new(),
        };
        manifest.coded(keys)
    }

    /// The same store under another passphrase; with `new_key`, what is sealed from now on needs a
    /// key that the old passphrase does not lead to.
    ///
    /// # Errors
    /// [`SyncError::TooNew`] and [`SyncError::Exhausted`].
    pub fn rekeyed(
        &self,
        keys: &Keys,
        passphrase: &str,
        new_key: bool,
    ) -> Result<(Self, Keys), SyncError> {
        self.check_writable()?;
        let mut keys = keys.clone();
        if new_key && keys.newest() as usize == MOST_KEYS {
            return Err(SyncError::Exhausted { keys: MOST_KEYS as u32 });
        }
        if new_key {
            keys.add();
        }
        let manifest = Self { passphrase: Derivation::new(), ..self.clone() };
        Ok((manifest.wrapped(&keys, passphrase), keys))
    }

    /// The same store, with nothing but sizes in the clear.
    pub(super) fn hiding(&self, keys: &Keys) -> Self {
        Self { hide_metadata: true, revision: self.revision + 1, ..self.clone() }.coded(keys)
    }

    /// Reads `lore.json`.
    ///
    /// # Errors
    /// [`SyncError::NotAStore`] and [`SyncError::TooNew`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SyncError> {
        /// As much as every format has.
        #[derive(Deserialize)]
        struct Any {
            format: Format,
        }
        let not_one = |what: String| SyncError::NotAStore { what: format!("a `lore.json` {what}") };
        let Any { format } = serde_json::from_slice(bytes)
            .map_err(|error| not_one(format!("that cannot be read ({error})")))?;
        if format.major > FORMAT.major {
            return Err(too_new(format, "read"));
        }
        let mut manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| not_one(format!("that cannot be read ({error})")))?;
        manifest.text = String::from_utf8_lossy(bytes).into_owned();
        match manifest.keys.len() {
            1..=MOST_KEYS => Ok(manifest),
            keys => Err(not_one(format!("of {keys} keys"))),
        }
    }

    /// The text of `lore.json`.
    pub fn to_json(&self) -> &str {
        &self.text
    }

    /// The store's id.
    pub fn store(&self) -> Uuid {
        self.store
    }

    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    pub(super) fn hides_metadata(&self) -> bool {
        self.hide_metadata
    }

    /// Whether this build may change the store.
    pub(super) fn check_writable(&self) -> Result<(), SyncError> {
        match self.format <= FORMAT {
            true => Ok(()),
            false => Err(too_new(self.format, "write")),
        }
    }

    /// The data keys, if the passphrase is that of the store.
    ///
    /// # Errors
    /// [`SyncError::WrongPassphrase`] and [`SyncError::Altered`].
    pub fn unlock(&self, passphrase: &str) -> Result<Keys, SyncError> {
        let altered = |why: &str| SyncError::Altered { why: why.to_owned() };
        let wrapping = self.passphrase.key(passphrase)?;
        let mut data = Vec::new();
        for (number, wrapped) in (1u32..).zip(&self.keys) {
            let bytes = from_hex(wrapped).ok_or_else(|| altered("a key has other digits"))?;
            let (nonce, sealed) =
                bytes.split_first_chunk::<NONCE>().ok_or_else(|| altered("a key is cut off"))?;
            let associated = self.associated(number);
            let payload = Payload { msg: sealed, aad: &associated };
            let cipher = Aes256GcmSiv::new(wrapping.bytes().into());
            let key = cipher
                .decrypt(&Nonce::from(*nonce), payload)
                .map_err(|_| SyncError::WrongPassphrase)?;
            let key = Key::from_bytes(&Zeroizing::new(key));
            data.push(key.ok_or_else(|| altered("a key has another length"))?);
        }
        let keys = Keys::new(self.store, data).ok_or_else(|| altered("it has no key"))?;
        self.check(&keys)?;
        Ok(keys)
    }

    /// Proves that whoever has the keys wrote the manifest.
    ///
    /// # Errors
    /// [`SyncError::OtherStore`], [`SyncError::Rekeyed`] and [`SyncError::Altered`].
    pub fn check(&self, keys: &Keys) -> Result<(), SyncError> {
        if keys.store() != self.store {
            return Err(SyncError::OtherStore { found: self.store, known: keys.store() });
        }
        // In an older state there are fewer of them than here.
        let key = keys.get(self.keys.len() as u32).ok_or(SyncError::Rekeyed)?;
        let without = self.text.replacen(&format!("\"{}\"", self.code), "\"\"", 1);
        match code_of(key, &without) == self.code {
            true => Ok(()),
            false => Err(SyncError::Altered { why: "its code does not fit".to_owned() }),
        }
    }

    /// How many data keys it wraps.
    pub(super) fn key_count(&self) -> u32 {
        self.keys.len() as u32
    }

    fn wrapped(mut self, keys: &Keys, passphrase: &str) -> Self {
        let wrapping = self.passphrase.key(passphrase).expect("our own costs can be paid");
        let cipher = Aes256GcmSiv::new(wrapping.bytes().into());
        self.revision += 1;
        self.keys.clear();
        for (number, key) in keys.all() {
            let mut nonce = [0; NONCE];
            fill_random(&mut nonce);
            let associated = self.associated(number);
            let payload = Payload { msg: key.bytes(), aad: &associated };
            let sealed =
                cipher.encrypt(&Nonce::from(nonce), payload).expect("a key is not too long");
            self.keys.push(to_hex(&[&nonce[..], &sealed].concat()));
        }
        self.coded(keys)
    }

    fn coded(mut self, keys: &Keys) -> Self {
        let key = keys.get(keys.newest()).expect("there is a newest key");
        self.code.clear();
        self.code = code_of(key, &self.written());
        self.text = self.written();
        self
    }

    fn written(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("plain data is always written");
        text + "\n"
    }

    fn associated(&self, number: u32) -> Vec<u8> {
        [b"lore sync key", &number.to_le_bytes()[..], self.store.as_bytes()].concat()
    }
}

impl Derivation {
    fn new() -> Self {
        let mut salt = [0; SALT];
        fill_random(&mut salt);
        Self {
            algorithm: "argon2id".to_owned(),
            memory_kib: MEMORY,
            passes: PASSES,
            lanes: LANES,
            salt: to_hex(&salt),
        }
    }

    fn key(&self, passphrase: &str) -> Result<Key, SyncError> {
        let altered = |why: &str| SyncError::Altered { why: why.to_owned() };
        let Self { algorithm, memory_kib, passes, lanes, salt } = self;
        if algorithm != "argon2id" {
            return Err(altered("it derives keys in a way that this lore does not know"));
        }
        if *memory_kib > MOST_MEMORY || *passes > MOST_PASSES || *lanes > MOST_LANES {
            return Err(altered("it asks for more memory or time than any lore does"));
        }
        let params = Params::new(*memory_kib, *passes, *lanes, Some(KEY));
        let params = params.map_err(|_| altered("its costs make no sense"))?;
        let salt = from_hex(salt).filter(|salt| salt.len() == SALT);
        let salt = salt.ok_or_else(|| altered("its salt makes no sense"))?;
        let mut key = Key::from_bytes(&[0; KEY]).expect("it is as long as a key");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &salt, key.bytes_mut())
            .map_err(|_| altered("its costs make no sense"))?;
        Ok(key)
    }
}

fn code_of(key: &Key, text: &str) -> String {
    to_hex(&key.derived("lore sync manifest").hash(&[text.as_bytes()]))
}

fn too_new(Format { major, minor }: Format, action: &str) -> SyncError {
    SyncError::TooNew { major, minor, action: action.to_owned() }
}
