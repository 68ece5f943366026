//! Parts of a message, each of which becomes a block.

use lore_plugin_sdk::{Block, ToolResult, json};
use serde_json::Value;

use crate::tools;

/// What the parts of a message say together.
#[derive(Default)]
pub(crate) struct Content {
    /// Words and deeds of the person or the model, and results of tools.
    pub(crate) said: Vec<Block>,
    /// What Goose put in: questions whether a tool may run, notices.
    pub(crate) put_in: Vec<Block>,
    /// The first kind of part that is not known.
    pub(crate) unknown: Option<String>,
}

impl Content {
    /// Takes in one part.
    pub(crate) fn take(&mut self, part: Value) {
        let kind = json::text(&part["type"]).to_owned();
        let some =
            |field: &str| part[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        match kind.as_str() {
            "text" => self.said.extend(some("text").map(Block::Text)),
            "thinking" => self.said.extend(some("thinking").map(Block::Thinking)),
            "reasoning" => self.said.extend(some("text").map(Block::Thinking)),
            // Only the provider can read it.
            "redactedThinking" => {}
            "toolRequest" | "frontendToolRequest" => {
                let is_understood = part["toolCall"]["value"]["name"].is_string();
                self.said.push(match is_understood {
                    true => Block::ToolUse(tools::call(part)),
                    // The model wrote a call that could not be read.
                    false => Block::Other(json::compact_elided(part)),
                });
            }
            "toolResponse" => self.said.push(Block::ToolResult(result(part))),
            "image" => self.said.push(Block::Other(json::compact_elided(part))),
            "toolConfirmationRequest" | "actionRequired" => {
                self.put_in.push(Block::Other(json::compact_elided(part)));
            }
            "systemNotification"
            | "summarizationRequested"
            | "contextLengthExceeded"
            | "conversationCompacted" => self.put_in.extend(some("msg").map(Block::Text)),
            _ => {
                self.put_in.push(Block::Other(json::compact_elided(part)));
                let kind = if kind.is_empty() { "part".to_owned() } else { kind };
                self.unknown.get_or_insert(kind);
            }
        }
    }
}

/// The result of a tool: a list of contents, in newer versions within an object.
fn result(mut part: Value) -> ToolResult {
    let mut result = tools::take(&mut part, "toolResult");
    let error = tools::take(&mut result, "error");
    let mut value = tools::take(&mut result, "value");
    let structured = tools::take(&mut value, "structuredContent");
    let is_error = result["status"] == "error" || value["isError"] == true;
    let contents = match value {
        Value::Object(mut fields) => fields.remove("content").unwrap_or_default(),
        contents => contents,
    };
    let content = match error {
        Value::Null => json::content(&for_the_model(contents)),
        error => json::content(&error),
    };
    let exit_status = structured["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok());
    ToolResult {
        id: json::text(&part["id"]).to_owned(),
        content,
        is_error: is_error || exit_status.is_some_and(|status| status != 0),
        exit_status,
    }
}

/// Tools tell people and the model the same in two contents: those for the model, or all if there
/// are none.
fn for_the_model(contents: Value) -> Value {
    let Value::Array(contents) = contents else { return contents };
    let audience = |content: &Value| {
        content["annotations"]["audience"].as_array().or(content["audience"].as_array()).cloned()
    };
    let is_for_model = |content: &&Value| {
        audience(content).is_none_or(|audience| audience.iter().any(|who| who == "assistant"))
    };
    let chosen: Vec<Value> = contents.iter().filter(is_for_model).cloned().collect();
    Value::Array(if chosen.is_empty() { contents } else { chosen })
}
