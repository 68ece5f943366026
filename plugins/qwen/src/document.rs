//! Sessions of the first versions: one JSON document `{sessionId, projectHash, startTime, messages}`
//! in the manner of Gemini CLI, written anew as a whole.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, json, read_document, time};
use serde_json::{Value, json};

use crate::{State, parts, tools};

/// Reads the document, if it is Qwen Code's: its answers are of the type `qwen`.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    if cursor.position() > 0 {
        return Err(ParseError::StaleCheckpoint);
    }
    let document: Value = match read_document(source, cursor, out)? {
        Some(document) => document,
        None if source.stem().starts_with("session-") => return Ok(true),
        None => return Err(ParseError::NotMine),
    };
    let messages = document["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_answer = |message: &Value| message["type"] == "qwen" && message["role"].is_null();
    let Some(id) = document["sessionId"].as_str().filter(|_| messages.iter().any(is_answer)) else {
        return Err(ParseError::NotMine);
    };
    out.session(Session {
        started: time::parse(&document["startTime"]),
        title: document["summary"].as_str().map(str::to_owned),
        ..Session::new(id)
    });
    out.kept("session");
    for (ordinal, record) in messages.iter().enumerate() {
        let otherwise = format!("message-{ordinal}");
        let key = record["id"].as_str().unwrap_or(&otherwise);
        let kind = record["type"].as_str().unwrap_or("message");
        let mut message = Message::new(id, key, Role::System);
        message.at = time::parse(&record["timestamp"]);
        message.injected = !matches!(kind, "user" | "qwen");
        match kind {
            "user" | "qwen" | "info" | "error" | "warning" => out.kept(kind),
            _ => out.unknown(kind),
        }
        match kind {
            "user" => {
                message.role = Role::User;
                message.content = parts::blocks(&record["content"], key);
            }
            "qwen" => {
                message.role = Role::Assistant;
                message.model = record["model"].as_str().map(str::to_owned);
                message.usage = usage(&record["tokens"]);
                message.content = answer(record, key);
            }
            "info" | "error" | "warning" => {
                message.content = parts::blocks(&record["content"], key);
            }
            _ => message.content.push(Block::Other(json::compact_elided(record.clone()))),
        }
        out.message(message);
    }
    Ok(true)
}

/// Thoughts, text, then each call with its result.
fn answer(record: &Value, key: &str) -> Vec<Block> {
    let items = |name: &str| record[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let thoughts = items("thoughts").iter().map(|thought| {
        let texts = ["subject", "description"].map(|name| json::text(&thought[name]));
        texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    });
    let mut blocks: Vec<Block> =
        thoughts.filter(|text| !text.is_empty()).map(Block::Thinking).collect();
    blocks.extend(parts::blocks(&record["content"], key));
    for (ordinal, call) in items("toolCalls").iter().enumerate() {
        let otherwise = format!("{key}-{ordinal}");
        let tool = tools::call(call, &otherwise);
        let response = match &call["result"] {
            Value::Array(parts) => parts.first().map(|part| &part["functionResponse"]),
            part => Some(&part["functionResponse"]),
        };
        let is_over = matches!(call["status"].as_str(), Some("success" | "error" | "cancelled"));
        let result = response.filter(|response| is_over || response.is_object()).map(|response| {
            let result = tools::response(response, call, &otherwise);
            ToolResult { id: tool.id.clone(), ..result }
        });
        blocks.push(Block::ToolUse(tool));
        blocks.extend(result.map(Block::ToolResult));
    }
    blocks
}

fn usage(tokens: &Value) -> Option<Usage> {
    parts::usage(&json!({
        "promptTokenCount": tokens["input"],
        "candidatesTokenCount": tokens["output"],
        "thoughtsTokenCount": tokens["thoughts"],
        "cachedContentTokenCount": tokens["cached"],
        "totalTokenCount": tokens["total"],
    }))
}
