//! Messages in words: what is said in full, what is done in a line; or all of it.

use std::fmt::Write as _;

use lore_engine::model::{Block, Message, ToolUse};

use super::budget::shortened;

/// Bytes that are told of a tool's arguments, and of its answer.
const CALL: usize = 200;
const RESULT: usize = 300;

/// What a message says and does, where it stands among others.
pub(super) fn brief(message: &Message) -> String {
    let mut words = String::new();
    let says = |block: &Block| matches!(block, Block::Text(text) if !text.trim().is_empty());
    let is_only_thought =
        message.content.iter().all(|block| matches!(block, Block::Thinking(_)) || !shows(block));
    for block in &message.content {
        let part = match block {
            Block::Text(text) if says(block) => text.trim().to_owned(),
            Block::Thinking(text) if is_only_thought => {
                format!("[thinking] {}", shortened(text.trim(), RESULT))
            }
            Block::ToolUse(call) => format!("[{}] {}", call.name, shortened(&what(call), CALL)),
            Block::ToolResult(result) => {
                let kind = if result.is_error { "error" } else { "result" };
                format!("[{kind}] {}", shortened(result.content.trim(), RESULT))
            }
            Block::Other(_) => "[other]".to_owned(),
            Block::Text(_) | Block::Thinking(_) => continue,
        };
        separate(&mut words);
        words.push_str(part.trim_end());
    }
    words
}

/// All that a message holds.
pub(super) fn full(message: &Message) -> String {
    let mut words = String::new();
    for block in &message.content {
        separate(&mut words);
        // Writing to a text does not fail.
        let _ = match block {
            Block::Text(text) => write!(words, "{text}"),
            Block::Thinking(text) => write!(words, "[thinking]\n{text}"),
            Block::ToolUse(call) => write!(words, "[{} {}]\n{}", call.name, call.id, call.input),
            Block::ToolResult(result) => {
                let kind = if result.is_error { "error" } else { "result" };
                write!(words, "[{kind} {}]\n{}", result.id, result.content)
            }
            Block::Other(json) => write!(words, "[other]\n{json}"),
        };
    }
    words
}

/// Whether a block is told of beside others.
fn shows(block: &Block) -> bool {
    !matches!(block, Block::Text(text) if text.trim().is_empty())
}

/// What a call is about: the command, the files, or its arguments.
fn what(call: &ToolUse) -> String {
    if let Some(command) = &call.command {
        return command.clone();
    }
    let edited = call.edits.iter().map(|edit| edit.to.as_ref().unwrap_or(&edit.path));
    let mut paths: Vec<&str> = edited.chain(&call.reads).map(String::as_str).collect();
    paths.dedup();
    if paths.is_empty() { call.input.clone() } else { paths.join(", ") }
}

fn separate(words: &mut String) {
    if !words.is_empty() {
        words.push('\n');
    }
}
