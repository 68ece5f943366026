//! Keys of messages.
//!
//! Rows get new numbers whenever Goose writes a conversation anew, so a number is no key. Newer
//! versions have ids, which the rows of one response share; older ones have none, and then it is a
//! hash of the message. Of several with the same key each but the first carries its place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The keys that a session has so far: how often each came, by hash.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Keys(BTreeMap<u64, u32>);

impl Keys {
    /// The key of the next message, which has this id, or else this role, time and content.
    pub(crate) fn next(
        &mut self,
        id: Option<&str>,
        role: &str,
        created: i64,
        content: &str,
    ) -> String {
        let key = match id {
            Some(id) => id.to_owned(),
            None => {
                let hash = xxh3_128(format!("{role}\n{created}\n{content}").as_bytes());
                format!("{hash:032x}")
            }
        };
        let count = self.0.entry(xxh3_64(key.as_bytes())).or_default();
        *count += 1;
        if *count == 1 { key } else { format!("{key}#{count}") }
    }
}
