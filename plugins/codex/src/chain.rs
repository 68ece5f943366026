//! Hashes: of texts, and the chain that keys are made from.

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

/// What a chain begins with.
pub(crate) const START: u128 = 0;

/// The link after `before` for a record of which these parts count. Where one part ends and the
/// next begins is hashed, too.
pub(crate) fn link(before: u128, parts: &[&str]) -> u128 {
    let mut hasher = Xxh3Default::new();
    hasher.update(&before.to_le_bytes());
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.digest128()
}

/// A message's key.
pub(crate) fn key(link: u128) -> String {
    format!("{link:032x}")
}

/// A text without the white space around it.
pub(crate) fn text(text: &str) -> u64 {
    xxh3_64(text.trim().as_bytes())
}
