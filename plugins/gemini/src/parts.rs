//! Content: a text, a part, or a list of both.

use lore_plugin_sdk::{Block, json};
use serde_json::Value;

use crate::tools;

/// The blocks of a content. Calls without an id get one made of `key`.
pub(crate) fn blocks(content: &Value, key: &str) -> Vec<Block> {
    let parts = match content {
        Value::Array(parts) => parts.as_slice(),
        Value::Null => return Vec::new(),
        part => std::slice::from_ref(part),
    };
    let numbered = parts.iter().enumerate();
    numbered.filter_map(|(at, part)| block(part, &format!("{key}-part-{at}"))).collect()
}

fn block(part: &Value, otherwise: &str) -> Option<Block> {
    let text = part.as_str().or_else(|| part["text"].as_str());
    Some(if let Some(text) = text {
        if text.is_empty() {
            return None;
        }
        match part["thought"].as_bool() {
            Some(true) => Block::Thinking(text.to_owned()),
            _ => Block::Text(text.to_owned()),
        }
    } else if part["functionCall"].is_object() {
        Block::ToolUse(tools::call(&part["functionCall"], otherwise).0)
    } else if part["functionResponse"].is_object() {
        Block::ToolResult(tools::response(&part["functionResponse"], otherwise))
    } else {
        Block::Other(json::compact_elided(part.clone()))
    })
}
