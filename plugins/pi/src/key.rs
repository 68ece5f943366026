//! Keys of messages: hashes of what was said and when.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::Value;
use xxhash_rust::xxh3::Xxh3Default;

/// What the tree adds to an entry.
const OF_THE_TREE: [&str; 4] = ["id", "parentId", "firstKeptEntryId", "firstKeptEntryIndex"];

/// The key's hash for an entry that holds a message. The time in the message counts, not that of
/// the entry: early versions gave copied entries new ones.
pub(crate) fn of_message(message: &Value, written: &Value) -> u64 {
    let written = if message["timestamp"].is_number() { &Value::Null } else { written };
    hash(&("message", written, message))
}

/// The key's hash for any other record.
pub(crate) fn of_entry(record: &Value) -> u64 {
    match record.as_object() {
        Some(fields) => {
            let said = fields.iter().filter(|(name, _)| !OF_THE_TREE.contains(&name.as_str()));
            hash(&said.collect::<BTreeMap<_, _>>())
        }
        None => hash(record),
    }
}

/// The key itself.
pub(crate) fn text(hash: u64) -> String {
    format!("{hash:016x}")
}

/// The hash of a value's JSON, which is not held as a whole: images make it long.
fn hash(value: &impl Serialize) -> u64 {
    struct Hashing(Xxh3Default);
    impl io::Write for Hashing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hashing = Hashing(Xxh3Default::new());
    // JSON values are always serialised, and the hasher takes everything.
    serde_json::to_writer(&mut hashing, value).ok();
    hashing.0.digest()
}
