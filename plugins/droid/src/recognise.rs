//! Whether a file is Droid's, and which of the two forms it has.

use lore_plugin_sdk::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Form {
    /// A session as Droid keeps it.
    Store,
    /// The log of one run.
    Stream,
}

/// Whether a file that begins like this may have JSON objects as lines.
pub(crate) fn may_begin(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    head.trim_ascii_start().first().is_none_or(|first| *first == b'{')
}

/// The form of a file with this record; nothing if it does not tell. Other tools write messages like
/// Droid's, so those tell only in a file that is named as a session is.
pub(crate) fn form(record: &Value, is_named: bool) -> Option<Form> {
    let is_text = |name: &str| record[name].is_string();
    let has_session = is_text("session_id") || is_text("sessionId");
    let is_other_tool = ["uuid", "permissionMode", "apiKeySource", "mcp_servers"]
        .iter()
        .any(|name| !record[*name].is_null());
    match json::text(&record["type"]) {
        "session_start" if is_text("id") || record["session"].is_object() => Some(Form::Store),
        "message" if record["message"]["role"].is_string() && is_named => Some(Form::Store),
        "todo_state" | "compaction_state" if is_named => Some(Form::Store),
        _ if !has_session || is_other_tool => None,
        "message" if is_text("role") && is_text("text") => Some(Form::Stream),
        "tool_call" if is_text("toolName") => Some(Form::Stream),
        "tool_result" if !record["value"].is_null() => Some(Form::Stream),
        "completion" if is_text("finalText") => Some(Form::Stream),
        "system" if json::text(&record["subtype"]) == "init" => Some(Form::Stream),
        "error" if is_text("source") && is_text("message") => Some(Form::Stream),
        _ => None,
    }
}
