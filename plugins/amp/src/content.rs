//! Content of messages: blocks of Amp become blocks of the contract.

use lore_plugin_sdk::{Block, ToolResult, json};
use serde_json::Value;

use crate::tools;

/// The blocks of a message's content.
pub(crate) fn blocks(content: Value) -> Vec<Block> {
    match content {
        Value::Array(blocks) => blocks.into_iter().filter_map(block).collect(),
        Value::String(text) => said(text).into_iter().collect(),
        Value::Null => Vec::new(),
        other => vec![Block::Other(json::compact_elided(other))],
    }
}

fn block(block: Value) -> Option<Block> {
    let text = |name: &str| block[name].as_str().map(str::to_owned);
    match json::text(&block["type"]) {
        "text" if block["text"].is_string() => said(text("text")?),
        "thinking" if block["thinking"].is_string() => {
            text("thinking").filter(|text| !text.trim().is_empty()).map(Block::Thinking)
        }
        // What was thought stayed with the provider.
        "redacted_thinking" => None,
        "tool_use" if block["name"].is_string() => {
            let (id, name) = (json::text(&block["id"]), json::text(&block["name"]));
            Some(Block::ToolUse(tools::tool_use(id, name, &block["input"])))
        }
        "tool_result" => Some(Block::ToolResult(result(&block))),
        "summary" => match summary(&block["summary"]) {
            Some(summary) => Some(Block::Text(summary.to_owned())),
            None => Some(Block::Other(json::compact_elided(block))),
        },
        _ => Some(Block::Other(json::compact_elided(block))),
    }
}

/// A text, unless there is nothing in it: models begin with empty lines before they think.
fn said(text: String) -> Option<Block> {
    (!text.trim().is_empty()).then_some(Block::Text(text))
}

fn summary(summary: &Value) -> Option<&str> {
    summary.as_str().or_else(|| summary["summary"].as_str())
}

fn result(block: &Value) -> ToolResult {
    let run = &block["run"];
    let (result, error) = (&run["result"], &run["error"]);
    let status = json::text(&run["status"]);
    let exit_status = result["exitCode"].as_i64().and_then(|status| i32::try_from(status).ok());
    let is_error = !error.is_null()
        || exit_status.is_some_and(|status| status != 0)
        || matches!(status, "error" | "cancelled" | "rejected-by-user");
    let shown = ["output", "content", "diff"].iter().find_map(|name| result[*name].as_str());
    let content = match shown {
        Some(text) => text.to_owned(),
        None if !result.is_null() => json::content(result),
        None if !error.is_null() => {
            error["message"].as_str().map_or_else(|| json::content(error), Into::into)
        }
        None if is_error => status.to_owned(),
        None => String::new(),
    };
    ToolResult { id: json::text(&block["toolUseID"]).to_owned(), content, is_error, exit_status }
}
