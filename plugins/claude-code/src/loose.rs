//! Records that are kept as JSON: of kinds without a form of their own in the contract, of unknown
//! kinds, and of known kinds in an unexpected shape.

use lore_plugin_sdk::{Block, json, time};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::session::Envelope;

/// Fields that are in the message or its session already.
const TOLD: &[&str] = &[
    "cwd",
    "entrypoint",
    "gitBranch",
    "isMeta",
    "isSidechain",
    "logicalParentUuid",
    "parentUuid",
    "sessionId",
    "session_id",
    "slug",
    "timestamp",
    "userType",
    "uuid",
    "version",
];

/// The envelope of a record of any shape, as far as it fits.
pub(crate) fn envelope(record: &Value) -> Envelope<'_> {
    Envelope {
        uuid: record["uuid"].as_str(),
        session: record["sessionId"].as_str(),
        at: time::parse(&record["timestamp"]),
        directory: record["cwd"].as_str(),
        branch: record["gitBranch"].as_str(),
        version: record["version"].as_str(),
        model: None,
        is_conversation: false,
    }
}

/// A value without its payloads; as it stands if it is nested too deeply to be read.
pub(crate) fn json(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).map_or_else(|_| raw.get().to_owned(), json::compact_elided)
}

/// The whole record.
pub(crate) fn whole(record: Value) -> Block {
    Block::Other(json::compact_elided(record))
}

/// A notice of the tool: what it says as text, and the facts beside it, if there are any.
pub(crate) fn notice(mut record: Value) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Value::Object(fields) = &mut record {
        fields.retain(|name, value| !TOLD.contains(&name.as_str()) && !value.is_null());
        match fields.remove("content") {
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => blocks.push(Block::Text(text)),
            Some(other) => drop(fields.insert("content".to_owned(), other)),
            None => {}
        }
        if !fields.is_empty() {
            blocks.push(whole(record));
        }
    }
    blocks
}
