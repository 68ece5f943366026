//! Lore's own answers, where a session holds them.
//!
//! A tool that asks Lore puts the answer into its session, from where it would come back with the
//! next search as if somebody had said it. Answers carry a mark at their start, as the first member
//! of an object, or as a comment in a text; tools wrap them into lists and strings, with escapes, so
//! the mark is looked for near the start and with any escapes before its quotes.

use crate::model::{Block, Message};

/// The mark: the first member of the object that an answer is.
pub const OWN_ANSWER: &str = "_lore_answer";
/// What a text of ours, for a prompt or a resource, begins with.
pub const OWN_TEXT: &str = "<!-- _lore_answer";
/// What it ends with; what follows is somebody else's.
pub const OWN_TEXT_END: &str = "<!-- /_lore_answer -->";

/// Bytes that a tool may put before an answer.
const WRAPPING: usize = 512;

/// The tools that answer.
const TOOLS: [&str; 9] = [
    "lore_search",
    "lore_get_session",
    "lore_list_sessions",
    "lore_get_context",
    "lore_get_linked_sessions",
    "lore_get_memories",
    "lore_search_memories",
    "lore_why",
    "lore_file_history",
];

/// The blocks of a message without the results that are answers of ours.
pub(super) fn blocks(message: &Message) -> impl Iterator<Item = &Block> {
    let calls = message.content.iter().filter_map(|block| match block {
        Block::ToolUse(call) if is_own_tool(&call.name) => Some(call.id.as_str()),
        _ => None,
    });
    let calls: Vec<&str> = calls.collect();
    message.content.iter().filter(move |block| match block {
        Block::ToolResult(result) => {
            !(calls.contains(&result.id.as_str()) || is_own_answer(&result.content))
        }
        Block::Other(json) => !is_own_answer(json),
        Block::Text(_) | Block::Thinking(_) | Block::ToolUse(_) => true,
    })
}

/// What of a text is not a text of ours.
pub(super) fn others(text: &str) -> &str {
    if !text.trim_start().starts_with(OWN_TEXT) {
        return text;
    }
    text.split_once(OWN_TEXT_END).map_or("", |(_, rest)| rest)
}

/// `mcp__lore__lore_search`, `lore.lore_why`: as tools call ours.
fn is_own_tool(name: &str) -> bool {
    TOOLS
        .iter()
        .filter_map(|tool| name.strip_suffix(tool))
        .any(|server| !server.ends_with(|last: char| last.is_alphanumeric()))
}

fn is_own_answer(text: &str) -> bool {
    let start = &text[..text.floor_char_boundary(WRAPPING)];
    start.contains(OWN_TEXT)
        || start.match_indices(OWN_ANSWER).any(|(at, mark)| {
            let before = start[..at].strip_suffix('"').map(|before| {
                // Escapes of the quote, and of line feeds that indent it.
                before.trim_end_matches(|sign: char| sign.is_whitespace() || "\\n".contains(sign))
            });
            let after = start[at + mark.len()..].trim_start_matches('\\');
            before.is_some_and(|before| before.ends_with('{')) && after.starts_with('"')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_known_however_they_are_wrapped() {
        let plain = r#"{"_lore_answer":"lore_search","query":"kettle"}"#;
        let string = serde_json::Value::from(plain).to_string();
        let listed = format!(r#"[{{"type":"text","text":{string}}}]"#);
        let twice = serde_json::Value::from(listed.as_str()).to_string();
        let indented = "{\n  \"_lore_answer\": \"lore_search\"\n}";
        let indented_string = serde_json::Value::from(indented).to_string();
        let headed = format!("Wall time: 0.2 seconds\nOutput:\n{plain}");
        for wrapped in [plain, &string, &listed, &twice, indented, &indented_string, &headed]
            .map(str::to_owned)
        {
            assert!(is_own_answer(&wrapped), "{wrapped}");
        }
        assert!(is_own_answer(
            "[{\"text\":\"<!-- _lore_answer: lore://session/1 -->\\n# Session\"}]"
        ));
    }

    #[test]
    fn what_speaks_of_answers_is_none() {
        for text in [
            "the first member is `_lore_answer`",
            r#"grep '"_lore_answer"' docs/mcp.md"#,
            r#"{"tool": "lore", "_lore_answer": "later"}"#,
            &format!("{}{}", "x".repeat(600), r#"{"_lore_answer":"lore_why"}"#),
        ] {
            assert!(!is_own_answer(text), "{text}");
        }
    }

    #[test]
    fn own_tools_are_known_by_their_names() {
        for name in ["lore_why", "mcp__lore__lore_search", "lore.lore_file_history"] {
            assert!(is_own_tool(name), "{name}");
        }
        for name in ["explore_search", "folklore_why", "search", "lore"] {
            assert!(!is_own_tool(name), "{name}");
        }
    }

    #[test]
    fn what_follows_a_text_of_ours_is_somebody_elses() {
        assert_eq!(
            others("<!-- _lore_answer: continue -->\nold\n<!-- /_lore_answer -->\nGo on"),
            "\nGo on"
        );
        assert_eq!(others("<!-- _lore_answer: continue -->\nold"), "");
        assert_eq!(others("Go on"), "Go on");
    }
}
