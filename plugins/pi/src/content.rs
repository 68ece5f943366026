//! Content of messages: blocks of Pi become blocks of the contract.

use lore_plugin_sdk::{Block, json};
use serde_json::Value;

use crate::tools;

/// The blocks of a content: a text or a list of blocks.
pub(crate) fn blocks(content: Value) -> Vec<Block> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) => said(text).into_iter().collect(),
        Value::Array(blocks) => blocks.into_iter().filter_map(block).collect(),
        other => vec![Block::Other(json::compact_elided(other))],
    }
}

fn block(block: Value) -> Option<Block> {
    match json::text(&block["type"]) {
        "text" if block["text"].is_string() => said(json::text(&block["text"]).to_owned()),
        "thinking" if block["thinking"].is_string() => {
            some(&block["thinking"]).filter(|text| !text.trim().is_empty()).map(Block::Thinking)
        }
        "toolCall" if block["name"].is_string() => {
            let (id, name) = (json::text(&block["id"]), json::text(&block["name"]));
            Some(Block::ToolUse(tools::tool_use(id, name, &block["arguments"])))
        }
        _ => Some(Block::Other(json::compact_elided(block))),
    }
}

/// A text, unless it is empty.
fn said(text: String) -> Option<Block> {
    (!text.is_empty()).then_some(Block::Text(text))
}

/// A text that is not empty.
pub(crate) fn some(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}
