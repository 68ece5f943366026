//! What stands in an event, as blocks of a message.

use lore_plugin_sdk::{Block, ToolResult, json};
use serde_json::Value;

use crate::tools;

/// A text, if there are words in it.
pub(crate) fn text(value: &Value) -> Option<Block> {
    let text = value.as_str()?;
    (!text.trim().is_empty()).then(|| Block::Text(text.to_owned()))
}

/// A thought, if there are words in it.
pub(crate) fn thinking(value: &Value) -> Option<Block> {
    let text = value.as_str()?;
    (!text.trim().is_empty()).then(|| Block::Thinking(text.to_owned()))
}

/// What is attached to a prompt, each as JSON.
pub(crate) fn attachments(value: &Value) -> impl Iterator<Item = Block> {
    let attachments = value.as_array().into_iter().flatten();
    attachments.map(|attachment| Block::Other(json::compact_elided(attachment.clone())))
}

/// The text of the first field that is there, or else the data as JSON.
pub(crate) fn notice(data: &Value, fields: &[&str]) -> Block {
    let text = fields.iter().find_map(|field| text(&data[*field]));
    text.unwrap_or_else(|| Block::Other(json::compact_elided(data.clone())))
}

/// The result of a call.
pub(crate) fn result(data: &Value) -> ToolResult {
    let result = &data["result"];
    let error = &data["error"];
    let told = [
        &result["content"],
        &result["text_result_for_llm"],
        &result["textResultForLlm"],
        &result["detailedContent"],
        &error["message"],
        error,
        result,
    ];
    let content = told.iter().find(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(parts) => !parts.is_empty(),
        _ => true,
    });
    let mut content = content.map_or_else(String::new, |value| json::content(value));
    if result.as_object().is_some_and(serde_json::Map::is_empty) {
        content.clear();
    }
    let kind = result["result_type"].as_str().or(result["resultType"].as_str());
    let exit_status = tools::exit_status(&content);
    ToolResult {
        id: json::text(&data["toolCallId"]).to_owned(),
        is_error: data["success"] == false
            || !error.is_null()
            || kind.is_some_and(|kind| kind != "success")
            || exit_status.is_some_and(|status| status != 0),
        content,
        exit_status,
    }
}
