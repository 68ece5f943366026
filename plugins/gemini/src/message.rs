//! One record of the log as a message.

use lore_plugin_sdk::{Block, Message, Role, Usage, json, time};
use serde_json::Value;

use crate::{parts, tools};

/// How texts begin that the tool puts in under the user's role.
const INJECTED: &[&str] = &[
    "<hook_context>",
    "<session_context>",
    "<state_snapshot>",
    "Here is a summary of changes in the user's editor context",
    "Here is the user's editor context",
    "This is the Gemini CLI. We are setting up the context",
];

/// What the tool lets the model say to that.
const ACKNOWLEDGED: &str = "Got it. Thanks for the ";

/// The message that a record tells, without its session, and whether its kind is known.
pub(crate) fn read(record: Value, key: &str, kind: &str) -> (Message, bool) {
    let role = match kind {
        "user" => Role::User,
        "gemini" => Role::Assistant,
        _ => Role::System,
    };
    let mut message = Message::new(String::new(), key, role);
    message.at = time::parse(&record["timestamp"]);
    match kind {
        "user" => {
            message.content = said(&record);
            message.injected = is_injected(&message.content);
        }
        "gemini" => {
            message.model = record["model"].as_str().map(str::to_owned);
            message.usage = usage(&record["tokens"]);
            message.content = answer(&record, key);
            message.injected = message.model.is_none()
                && matches!(&message.content[..], [Block::Text(text)] if text.starts_with(ACKNOWLEDGED));
        }
        "info" | "error" | "warning" => {
            message.injected = true;
            message.content = parts::blocks(&record["content"], key);
        }
        _ => {
            message.injected = true;
            message.content.push(Block::Other(json::compact_elided(record)));
            return (message, false);
        }
    }
    (message, true)
}

/// What a person wrote, and beside it, as JSON, what the tool made of it for the model: the texts of
/// the files that it names, say.
fn said(record: &Value) -> Vec<Block> {
    let (display, content) = (&record["displayContent"], &record["content"]);
    let shown = parts::blocks(display, "");
    let sent = parts::blocks(content, "");
    if shown.is_empty() || shown == sent {
        return sent;
    }
    let sent = [Block::Other(json::compact_elided(content.clone()))];
    shown.into_iter().chain(sent).collect()
}

fn answer(record: &Value, key: &str) -> Vec<Block> {
    let items = |name: &str| record[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut blocks: Vec<Block> =
        items("thoughts").iter().filter_map(thought).map(Block::Thinking).collect();
    let calls: Vec<_> = (items("toolCalls").iter().enumerate())
        .map(|(ordinal, call)| tools::call(call, &format!("{key}-{ordinal}")))
        .collect();
    // A list that replaces another has the calls in the content, too.
    let is_told = |block: &Block| match block {
        Block::ToolUse(tool) => calls.iter().any(|(call, _)| call.id == tool.id),
        _ => false,
    };
    let content = parts::blocks(&record["content"], key);
    blocks.extend(content.into_iter().filter(|block| !is_told(block)));
    for (call, result) in calls {
        blocks.push(Block::ToolUse(call));
        blocks.extend(result.map(Block::ToolResult));
    }
    blocks
}

fn thought(thought: &Value) -> Option<String> {
    let texts = ["subject", "description"].map(|name| json::text(&thought[name]));
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The prompt's tokens include the cached ones; those of thoughts and of tool prompts stand apart.
fn usage(tokens: &Value) -> Option<Usage> {
    let count = |name: &str| tokens[name].as_u64().unwrap_or(0);
    let cached = count("cached");
    let usage = Usage {
        input: count("input").saturating_sub(cached).saturating_add(count("tool")),
        output: count("output").saturating_add(count("thoughts")),
        cache_read: cached,
        cache_write: 0,
    };
    let used = [usage.input, usage.output, usage.cache_read];
    used.iter().any(|tokens| *tokens > 0).then_some(usage)
}

fn is_injected(blocks: &[Block]) -> bool {
    !blocks.is_empty()
        && blocks.iter().all(|block| match block {
            Block::Text(text) => INJECTED.iter().any(|start| text.trim_start().starts_with(start)),
            _ => false,
        })
}
