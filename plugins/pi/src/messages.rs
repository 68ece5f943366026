//! Entries that hold a message.

use lore_plugin_sdk::{Block, Output, Role, ToolResult, Usage, json, time};
use serde_json::Value;

use crate::content::{self, some};
use crate::entries;
use crate::key;
use crate::state::State;
use crate::tools;

/// Takes in an entry with a message.
pub(crate) fn take(state: &mut State, mut record: Value, out: &mut Output) {
    let kind = json::text(&record["message"]["role"]).to_owned();
    let role = match kind.as_str() {
        "user" | "toolResult" | "bashExecution" => Role::User,
        "assistant" => Role::Assistant,
        "custom" | "hookMessage" | "system" | "branchSummary" | "compactionSummary" => Role::System,
        _ => return entries::unknown(state, record, out),
    };
    if kind == "hookMessage" {
        record["message"]["role"] = "custom".into(); // as the third version of the format calls it
    }
    let hash = key::of_message(&record["message"], &record["timestamp"]);
    let parent = state.enter(record["id"].as_str(), record["parentId"].as_str(), Some(hash));
    let content = record.pointer_mut("/message/content").map(Value::take).unwrap_or_default();
    let said = &record["message"];
    if role == Role::Assistant {
        state.use_model(some(&said["model"]), out);
    }
    let mut message = state.message(hash, role, out);
    message.parent = parent;
    message.at = time::parse(&said["timestamp"]).or_else(|| time::parse(&record["timestamp"]));
    message.usage = usage(&said["usage"]);
    message.content = match kind.as_str() {
        "toolResult" => vec![Block::ToolResult(result(said, &content))],
        "bashExecution" => ran(said, &message.key),
        "branchSummary" | "compactionSummary" => {
            some(&said["summary"]).map(Block::Text).into_iter().collect()
        }
        _ => content::blocks(content),
    };
    if role == Role::Assistant {
        message.model = some(&said["model"]);
        message.content.extend(failure(said));
    }
    out.kept(&kind);
    out.message(message);
}

/// Tokens of one response.
pub(crate) fn usage(used: &Value) -> Option<Usage> {
    let count = |name: &str| used[name].as_u64().unwrap_or(0);
    used.is_object().then(|| Usage {
        input: count("input"),
        output: count("output"),
        cache_read: count("cacheRead"),
        cache_write: count("cacheWrite"),
    })
}

/// Why a response ended early.
fn failure(said: &Value) -> Option<Block> {
    let message = some(&said["errorMessage"])?;
    let failure = serde_json::json!({
        "errorMessage": message, "stopReason": said["stopReason"],
    });
    Some(Block::Other(json::compact(&failure)))
}

fn result(said: &Value, content: &Value) -> ToolResult {
    let content = json::content(content);
    let is_error = said["isError"].as_bool().unwrap_or(false);
    let exit_status = match json::text(&said["toolName"]) {
        "bash" if !is_error => Some(0),
        "bash" => tools::exit_status(&content),
        _ => None,
    };
    let id = json::text(&said["toolCallId"]).to_owned();
    ToolResult { id, content, is_error, exit_status }
}

/// A command that a person ran: call and result in one. There is no id, so the key is taken.
fn ran(said: &Value, key: &str) -> Vec<Block> {
    let command = serde_json::json!({ "command": said["command"] });
    let exit_status = said["exitCode"].as_i64().and_then(|status| i32::try_from(status).ok());
    let was_cancelled = said["cancelled"].as_bool().unwrap_or(false);
    vec![
        Block::ToolUse(tools::tool_use(key, "bash", &command)),
        Block::ToolResult(ToolResult {
            id: key.to_owned(),
            content: json::text(&said["output"]).to_owned(),
            is_error: was_cancelled || exit_status.is_some_and(|status| status != 0),
            exit_status,
        }),
    ]
}
