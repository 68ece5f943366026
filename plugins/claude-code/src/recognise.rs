//! Whether a file is one of Claude Code's, by its content.
//!
//! Other tools write JSON lines too, some with the same words in them. As long as no line was the
//! tool's own, lines that say nothing either way are let pass, but only a few.

use serde_json::Value;

/// How many lines may say nothing before the file is taken for another tool's.
pub(crate) const UNCLEAR_LINES: u32 = 32;

#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Ours,
    Foreign,
    Unclear,
}

/// What a line tells about its file.
pub(crate) fn line(text: &str) -> Verdict {
    let Ok(Value::Object(record)) = serde_json::from_str::<Value>(text) else {
        return Verdict::Unclear;
    };
    let record = Value::Object(record);
    let is_foreign = [
        &record["payload"],          // Codex
        &record["systemPayload"],    // Qwen Code
        &record["message"]["parts"], // Qwen Code
    ];
    if is_foreign.iter().any(|value| !value.is_null()) {
        return Verdict::Foreign;
    }
    if is_ours(&record) { Verdict::Ours } else { Verdict::Unclear }
}

fn is_ours(record: &Value) -> bool {
    let has = |name: &str| record[name].is_string();
    let message = &record["message"];
    match record["type"].as_str() {
        Some("user" | "assistant") => has("sessionId") || !message["content"].is_null(),
        Some("summary") => has("summary") && has("leafUuid"),
        Some(
            "file-history-snapshot"
            | "file-history-delta"
            | "queue-operation"
            | "ai-title"
            | "custom-title"
            | "agent-name"
            | "last-prompt"
            | "agent-setting"
            | "permission-mode"
            | "worktree-state"
            | "pr-link"
            | "frame-link"
            | "bridge-session"
            | "atis-latch",
        ) => true,
        Some("started" | "result") => has("key") && has("agentId"),
        Some("mode" | "relocated") => has("sessionId"),
        Some(_) => has("sessionId") && has("uuid"),
        // The oldest logs have no types; the history of prompts never had.
        None => {
            (message["usage"].is_object() && (has("sessionId") || has("requestId")))
                || is_prompt(record)
        }
    }
}

/// Whether this is a line of `history.jsonl`.
pub(crate) fn is_prompt(record: &Value) -> bool {
    record["display"].is_string()
        && (record["project"].is_string() || record["pastedContents"].is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_other_tools_are_not_ours() {
        for (text, verdict) in [
            (r#"{"timestamp":"t","type":"session_meta","payload":{"id":"x"}}"#, Verdict::Foreign),
            (
                r#"{"type":"user","sessionId":"s","message":{"role":"user","parts":[]}}"#,
                Verdict::Foreign,
            ),
            (r#"{"type":"message","id":"1","message":{"role":"user"}}"#, Verdict::Unclear),
            (r#"{"role":"user","content":"hi"}"#, Verdict::Unclear),
            (r#"{"type":"session","version":3,"id":"x","cwd":"/a"}"#, Verdict::Unclear),
            (r#"{"type":"system","sessionId":"s","id":"1"}"#, Verdict::Unclear),
            ("[1]", Verdict::Unclear),
            ("words", Verdict::Unclear),
        ] {
            assert_eq!(line(text), verdict, "{text}");
        }
    }
}
