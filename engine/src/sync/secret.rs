//! Keys. They are cleared from memory when they are dropped, and print as `****`.
//!
//! ```text
//! passphrase ──Argon2id──► passphrase key ──unwraps──► data keys ──HMAC-SHA-256──► sub-keys
//! ```
//!
//! What is sealed is sealed with the newest data key; the older ones read what was sealed before them.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of every key.
pub(super) const KEY: usize = 32;

/// Most data keys of a store. Each removal of a member adds one.
pub(super) const MOST_KEYS: usize = 512;

/// What the text of keys that are kept begins with.
const TEXT: &str = "lore-sync-1:";

/// A secret key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Key([u8; KEY]);

impl Key {
    /// Draws one by lot.
    pub(super) fn random() -> Self {
        let mut key = Self([0; KEY]);
        fill_random(&mut key.0);
        key
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8; KEY] {
        &mut self.0
    }

    /// The key for one purpose.
    pub(super) fn derived(&self, purpose: &str) -> Self {
        Self(self.hash(&[purpose.as_bytes()]))
    }

    /// HMAC-SHA-256 of the parts, each after its length.
    pub(super) fn hash(&self, parts: &[&[u8]]) -> [u8; KEY] {
        let mut hmac = self.hmac();
        for part in parts {
            hmac.update(&(part.len() as u64).to_le_bytes());
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    }

    fn hmac(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("HMAC takes keys of any length")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

/// The data keys of a store, as whoever knows the passphrase has them.
///
/// ```
/// use lore_engine::sync::Keys;
///
/// let store = uuid::Uuid::from_u128(1);
/// let text = format!("lore-sync-1:{}", "ab".repeat(32));
/// let keys = Keys::from_text(store, &text).expect("one key");
/// assert_eq!(format!("{keys:?}"), "Keys { store: 00000000-0000-0000-0000-000000000001, .. }");
/// assert_eq!(*keys.to_text(), text);
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    store: Uuid,
    /// The oldest first; its number is its place, from 1 on. Never empty.
    data: Vec<Key>,
}

impl Keys {
    pub(super) fn new(store: Uuid, data: Vec<Key>) -> Option<Self> {
        let is_sane = !data.is_empty() && data.len() <= MOST_KEYS;
        is_sane.then_some(Self { store, data })
    }

    /// The store that they are of.
    pub fn store(&self) -> Uuid {
        self.store
    }

    /// The first `count` keys: one that was made and never came to the store is not used.
    pub(super) fn first(&self, count: u32) -> Self {
        let count = (count as usize).clamp(1, self.data.len());
        Self { store: self.store, data: self.data[..count].to_vec() }
    }

    /// The number of the newest key, from 1 on.
    pub(super) fn newest(&self) -> u32 {
        self.data.len() as u32
    }

    pub(super) fn get(&self, number: u32) -> Option<&Key> {
        self.data.get((number as usize).checked_sub(1)?)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (u32, &Key)> {
        (1..).zip(&self.data)
    }

    pub(super) fn add(&mut self) {
        self.data.push(Key::random());
    }

    /// The form in which they are kept, on one line of ASCII.
    pub fn to_text(&self) -> Zeroizing<String> {
        use std::fmt::Write as _;
        let mut text = Zeroizing::new(String::with_capacity(TEXT.len() + self.data.len() * 64));
        text.push_str(TEXT);
        for byte in self.data.iter().flat_map(Key::bytes) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// What [`Keys::to_text`] wrote.
    pub fn from_text(store: Uuid, text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(from_hex(text.trim().strip_prefix(TEXT)?)?);
        let (keys, []) = bytes.as_chunks::<KEY>() else { return None };
        Self::new(store, keys.iter().map(|key| Key(*key)).collect())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Fills bytes from the operating system's source of randomness.
pub(super) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |&[high, low]: &[u8; 2]| Some((digit(high)? << 4 | digit(low)?) as u8);
    pairs.iter().map(byte).collect()
}
