//! One message of the editor: a *bubble*.

use std::collections::BTreeSet;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{json, time};
use serde_json::Value;

use crate::tools::{self, Kind};
use crate::{edits, field, results, transcript, unknown, unpacked, uri};

/// Times before this are no time of day but one since the window was opened.
const FIRST: i64 = 1_500_000_000_000;

/// What became of a bubble.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Told {
    Kept,
    /// Nothing was said in it.
    Skipped,
    Unknown,
}

impl Told {
    /// Counts the bubble.
    pub(crate) fn count(self, out: &mut Output) {
        match self {
            Self::Kept => out.kept("bubble"),
            Self::Skipped => out.skipped("bubble"),
            Self::Unknown => out.unknown("bubble"),
        }
    }
}

/// Gives the text that the database keeps under a key of the content store.
pub(crate) type Contents<'c> = &'c dyn Fn(&str) -> Result<Option<String>, ParseError>;

/// Tells the bubbles of one session, one after the other.
pub(crate) struct Voice {
    pub(crate) session: String,
    pub(crate) is_sidechain: bool,
    /// `codeBlockData` and `newlyCreatedFiles` of the session: blocks of code and what became of them.
    pub(crate) code: Value,
    pub(crate) created: BTreeSet<String>,
    /// The model that a prompt was put to, until another one says otherwise.
    pub(crate) model: Option<String>,
    /// The response whose tokens were counted last.
    pub(crate) counted: Option<String>,
}

impl Voice {
    /// Tells a bubble. `at` is when its header says that it was made.
    pub(crate) fn tell(
        &mut self,
        key: &str,
        bubble: &Value,
        at: Option<i64>,
        contents: Contents<'_>,
        out: &mut Output,
    ) -> Result<Told, ParseError> {
        let role = match (bubble["type"].as_i64(), bubble["type"].as_str()) {
            (Some(1), _) | (_, Some("user")) => Role::User,
            (Some(2), _) | (_, Some("ai" | "assistant")) => Role::Assistant,
            _ => {
                out.message(self.mark(unknown(&self.session, key, bubble), at));
                return Ok(Told::Unknown);
            }
        };
        let at = made_at(bubble).or(at);
        let named = field(&bubble["modelInfo"], &["modelName"]).or(bubble["modelType"].as_str());
        if let Some(model) = named.filter(|model| !matches!(*model, "" | "default")) {
            self.model = Some(model.to_owned());
        }
        let mut message = self.mark(Message::new(&self.session, key, role), at);
        let mut context = Vec::new();
        message.content.extend(thoughts(bubble).map(Block::Thinking));
        if let Some(text) = text(bubble) {
            transcript::said(&text, &mut message, &mut context);
        }
        if role == Role::Assistant {
            message.model.clone_from(&self.model);
            message.usage = self.usage(bubble);
            self.tool(key, bubble, contents, &mut message)?;
            self.code_blocks(key, bubble, &mut message);
        }
        let error = &bubble["errorDetails"];
        if !error.is_null() {
            message.content.push(Block::Other(json::compact_elided(error.clone())));
        }
        if !context.is_empty() {
            let mut added = Message::new(&self.session, format!("{key}/context"), role);
            added.injected = true;
            added.content = context;
            out.message(self.mark(added, at));
        } else if message.content.is_empty() && message.usage.is_none() {
            return Ok(Told::Skipped);
        }
        if !message.content.is_empty() || message.usage.is_some() {
            out.message(message);
        }
        Ok(Told::Kept)
    }

    fn mark(&self, mut message: Message, at: Option<i64>) -> Message {
        message.sidechain = self.is_sidechain;
        message.at = at;
        message
    }

    /// The tokens of a response, once.
    fn usage(&mut self, bubble: &Value) -> Option<Usage> {
        let tokens = |name: &str| bubble["tokenCount"][name].as_u64().unwrap_or(0);
        let (input, output) = (tokens("inputTokens"), tokens("outputTokens"));
        if input == 0 && output == 0 {
            return None;
        }
        let response = field(bubble, &["usageUuid", "serverBubbleId"]).map(str::to_owned);
        if response.is_some() && self.counted == response {
            return None;
        }
        self.counted = response;
        Some(Usage { input, output, cache_read: 0, cache_write: 0 })
    }

    fn tool(
        &self,
        key: &str,
        bubble: &Value,
        contents: Contents<'_>,
        message: &mut Message,
    ) -> Result<(), ParseError> {
        let call = &bubble["toolFormerData"];
        let name = call["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        let Some(name) = name.or_else(|| tools::name(&call["tool"])) else { return Ok(()) };
        let kind = tools::kind(&name);
        let id = field(call, &["toolCallId"]).unwrap_or(key).to_owned();
        let input = match unpacked(&call["rawArgs"]) {
            Value::String(text) if text.is_empty() => Value::Null,
            input => input,
        };
        let more = unpacked(&call["params"]);
        let result = results::of_bubble(&id, kind, call);
        let mut tool = tools::tool_use(id, name, &input, &more);
        if let Some(path) = tools::path(&input, &more)
            && tool.edits.is_empty()
            && matches!(kind, Kind::Apply | Kind::Replace | Kind::Write | Kind::Patch)
        {
            tool.edits = applied(path, call, &input, &more, contents)?;
        }
        message.content.push(Block::ToolUse(tool));
        message.content.extend(result.map(Block::ToolResult));
        Ok(())
    }

    /// Blocks of code that the person accepted, of versions before tools.
    fn code_blocks(&self, key: &str, bubble: &Value, message: &mut Message) {
        let blocks = bubble["codeBlocks"].as_array().into_iter().flatten();
        for (index, block) in blocks.enumerate() {
            let Some(path) = uri::path(&block["uri"]) else { continue };
            let external = field(&block["uri"], &["external", "path"]).unwrap_or_default();
            let of_file = &self.code[external];
            let version = block["version"].as_u64().unwrap_or(0);
            let entry = match of_file {
                Value::Array(versions) => {
                    versions.iter().find(|entry| entry["version"].as_u64() == Some(version))
                }
                Value::Object(versions) => {
                    versions.values().find(|entry| entry["version"].as_u64() == Some(version))
                }
                _ => None,
            };
            let Some(entry) = entry.filter(|entry| entry["status"] == "accepted") else { continue };
            let Some(text) = entry["content"].as_str() else { continue };
            let edit = match self.created.contains(external) {
                true => Edit::create(path, text),
                false => edits::of_text(&path, text),
            };
            message.content.push(Block::ToolUse(ToolUse {
                id: format!("{key}/{index}"),
                name: "code_block".to_owned(),
                input: json::compact(&serde_json::json!({
                    "path": edit.path,
                    "languageId": entry["languageId"],
                    "status": entry["status"],
                })),
                edits: vec![edit],
                reads: Vec::new(),
                command: None,
            }));
        }
    }
}

/// The edits of a call whose arguments do not tell them.
fn applied(
    path: &str,
    call: &Value,
    input: &Value,
    more: &Value,
    contents: Contents<'_>,
) -> Result<Vec<Edit>, ParseError> {
    let result = unpacked(&call["result"]);
    let difference = edits::of_difference(path, &result);
    if !difference.is_empty() {
        return Ok(difference);
    }
    if let Some(after) = field(&result, &["afterContentId"]) {
        let before = match field(&result, &["beforeContentId"]) {
            Some(before) => contents(before)?,
            None => Some(String::new()),
        };
        if let (Some(before), Some(after)) = (before, contents(after)?) {
            return Ok(edits::of_files(path, &before, &after).into_iter().collect());
        }
    }
    // What the model wrote of the file: unchanged parts are left out of it.
    let text = field(more, &["streamingContent"])
        .or_else(|| field(input, &["code_edit", "contents"]))
        .or_else(|| field(&call["additionalData"]["codeblock"], &["content"]));
    Ok(text.map(|text| edits::of_text(path, text)).into_iter().collect())
}

/// When a bubble was made.
fn made_at(bubble: &Value) -> Option<i64> {
    let timing = &bubble["timingInfo"];
    let times = [
        &bubble["createdAt"],
        &timing["clientStartTime"],
        &timing["clientRpcSendTime"],
        &timing["clientEndTime"],
    ];
    times.into_iter().filter_map(time::parse).find(|at| *at >= FIRST)
}

fn thoughts(bubble: &Value) -> impl Iterator<Item = String> {
    let thinking = &bubble["thinking"];
    let own = thinking.as_str().or_else(|| thinking["text"].as_str());
    let own = own.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let all = bubble["allThinkingBlocks"].as_array().filter(|_| own.is_none());
    let texts = all.into_iter().flatten().filter_map(|block| block["text"].as_str());
    let texts = texts.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    own.into_iter().chain(texts.collect::<Vec<_>>())
}

/// The text of a bubble, also if only its formatted form is there.
fn text(bubble: &Value) -> Option<String> {
    if let Some(text) = field(bubble, &["text", "rawText"]) {
        return Some(text.to_owned());
    }
    let rich = unpacked(&bubble["richText"]);
    let mut text = String::new();
    plain(&rich["root"], &mut text, 0);
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The text in a node of a formatted text and those below it.
fn plain(node: &Value, text: &mut String, depth: u32) {
    if let Some(own) = node["text"].as_str() {
        text.push_str(own);
    }
    if depth < 64 {
        for child in node["children"].as_array().into_iter().flatten() {
            plain(child, text, depth + 1);
        }
    }
    if matches!(node["type"].as_str(), Some("paragraph" | "linebreak")) {
        text.push('\n');
    }
}
