//! Content of messages: parts become blocks.

use lore_plugin_sdk::{Block, json};
use serde_json::Value;

/// The blocks of a content: a text or a list of parts.
pub(crate) fn blocks(content: Value) -> Vec<Block> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) => said(text).into_iter().collect(),
        Value::Array(parts) => parts.into_iter().filter_map(part).collect(),
        other => vec![other_block(other)],
    }
}

/// Anything that is kept as JSON.
pub(crate) fn other_block(value: Value) -> Block {
    Block::Other(json::compact_elided(value))
}

/// A text, unless there is nothing in it.
pub(crate) fn said(text: String) -> Option<Block> {
    (!text.trim().is_empty()).then_some(Block::Text(text))
}

fn part(part: Value) -> Option<Block> {
    match (json::text(&part["type"]), &part["text"]) {
        ("text", Value::String(text)) => said(text.clone()),
        _ => Some(other_block(part)),
    }
}
