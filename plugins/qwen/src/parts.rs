//! Parts of a message, and the tokens of a response.

use lore_plugin_sdk::{Block, Usage, json};
use serde_json::Value;

use crate::tools;

/// The blocks of a content: a text, a part, or a list of both. Calls without an id get one made of
/// `key`.
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
        Block::ToolUse(tools::call(&part["functionCall"], otherwise))
    } else if part["functionResponse"].is_object() {
        Block::ToolResult(tools::response(&part["functionResponse"], &Value::Null, otherwise))
    } else {
        Block::Other(json::compact_elided(part.clone()))
    })
}

/// The prompt's tokens include the cached ones. Those of thoughts are among the candidates' with some
/// providers and beside them with others: the total tells.
pub(crate) fn usage(tokens: &Value) -> Option<Usage> {
    let count = |name: &str| tokens[name].as_u64().unwrap_or(0);
    let (prompt, cached) = (count("promptTokenCount"), count("cachedContentTokenCount"));
    let (answer, thoughts) = (count("candidatesTokenCount"), count("thoughtsTokenCount"));
    let with_thoughts = answer.saturating_add(thoughts);
    let total = tokens["totalTokenCount"].as_u64();
    let is_within = total.is_some_and(|total| prompt.saturating_add(with_thoughts) > total);
    let output = if is_within { answer } else { with_thoughts };
    let is_used = prompt > 0 || cached > 0 || output > 0;
    let input = prompt.saturating_sub(cached);
    is_used.then_some(Usage { input, output, cache_read: cached, cache_write: 0 })
}
