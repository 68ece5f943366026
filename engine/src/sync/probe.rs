//! Gives arbitrary bytes to every decoder of what a store holds: for fuzzing, and for property tests.
//!
//! What comes from a remote must never make Lore panic, hang or allocate without bounds, and what is
//! read must be written the same way again. Passphrases are not tried: that costs by design.

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::content::{Head, Meta, PageContent, decode, encode, page_name};
use super::manifest::Manifest;
use super::seal::{Place, key_of, open, seal};
use super::secret::Keys;
use super::tree::History;
use crate::model::{Machine, SessionId};

/// Two keys that everybody knows.
const KEYS: &str = "lore-sync-1:\
    00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\
    ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

/// The store and the place of what is probed.
const STORE: Uuid = Uuid::from_u128(0x1020_3040_5060_4080_90a0_b0c0_d0e0_f001);
const PLACE: &str = "probe";

pub(super) fn keys() -> Keys {
    Keys::from_text(STORE, KEYS).expect("they are two keys")
}

pub(super) fn place() -> Place {
    Place::of(PLACE)
}

/// Gives `bytes` to every decoder: as a sealed object, as what a sealed object holds, as `lore.json`,
/// as the text of keys and as the message of a commit. Nobody needs it but tests and fuzzers.
///
/// # Panics
/// If something is read that is not written the same way again: a defect of a decoder.
///
/// ```
/// lore_engine::sync::probe(b"whatever");
/// ```
pub fn probe(bytes: &[u8]) {
    let keys = keys();
    let place = place();
    if let Ok(content) = open(&keys, &place, bytes) {
        let number = key_of(bytes).expect("it was opened");
        assert!((1..=keys.newest()).contains(&number), "it was opened with key {number}");
        contents(&keys, &content);
    }
    let sealed = seal(&keys, &place, bytes);
    let opened = open(&keys, &place, &sealed).expect("what was just sealed opens");
    assert!(*opened == bytes, "it opens as something else");
    contents(&keys, bytes);
    manifest(&keys, bytes);
    let text = String::from_utf8_lossy(bytes);
    if let Some(read) = Keys::from_text(STORE, &text) {
        assert!(Keys::from_text(STORE, &read.to_text()).as_ref() == Some(&read), "other keys");
    }
    let history = History::parse(&text);
    assert!(History::parse(&history.message()) == history, "another history");
}

/// What is sealed.
fn contents(keys: &Keys, content: &[u8]) {
    if let Some(head) = again::<Head>(content) {
        let id = head.facts.id;
        if head.check(id).is_ok() {
            let messages = head.pages.iter().map(|page| u64::from(page.messages));
            assert_eq!(messages.sum::<u64>(), u64::from(head.facts.message_count));
        }
        assert!(head.version() == head.version());
        let meta: serde_json::Result<serde_json::Value> =
            serde_json::from_slice(&Meta::of(&head).to_json());
        assert!(meta.is_ok(), "the plain facts are no JSON");
    }
    again::<Vec<(SessionId, i64)>>(content);
    again::<Vec<Machine>>(content);
    if let Ok(messages) = PageContent::decode(content) {
        let written = page(&messages);
        let read = PageContent::decode(&written).expect("what was just written is read");
        assert!(page(&read) == written, "another page");
        let name = page_name(keys, 1, SessionId(STORE), &written);
        assert!(name.is_some() && name != page_name(keys, 2, SessionId(STORE), &written));
    }
}

fn page(messages: &[crate::model::Message]) -> Vec<u8> {
    let mut content = PageContent::default();
    messages.iter().for_each(|message| content.push(message));
    content.encode()
}

/// What is read is written, read and written the same way again.
fn again<T: Serialize + DeserializeOwned>(content: &[u8]) -> Option<T> {
    let value: T = decode(content).ok()?;
    let written = encode(&value);
    let read: T = decode(&written).expect("what was just written is read");
    assert!(encode(&read) == written, "another content");
    Some(value)
}

fn manifest(keys: &Keys, bytes: &[u8]) {
    let Ok(manifest) = Manifest::parse(bytes) else { return };
    let again = Manifest::parse(manifest.to_json().as_bytes());
    assert!(again.as_ref() == Ok(&manifest), "another manifest");
    if manifest.check(keys).is_ok() {
        assert_eq!(manifest.store(), STORE);
    }
}
