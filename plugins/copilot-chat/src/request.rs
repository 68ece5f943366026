//! A request of a chat: what the person asked, and what came of it.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{json, time};
use serde_json::{Value, json};

use crate::answer::{self, Answer};

/// The largest attachment that is kept as it is, in bytes of JSON; of a larger one only its name is.
const MOST_BYTES: usize = 16 << 10;

/// Tells the messages of the request at an index of the chat `session`.
pub(crate) fn tell(
    session: &str,
    index: usize,
    request: &Value,
    document: &Value,
    out: &mut Output,
) {
    if !request.is_object() {
        return;
    }
    let asked = match json::text(&request["requestId"]) {
        "" => format!("request-{index}"),
        id => id.to_owned(),
    };
    let answered = match json::text(&request["responseId"]) {
        "" => format!("{asked}-response"),
        id => id.to_owned(),
    };
    let at = time::parse(&request["timestamp"]);
    let message = |key: &str, role| Message { at, ..Message::new(session, key, role) };

    let mut prompt = message(&asked, Role::User);
    prompt.content = prompt_blocks(request);
    if !prompt.content.is_empty() {
        out.message(prompt);
    }
    let Answer { content, results } = answer::read(request, &answered);
    if !content.is_empty() {
        let mut answer = message(&answered, Role::Assistant);
        answer.parent = Some(asked.clone());
        answer.model = model(request, document);
        answer.content = content;
        out.message(answer);
    }
    if !results.is_empty() {
        let mut message = message(&format!("{answered}-results"), Role::User);
        message.content = results.into_iter().map(Block::ToolResult).collect();
        out.message(message);
    }
    if let Some(error) = request["result"]["errorDetails"]["message"].as_str() {
        let mut message = message(&format!("{answered}-error"), Role::System);
        message.injected = true;
        message.content.push(Block::Text(error.to_owned()));
        out.message(message);
    }
}

/// Counts the parts of the request's answer.
pub(crate) fn count(request: &Value, out: &mut Output) {
    for part in parts(request) {
        match answer::kind(part) {
            (kind, Outcome::Kept) => out.kept(kind),
            (kind, Outcome::Skipped) => out.skipped(kind),
            (kind, Outcome::Unknown) => out.unknown(kind),
        }
    }
}

/// The parts of a request's answer.
pub(crate) fn parts(request: &Value) -> impl Iterator<Item = &Value> {
    request["response"].as_array().into_iter().flatten()
}

fn prompt_blocks(request: &Value) -> Vec<Block> {
    let message = &request["message"];
    let text = match message.as_str().or(message["text"].as_str()) {
        Some(text) if !text.is_empty() => text.to_owned(),
        _ => {
            let parts = message["parts"].as_array().into_iter().flatten();
            parts.map(|part| json::text(&part["text"])).collect()
        }
    };
    let mut blocks = Vec::new();
    if !text.trim().is_empty() {
        blocks.push(Block::Text(text));
    }
    for attached in request["variableData"]["variables"].as_array().into_iter().flatten() {
        let mut written = json::compact_elided(attached.clone());
        if written.len() > MOST_BYTES {
            written = json!({"kind": attached["kind"], "name": attached["name"]}).to_string();
        }
        blocks.push(Block::Other(written));
    }
    blocks
}

/// The model that answered. `copilot/auto` is none: which one it was stands in the details, as
/// `Claude Sonnet 4.5 • 0.9x`.
pub(crate) fn model(request: &Value, document: &Value) -> Option<String> {
    let plain = |value: &Value| {
        let name = value.as_str()?;
        let name = name.strip_prefix("copilot/").unwrap_or(name);
        (!matches!(name, "" | "auto")).then(|| name.to_owned())
    };
    let details = || {
        let (name, _) = request["result"]["details"].as_str()?.split_once('•')?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    };
    plain(&request["modelId"])
        .or_else(details)
        .or_else(|| plain(&document["inputState"]["selectedModel"]["identifier"]))
}
