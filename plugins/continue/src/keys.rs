//! Keys of messages.
//!
//! Many entries have an id. Those that have none get their place in the list and a hash of the
//! latest prompt: when a person edits a prompt, the entries from there on are cut off and others
//! take their places, but not their keys.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

/// The keys given so far.
#[derive(Default)]
pub(crate) struct Keys {
    given: HashSet<String>,
    prompt: u64,
}

impl Keys {
    /// What follows answers this prompt.
    pub(crate) fn prompted(&mut self, prompt: &str) {
        self.prompt = xxh3_64(prompt.as_bytes());
    }

    /// The key of the entry at a place.
    pub(crate) fn of(&mut self, id: Option<&str>, place: usize) -> String {
        let key = match id.filter(|id| !id.is_empty()) {
            Some(id) if !self.given.contains(id) => id.to_owned(),
            Some(id) => format!("{id}#{place}"),
            None => format!("{place}@{:016x}", self.prompt),
        };
        self.given.insert(key.clone());
        key
    }
}
