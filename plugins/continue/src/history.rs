//! The entries of a session's history: what was said, what was called, and what came of it.

use std::collections::{HashMap, HashSet};

use lore_plugin_sdk::{Block, Message, Output, Role, ToolResult, json, time};
use serde_json::Value;

use crate::content::{blocks, other_block};
use crate::keys::Keys;
use crate::session::{self, some};
use crate::tools;

/// Takes in the entries of a session.
pub(crate) fn take(session: &str, entries: Vec<Value>, out: &mut Output) {
    let mut history = History {
        session,
        keys: Keys::default(),
        answered: entries.iter().filter_map(answers).map(Into::into).collect(),
        failed: entries.iter().flat_map(states).map(failed).collect(),
    };
    for (place, entry) in entries.into_iter().enumerate() {
        history.entry(place, entry, out);
    }
}

/// The model that gave an answer. Each prompt of a turn is logged with it.
pub(crate) fn model(entry: &Value) -> Option<String> {
    let log = entry["promptLogs"].as_array()?.last()?;
    some(&log["completionOptions"]["model"]).or_else(|| some(&log["modelTitle"]))
}

struct History<'s> {
    session: &'s str,
    keys: Keys,
    /// Calls whose results have an entry of their own.
    answered: HashSet<String>,
    /// Whether a call failed.
    failed: HashMap<String, bool>,
}

impl History<'_> {
    fn entry(&mut self, place: usize, mut entry: Value, out: &mut Output) {
        let kind = json::text(&entry["message"]["role"]).to_owned();
        let role = match kind.as_str() {
            "user" | "tool" => Role::User,
            "assistant" | "thinking" => Role::Assistant,
            "system" => Role::System,
            _ => return self.unknown(place, entry, out),
        };
        let mut content = match entry.pointer_mut("/message/content").map(Value::take) {
            Some(content) => blocks(content),
            None => Vec::new(),
        };
        let said = &entry["message"];
        if kind == "user" {
            self.keys.prompted(&texts(&content));
        }
        let key = self.keys.of(said["id"].as_str(), place);
        let mut message = Message::new(self.session, key, role);
        message.injected = role == Role::System;
        message.usage = session::usage(&said["usage"]);
        match kind.as_str() {
            "thinking" => content = content.into_iter().map(as_thought).collect(),
            "tool" => content = vec![self.answer(said, &content)],
            "assistant" => {
                message.model = model(&entry);
                message.at = time::parse(&entry["reasoning"]["startAt"]);
                content.splice(0..0, reasoning(&entry));
                content.extend(calls(&entry).map(Block::ToolUse));
            }
            _ => {}
        }
        content.extend(list(&entry["contextItems"]).iter().cloned().map(other_block));
        if let Some(summary) = some(&entry["conversationSummary"]) {
            let marked = Value::from_iter([("conversationSummary".to_owned(), summary)]);
            content.push(other_block(marked));
        }
        message.content = content;
        let results = self.results(&message, &entry);
        out.kept(&kind);
        out.message(message);
        if let Some(results) = results {
            out.message(results);
        }
    }

    /// An entry of no known role.
    fn unknown(&mut self, place: usize, entry: Value, out: &mut Output) {
        let key = self.keys.of(entry["message"]["id"].as_str(), place);
        let mut message = Message::new(self.session, key, Role::System);
        message.injected = true;
        out.unknown(entry["message"]["role"].as_str().unwrap_or("entry"));
        message.content.push(other_block(entry));
        out.message(message);
    }

    /// The result in an entry of the tool.
    fn answer(&self, said: &Value, content: &[Block]) -> Block {
        let id = json::text(&said["toolCallId"]);
        Block::ToolResult(ToolResult {
            id: id.to_owned(),
            content: texts(content),
            is_error: self.failed.get(id).copied().unwrap_or(false),
            exit_status: None,
        })
    }

    /// What the states of an entry's calls tell, of those that no other entry answers.
    fn results(&self, calling: &Message, entry: &Value) -> Option<Message> {
        let key = format!("{}/results", calling.key);
        let mut message = Message::new(self.session, key, Role::User);
        for state in states(entry) {
            let id = call_id(state);
            let is_over = matches!(json::text(&state["status"]), "done" | "errored" | "canceled");
            let output = &state["output"];
            if self.answered.contains(id) || !is_over && list(output).is_empty() {
                continue;
            }
            let texts = list(output).iter().map(|item| json::content(&item["content"]));
            message.content.push(Block::ToolResult(ToolResult {
                id: id.to_owned(),
                content: texts.collect::<Vec<_>>().join("\n"),
                is_error: failed(state).1,
                exit_status: None,
            }));
        }
        (!message.content.is_empty()).then_some(message)
    }
}

/// The calls that an entry makes. Their arguments are those that were read while they streamed in,
/// or else what they were read from.
fn calls(entry: &Value) -> impl Iterator<Item = lore_plugin_sdk::ToolUse> {
    let calls = list(&entry["message"]["toolCalls"]);
    // Some programs write the states only.
    let from_states = states(entry).map(|state| &state["toolCall"]).filter(|_| calls.is_empty());
    calls.iter().chain(from_states).map(|call| {
        let id = json::text(&call["id"]);
        let function = &call["function"];
        let parsed = states(entry).find(|state| call_id(state) == id);
        let parsed = parsed.map(|state| &state["parsedArgs"]).filter(|parsed| parsed.is_object());
        let arguments = match (parsed, function["arguments"].as_str()) {
            (Some(parsed), _) => parsed.clone(),
            (None, Some(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            (None, None) => function["arguments"].clone(),
        };
        tools::tool_use(id, json::text(&function["name"]), arguments)
    })
}

fn reasoning(entry: &Value) -> Option<Block> {
    let thought = some(&entry["reasoning"]["text"])?;
    (!thought.trim().is_empty()).then_some(Block::Thinking(thought))
}

fn as_thought(block: Block) -> Block {
    match block {
        Block::Text(text) => Block::Thinking(text),
        other => other,
    }
}

fn texts(content: &[Block]) -> String {
    let text = |block: &Block| match block {
        Block::Text(text) | Block::Other(text) => Some(text.clone()),
        _ => None,
    };
    content.iter().filter_map(text).collect::<Vec<_>>().join("\n")
}

/// The call that an entry answers.
fn answers(entry: &Value) -> Option<&str> {
    let said = &entry["message"];
    (json::text(&said["role"]) == "tool").then(|| said["toolCallId"].as_str()).flatten()
}

fn states(entry: &Value) -> impl Iterator<Item = &Value> {
    list(&entry["toolCallStates"]).iter()
}

fn call_id(state: &Value) -> &str {
    state["toolCallId"].as_str().unwrap_or_else(|| json::text(&state["toolCall"]["id"]))
}

fn failed(state: &Value) -> (String, bool) {
    let failed = matches!(json::text(&state["status"]), "errored" | "canceled");
    (call_id(state).to_owned(), failed)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
