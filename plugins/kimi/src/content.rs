//! Content of messages: a text, or a list of parts.

use lore_plugin_sdk::{Block, Usage, json};
use serde_json::Value;

/// How texts begin that the tool puts in under the user's role.
const INJECTED: &[&str] = &["<system>", "<system-reminder>", "<notification"];

/// The blocks of a content.
pub(crate) fn blocks(content: &Value) -> Vec<Block> {
    match content {
        Value::Array(parts) => parts.iter().filter_map(block).collect(),
        Value::Null => Vec::new(),
        part => block(part).into_iter().collect(),
    }
}

/// The block of a part `{type: text | think | …}`. Often thoughts are only there encrypted.
pub(crate) fn block(part: &Value) -> Option<Block> {
    let kind = json::text(&part["type"]);
    let text = match kind {
        "think" => part["think"].as_str(),
        _ => part.as_str().or_else(|| part["text"].as_str()),
    };
    match text {
        Some("") => None,
        Some(text) if kind == "think" => Some(Block::Thinking(text.to_owned())),
        Some(text) => Some(Block::Text(text.to_owned())),
        None => Some(Block::Other(json::compact_elided(part.clone()))),
    }
}

/// Whether all that stands here under the user's role was put in by the tool.
pub(crate) fn is_injected(blocks: &[Block]) -> bool {
    !blocks.is_empty()
        && blocks.iter().all(|block| match block {
            Block::Text(text) => INJECTED.iter().any(|start| text.trim_start().starts_with(start)),
            _ => false,
        })
}

/// Tokens under the names of either program.
pub(crate) fn usage(tokens: &Value) -> Option<Usage> {
    let count = |name: &str, other: &str| tokens[name].as_u64().or(tokens[other].as_u64());
    let counts = [
        count("inputOther", "input_other"),
        count("output", "output"),
        count("inputCacheRead", "input_cache_read"),
        count("inputCacheCreation", "input_cache_creation"),
    ];
    let [input, output, cache_read, cache_write] = counts.map(Option::unwrap_or_default);
    counts.iter().any(|count| count.is_some_and(|tokens| tokens > 0)).then_some(Usage {
        input,
        output,
        cache_read,
        cache_write,
    })
}
