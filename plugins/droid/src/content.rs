//! Content of messages: blocks of the API become blocks of the contract, and what the tool put in
//! under the user's role is told apart from what a person wrote.

use lore_plugin_sdk::{Block, Message, Output, Role, ToolResult, json};
use serde_json::Value;

use crate::tools;

const REMINDER: (&str, &str) = ("<system-reminder>", "</system-reminder>");

/// The blocks of a content: a text or a list of blocks.
pub(crate) fn blocks(content: Value) -> Vec<Block> {
    match content {
        Value::Null => Vec::new(),
        Value::String(text) => vec![Block::Text(text)],
        Value::Array(blocks) => blocks.into_iter().filter_map(block).collect(),
        other => vec![Block::Other(json::compact_elided(other))],
    }
}

fn block(block: Value) -> Option<Block> {
    let text = |name: &str| block[name].as_str().map(str::to_owned);
    match json::text(&block["type"]) {
        "text" if block["text"].is_string() => text("text").map(Block::Text),
        "thinking" | "reasoning" if !(block["thinking"].is_null() && block["text"].is_null()) => {
            let thought = text("thinking").or_else(|| text("text"))?;
            (!thought.trim().is_empty()).then_some(Block::Thinking(thought))
        }
        // What was thought stayed with the provider.
        "redacted_thinking" => None,
        "tool_use" if block["name"].is_string() => {
            let (id, name) = (json::text(&block["id"]), json::text(&block["name"]));
            Some(Block::ToolUse(tools::tool_use(id, name, &block["input"])))
        }
        "tool_result" => {
            let content = json::content(&block["content"]);
            let exit_status = tools::exit_status(&content);
            Some(Block::ToolResult(ToolResult {
                id: json::text(&block["tool_use_id"]).to_owned(),
                is_error: block["is_error"].as_bool().unwrap_or(false)
                    || exit_status.is_some_and(|status| status != 0),
                content,
                exit_status,
            }))
        }
        _ => Some(Block::Other(json::compact_elided(block))),
    }
}

/// Tells a message. What the tool put into a person's message is a message of its own, after it;
/// if there is nothing else in it, it is the message.
pub(crate) fn tell(mut message: Message, out: &mut Output) {
    if message.role != Role::User {
        return out.message(message);
    }
    let mut context = Vec::new();
    let mut said = Vec::new();
    for block in std::mem::take(&mut message.content) {
        match block {
            Block::Text(text) if is_file(&text) => context.push(Block::Text(text)),
            Block::Text(text) if text.contains(REMINDER.0) => {
                let (rest, reminders) = without_reminders(&text);
                context.extend(reminders.into_iter().map(Block::Text));
                said.extend((!rest.is_empty()).then_some(Block::Text(rest)));
            }
            other => said.push(other),
        }
    }
    if context.is_empty() || said.is_empty() {
        message.injected = said.is_empty() && !context.is_empty();
        message.content = if said.is_empty() { context } else { said };
        return out.message(message);
    }
    let mut injected = message.clone();
    injected.key.push_str("/context");
    injected.injected = true;
    injected.content = context;
    message.content = said;
    out.message(message);
    out.message(injected);
}

/// Whether a text is a file that was mentioned: `Contents of /a/b.rs (lines 1-25 of 25):`.
fn is_file(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("Contents of ") && first.contains(" (lines ") && first.ends_with("):")
}

/// A text without its reminders, and those.
fn without_reminders(text: &str) -> (String, Vec<String>) {
    let (mut rest, mut reminders) = (String::new(), Vec::new());
    let mut left = text;
    while let Some((before, after)) = left.split_once(REMINDER.0) {
        let (reminder, next) = after.split_once(REMINDER.1).unwrap_or((after, ""));
        rest.push_str(before);
        reminders.push(reminder.trim().to_owned());
        left = next;
    }
    rest.push_str(left);
    (rest.trim().to_owned(), reminders)
}
