//! Sessions of 2023: a timeline of steps, each with the messages that it added to the chat.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, ToolResult, json, time};
use serde_json::Value;

use crate::content::{blocks, other_block, said};
use crate::keys::Keys;
use crate::session::{directory, some, title};
use crate::tools;

/// Takes in a session. `stem` is the file's name without its extension.
pub(crate) fn take(mut document: Value, stem: &str, out: &mut Output) {
    let steps = match document.pointer_mut("/history/timeline").map(Value::take) {
        Some(Value::Array(steps)) => steps,
        _ => Vec::new(),
    };
    let facts = &document["session_info"];
    let id = some(&facts["session_id"]).unwrap_or_else(|| stem.to_owned());
    let models = &document["config"]["models"];
    out.session(Session {
        title: title(&facts["title"]),
        started: time::parse(&facts["date_created"]),
        directory: directory(&facts["workspace_directory"]),
        model: ["chat", "default"].iter().find_map(|role| some(&models[*role]["model"])),
        ..Session::new(id.as_str())
    });
    out.kept("session");
    let mut keys = Keys::default();
    for (place, step) in steps.into_iter().enumerate() {
        entry(&id, &mut keys, place, step, out);
    }
}

/// Takes in one step; a step that says several things is one message for each.
fn entry(session: &str, keys: &mut Keys, place: usize, mut entry: Value, out: &mut Output) {
    let chat = match entry.pointer_mut("/step/chat_context").map(Value::take) {
        Some(Value::Array(chat)) => chat,
        _ => Vec::new(),
    };
    let step = &entry["step"];
    if !step.is_object() {
        let mut message = Message::new(session, keys.of(None, place), Role::System);
        message.injected = true;
        message.content.push(other_block(entry));
        out.unknown("step");
        return out.message(message);
    }
    if let Some(prompt) = chat.iter().find(|said| json::text(&said["role"]) == "user") {
        keys.prompted(json::text(&prompt["content"]));
    }
    let key = keys.of(None, place);
    let mut messages: Vec<Message> = Vec::new();
    for (number, said) in chat.into_iter().enumerate() {
        let key = if number == 0 { key.clone() } else { format!("{key}.{number}") };
        messages.push(message(session, key, said));
    }
    if messages.is_empty() && step["hide"] != Value::Bool(true) {
        let mut notice = Message::new(session, key, Role::System);
        notice.injected = true;
        let texts = [&step["name"], &step["description"]].map(json::text);
        notice.content.extend(said(texts.join("\n").trim().to_owned()));
        messages.push(notice);
    }
    let Some(first) = messages.first_mut() else { return out.skipped("step") };
    if first.role == Role::User {
        let items = entry["context_used"].as_array().into_iter().flatten();
        first.content.extend(items.cloned().map(other_block));
    }
    let observed = &entry["observation"];
    if !observed.is_null() && observed["user_input"].is_null() {
        first.content.push(other_block(observed.clone()));
    }
    out.kept("step");
    for message in messages {
        out.message(message);
    }
}

fn message(session: &str, key: String, mut said: Value) -> Message {
    let content = said.get_mut("content").map(Value::take).unwrap_or_default();
    let role = match json::text(&said["role"]) {
        "user" | "function" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::System,
    };
    let mut message = Message::new(session, key, role);
    message.injected = role == Role::System;
    if json::text(&said["role"]) == "function" {
        message.content.push(Block::ToolResult(ToolResult {
            id: json::text(&said["name"]).to_owned(),
            content: json::content(&content),
            is_error: false,
            exit_status: None,
        }));
        return message;
    }
    message.content = blocks(content);
    let called = &said["function_call"];
    if let Some(name) = called["name"].as_str() {
        let written = json::text(&called["arguments"]);
        let arguments = serde_json::from_str(written).unwrap_or_else(|_| written.into());
        message.content.push(Block::ToolUse(tools::tool_use(name, name, arguments)));
    }
    message
}
