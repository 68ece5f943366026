//! Whether a file is Pi's. Tools that are built on it write much the same.

use lore_plugin_sdk::json;
use serde_json::Value;

/// What a record tells about its file.
pub(crate) enum Verdict {
    Ours,
    /// It may be another's, too.
    Unclear,
    Foreign,
}

/// Judges a record of a file of which none was clear before. `session` is the id in its head, if
/// that was read.
pub(crate) fn record(record: &Value, is_named: bool, session: Option<&str>) -> Verdict {
    let kind = json::text(&record["type"]);
    let is_dated = record["timestamp"].is_string();
    if kind == "session" {
        let is_head = record["id"].is_string() && is_dated && record["cwd"].is_string();
        return match (is_head, is_named) {
            (true, true) => Verdict::Ours,
            (true, false) if session.is_none() => Verdict::Unclear,
            _ => Verdict::Foreign,
        };
    }
    // In Pi the first entry answers nothing, and messages have a time of their own.
    let answers_session = session.is_some() && record["parentId"].as_str() == session;
    let is_message = kind == "message" && record["message"]["timestamp"].is_number();
    let is_change = matches!(kind, "model_change" | "thinking_level_change" | "session_info");
    let is_placed = is_named || session.is_some();
    if is_placed && is_dated && !answers_session && (is_message || is_change) {
        return Verdict::Ours;
    }
    Verdict::Foreign
}
