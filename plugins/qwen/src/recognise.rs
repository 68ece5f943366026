//! Whether a file is one of Qwen Code's, by its content.

use serde_json::Value;

/// How many lines may say nothing before the file is taken for another tool's.
pub(crate) const UNCLEAR_LINES: u32 = 32;

pub(crate) enum Verdict {
    Ours,
    Foreign,
    Unclear,
}

/// What a line tells about its file. Claude Code has the same envelope around other messages.
pub(crate) fn line(text: &str) -> Verdict {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let Some(Ok(record)) = values.next() else { return Verdict::Unclear };
    let has_envelope = record["uuid"].is_string() && record["sessionId"].is_string();
    let is_known = matches!(record["type"].as_str(), Some("user" | "assistant" | "tool_result"));
    let is_system = record["type"] == "system" && record["subtype"].is_string();
    if !has_envelope || !record["message"]["content"].is_null() {
        return Verdict::Foreign;
    }
    match (is_known, is_system) {
        (true, _) if record["message"]["parts"].is_array() => Verdict::Ours,
        (_, true) if record["systemPayload"].is_object() => Verdict::Ours,
        _ => Verdict::Unclear,
    }
}
