//! Messages of `api_conversation_history.json`: what was sent to the model, and its answers.
//!
//! They are those of Anthropic's interface with fields of the programs' own; newer files of Roo Code
//! are `{version, messages}` with the parts of another one (`tool-call`, `tool-result`).

use std::collections::HashMap;

use lore_plugin_sdk::{Usage, json, time};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use crate::usage;

/// A message.
pub(crate) struct ApiMessage {
    /// Unique in the file: its time, or a hash where it has none.
    pub(crate) key: String,
    pub(crate) voice: Voice,
    pub(crate) at: Option<i64>,
    pub(crate) model: Option<String>,
    pub(crate) usage: Option<Usage>,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    User,
    Assistant,
    /// Reasoning that stands on its own; the answer follows.
    Reasoning,
    /// The program's summary of what it took from the model's sight, or the mark where it did.
    Summary,
    /// Nothing that is known.
    Unknown,
}

impl Voice {
    /// What its records are counted as.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Reasoning => "reasoning",
            Self::Summary => "summary",
            Self::Unknown => "message",
        }
    }
}

/// A part of a message.
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    Call { id: String, name: String, input: Value },
    Result { id: String, text: String, is_error: bool },
    Other(String),
}

/// Reads the messages of a list.
pub(crate) fn messages(list: &[&RawValue]) -> Vec<ApiMessage> {
    let mut keys = Keys::default();
    list.iter().map(|json| message(json.get(), &mut keys)).collect()
}

/// Whose voice a message has, if it is one.
pub(crate) fn voice_of(json: &str) -> Voice {
    match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(fields)) => voice(&fields),
        _ => Voice::Unknown,
    }
}

/// Gives out keys, each once.
#[derive(Default)]
pub(crate) struct Keys(HashMap<String, u32>);

impl Keys {
    /// The name itself the first time, and with a number behind it later.
    pub(crate) fn unique(&mut self, name: String) -> String {
        let count = self.0.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{count}") }
    }
}

fn message(text: &str, keys: &mut Keys) -> ApiMessage {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let hash = || format!("{:016x}", xxh3_64(text.as_bytes()));
    let Value::Object(mut fields) = value else {
        return unknown(keys.unique(hash()), text);
    };
    let voice = voice(&fields);
    if voice == Voice::Unknown {
        return unknown(keys.unique(hash()), text);
    }
    let at = fields.get("ts").and_then(time::parse);
    // Keys of what only this file tells must not be those of the other one.
    let key = at.map_or_else(hash, |at| format!("api-{at}"));
    let model = fields.get("modelInfo").and_then(|info| info["modelId"].as_str());
    let mut parts = reasoning(&fields);
    let model = model.map(str::to_owned);
    let usage = fields.get("metrics").and_then(usage::of_metrics);
    match fields.remove("content") {
        Some(Value::String(text)) => parts.push(Part::Text(text)),
        Some(Value::Array(blocks)) => {
            let has_thinking = !parts.is_empty();
            let blocks = blocks.into_iter().filter_map(part);
            parts
                .extend(blocks.filter(|part| !(has_thinking && matches!(part, Part::Thinking(_)))));
        }
        Some(Value::Null) | None => {}
        Some(other) => parts.push(Part::Other(json::compact_elided(other))),
    }
    ApiMessage { key: keys.unique(key), voice, at, model, usage, parts }
}

fn unknown(key: String, text: &str) -> ApiMessage {
    let parts = vec![Part::Other(elided(text))];
    ApiMessage { key, voice: Voice::Unknown, at: None, model: None, usage: None, parts }
}

/// JSON without its payloads, and as it is if it nests too deep to be read.
pub(crate) fn elided(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| text.to_owned(), json::compact_elided)
}

fn voice(fields: &Map<String, Value>) -> Voice {
    let is = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    match (fields.get("role").and_then(Value::as_str), fields.get("type").and_then(Value::as_str)) {
        (Some("user" | "assistant"), _) if is("isSummary") || is("isTruncationMarker") => {
            Voice::Summary
        }
        (Some("user" | "tool"), _) => Voice::User,
        (Some("assistant"), _) => Voice::Assistant,
        (None, Some("reasoning")) => Voice::Reasoning,
        _ => Voice::Unknown,
    }
}

/// Reasoning that stands beside the content.
fn reasoning(fields: &Map<String, Value>) -> Vec<Part> {
    let list = |name: &str| fields.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let told = text("reasoning_content").or_else(|| {
        let is_reasoning = fields.get("type").is_some_and(|kind| kind == "reasoning");
        if is_reasoning { text("text") } else { None }
    });
    let mut texts: Vec<String> = told.into_iter().collect();
    if texts.is_empty() {
        let pieces = list("summary").chain(list("reasoning_details"));
        texts.extend(pieces.filter_map(|piece| {
            let text = piece["text"].as_str().or_else(|| piece["summary"].as_str())?;
            Some(text.to_owned())
        }));
    }
    let thought = texts.join("\n");
    if thought.trim().is_empty() { Vec::new() } else { vec![Part::Thinking(thought)] }
}

fn part(block: Value) -> Option<Part> {
    let text = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
    Some(match block["type"].as_str().unwrap_or_default() {
        "text" if block["text"].is_string() => Part::Text(text("text")),
        "thinking" if block["thinking"].is_string() => Part::Thinking(text("thinking")),
        "reasoning" if block["text"].is_string() => Part::Thinking(text("text")),
        // It is encrypted.
        "redacted_thinking" => return None,
        "tool_use" => {
            Part::Call { id: text("id"), name: text("name"), input: block["input"].clone() }
        }
        "tool-call" => Part::Call {
            id: text("toolCallId"),
            name: text("toolName"),
            input: block["input"].clone(),
        },
        "tool_result" => Part::Result {
            id: text("tool_use_id"),
            text: json::content(&block["content"]),
            is_error: block["is_error"] == true,
        },
        "tool-result" => {
            let output = match &block["output"] {
                Value::Object(fields) => fields.get("value").unwrap_or(&Value::Null),
                other => other,
            };
            let kind = block["output"]["type"].as_str().unwrap_or_default();
            Part::Result {
                id: text("toolCallId"),
                text: json::content(output),
                is_error: kind.starts_with("error"),
            }
        }
        _ => Part::Other(json::compact_elided(block)),
    })
}
