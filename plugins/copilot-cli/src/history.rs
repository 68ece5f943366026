//! Sessions of the first versions: one document, written anew as a whole.
//!
//! It holds the conversation twice: as a timeline with times, and as the messages that the model was
//! sent. The messages count only where there is no timeline.

use lore_plugin_copilot_events::tools;
use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, json, read_document, time};
use serde_json::Value;

use crate::State;

/// Reads the document.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    is_named: bool,
    out: &mut Output,
) -> Result<bool, ParseError> {
    if cursor.position() > 0 && cursor.position() == source.size() {
        return Ok(true);
    }
    if !is_named && !begins_as_object(source)? {
        return Err(ParseError::NotMine);
    }
    let Some(document) = read_document::<Value>(source, cursor, out)? else {
        return if is_named { Ok(true) } else { Err(ParseError::NotMine) };
    };
    let id = json::text(&document["sessionId"]);
    let list = |name: &str| document[name].as_array().map_or(&[][..], Vec::as_slice);
    let is_history = document["chatMessages"].is_array() || document["timeline"].is_array();
    if id.is_empty() || !is_history {
        return Err(ParseError::NotMine);
    }
    let started = time::parse(&document["startTime"]);
    out.session(Session { started, ..Session::new(id) });
    let (timeline, messages) = (list("timeline"), list("chatMessages"));
    for (at, item) in timeline.iter().enumerate() {
        tell_item(id, at, item, out);
    }
    for (at, message) in messages.iter().enumerate() {
        if timeline.is_empty() {
            tell_message(id, at, message, out);
        } else {
            out.skipped("chat_message");
        }
    }
    Ok(true)
}

fn begins_as_object(source: &Source) -> Result<bool, ParseError> {
    let bytes = source.read(0, 64)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    Ok(bytes.trim_ascii_start().first() == Some(&b'{'))
}

/// One entry of the timeline.
fn tell_item(session: &str, at: usize, item: &Value, out: &mut Output) {
    let kind = json::text(&item["type"]);
    let key = match json::text(&item["id"]) {
        "" => format!("timeline-{at}"),
        id => id.to_owned(),
    };
    let message = |key: String, role| {
        let mut message = Message::new(session, key, role);
        message.at = time::parse(&item["timestamp"]);
        message
    };
    let text = json::text(&item["text"]);
    match kind {
        "user" | "copilot" | "assistant" | "info" | "error" | "warning" => {
            if text.trim().is_empty() {
                return out.skipped(kind);
            }
            let role = match kind {
                "user" => Role::User,
                "copilot" | "assistant" => Role::Assistant,
                _ => Role::System,
            };
            let mut message = message(key, role);
            message.injected = role == Role::System;
            message.content.push(Block::Text(text.to_owned()));
            out.message(message);
            out.kept(kind);
        }
        // Once a call is completed, the entry takes the place of the one that requested it.
        "tool_call_requested" | "tool_call_completed" => {
            let id = json::text(&item["callId"]);
            let name = [json::text(&item["name"]), json::text(&item["toolTitle"])];
            let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or("unknown");
            let mut call = message(format!("{key}-call"), Role::Assistant);
            call.content.push(Block::ToolUse(tools::tool_use(id, name, &item["arguments"])));
            out.message(call);
            if kind == "tool_call_completed" {
                let mut answer = message(format!("{key}-result"), Role::User);
                answer.content.push(Block::ToolResult(result(id, &item["result"])));
                out.message(answer);
            }
            out.kept(kind);
        }
        _ => {
            let mut message = message(key, Role::System);
            message.injected = true;
            message.content.push(Block::Other(json::compact_elided(item.clone())));
            out.message(message);
            out.unknown(if kind.is_empty() { "timeline" } else { kind });
        }
    }
}

fn result(id: &str, result: &Value) -> ToolResult {
    let told = ["log", "textResultForLlm", "message", "content"].iter().map(|name| &result[*name]);
    let content = told.chain([result]).find(|value| !value.is_null());
    let content = content.map_or_else(String::new, json::content);
    let exit_status = tools::exit_status(&content);
    let kind = result["type"].as_str().or(result["resultType"].as_str());
    let failed = kind.is_some_and(|kind| kind != "success");
    let is_error = failed || exit_status.is_some_and(|status| status != 0);
    ToolResult { id: id.to_owned(), content, is_error, exit_status }
}

/// One message as the model was sent it.
fn tell_message(session: &str, at: usize, sent: &Value, out: &mut Output) {
    let role = match json::text(&sent["role"]) {
        "user" | "tool" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::System,
    };
    let mut message = Message::new(session, format!("chat-{at}"), role);
    message.injected = role == Role::System;
    let text = json::content(&sent["content"]);
    if sent["role"] == "tool" {
        let id = json::text(&sent["tool_call_id"]).to_owned();
        let exit_status = tools::exit_status(&text);
        let is_error = exit_status.is_some_and(|status| status != 0);
        let result = ToolResult { id, content: text, is_error, exit_status };
        message.content.push(Block::ToolResult(result));
    } else if !text.trim().is_empty() {
        message.content.push(Block::Text(text));
    }
    for call in sent["tool_calls"].as_array().into_iter().flatten() {
        let function = &call["function"];
        let id = json::text(&call["id"]);
        let call = tools::tool_use(id, json::text(&function["name"]), &function["arguments"]);
        message.content.push(Block::ToolUse(call));
    }
    if message.content.is_empty() {
        return out.skipped("chat_message");
    }
    out.message(message);
    out.kept("chat_message");
}
