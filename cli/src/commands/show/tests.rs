//! How messages are shown.

use lore_engine::model::{
    Block, Message, MessageId, Role, SessionId, Timestamp, ToolResult, ToolUse,
};
use uuid::Uuid;

use super::{Extent, markdown, text};
use crate::output::json::MessageJson;

const BRIEF: Extent = Extent { full: false, thinking: false };
const COMPLETE: Extent = Extent { full: true, thinking: true };

fn message(role: Role, content: Vec<Block>) -> Message {
    Message {
        id: MessageId(Uuid::from_u128(7)),
        parent: None,
        role,
        injected: false,
        sidechain: false,
        withdrawn: false,
        at: None,
        model: None,
        directory: None,
        branch: None,
        content,
        usage: None,
    }
}

/// An answer with a block of every kind.
fn sample() -> Message {
    let tool_use = ToolUse {
        id: "t1".into(),
        name: "Bash".into(),
        input: r#"{"command":"make","big":12345678901234567890123}"#.into(),
        command: Some("make".into()),
        ..ToolUse::default()
    };
    let result = ToolResult {
        id: "t1".into(),
        content: "\u{1b}[31mno rule\u{1b}[0m".into(),
        is_error: true,
        exit_status: Some(2),
    };
    let blocks = vec![
        Block::Text("I will build it.\n".into()),
        Block::Thinking("Make, probably.".into()),
        Block::ToolUse(tool_use),
        Block::ToolResult(result),
        Block::Other(r#"{"type":"image"}"#.into()),
    ];
    Message { sidechain: true, withdrawn: true, ..message(Role::Assistant, blocks) }
}

fn as_text(message: &Message, extent: Extent) -> String {
    let mut bytes = Vec::new();
    text::write_message(&mut bytes, extent, 12, message).expect("memory takes it");
    let text = String::from_utf8(bytes).expect("it is text");
    anstream::adapter::strip_str(&text).to_string()
}

fn as_markdown(message: &Message, extent: Extent) -> String {
    let mut bytes = Vec::new();
    markdown::write_message(&mut bytes, extent, 12, message).expect("memory takes it");
    String::from_utf8(bytes).expect("it is text")
}

#[test]
fn every_kind_of_block_is_shown() {
    let expected = r#"
[Assistant (sub-agent) (withdrawn)] #12
I will build it.
[Thinking] Make, probably.
[Tool: Bash] {"command":"make","big":12345678901234567890123}
[Error] exit 2 no rule
[Other] {"type":"image"}
"#;
    assert_eq!(as_text(&sample(), COMPLETE), expected);
    let without_thoughts = expected.replace("[Thinking] Make, probably.\n", "");
    assert_eq!(as_text(&sample(), BRIEF), without_thoughts);
}

#[test]
fn a_message_of_hidden_thoughts_is_left_out() {
    let thought = message(Role::Assistant, vec![Block::Thinking("Hm.".into())]);
    assert_eq!(as_text(&thought, BRIEF), "");
    assert_eq!(as_markdown(&thought, BRIEF), "");
    assert_eq!(as_text(&thought, COMPLETE), "\n[Assistant] #12\n[Thinking] Hm.\n");
}

#[test]
fn texts_are_cut_at_500_bytes_and_results_at_200() {
    let result = ToolResult { content: "r".repeat(201), ..ToolResult::default() };
    // The 500th byte is the first half of a character.
    let long = "ä".repeat(249) + "xä";
    let blocks = vec![Block::Text(long.clone()), Block::ToolResult(result)];
    let message = message(Role::User, blocks);
    let (text, letters) = ("ä".repeat(249) + "x", "r".repeat(200));
    assert_eq!(
        as_text(&message, BRIEF),
        format!("\n[Human] #12\n{text}… (2 more bytes)\n[Result] {letters}… (1 more bytes)\n")
    );
    assert_eq!(
        as_text(&message, COMPLETE),
        format!("\n[Human] #12\n{long}\n[Result] {letters}r\n")
    );
}

#[test]
fn a_code_block_cannot_be_closed_from_inside() {
    let result = ToolResult { content: "```\n````\nend".into(), ..ToolResult::default() };
    let shown = as_markdown(&message(Role::User, vec![Block::ToolResult(result)]), COMPLETE);
    let expected = "\n### Human #12\n\n**Result**\n\n`````\n```\n````\nend\n`````\n";
    assert_eq!(shown, expected);
}

#[test]
fn thoughts_fold_in_markdown() {
    let shown = as_markdown(&message(Role::System, vec![Block::Thinking("Hm.".into())]), COMPLETE);
    let fold = "<details>\n<summary>Thinking</summary>\n\nHm.\n\n</details>";
    assert_eq!(shown, format!("\n### System #12\n\n{fold}\n"));
}

/// Arguments of tools are handed on as the tool wrote them: large numbers keep their digits.
#[test]
fn json_is_complete_and_verbatim() {
    let mut message = sample();
    message.at = Some(Timestamp(1_767_600_000_000));
    let session = SessionId(Uuid::from_u128(1));
    let json = serde_json::to_string(&MessageJson::new(session, 12, &message)).expect("it is JSON");
    assert!(json.contains(r#""input":{"command":"make","big":12345678901234567890123}"#), "{json}");
    assert!(json.contains(r#""timestamp":"2026-01-05T08:00:00.000Z""#), "{json}");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let types: Vec<_> = json["content"].as_array().expect("a list").iter().collect();
    let types: Vec<_> = types.iter().map(|block| block["type"].as_str()).collect();
    let expected = ["text", "thinking", "tool_use", "tool_result", "other"];
    assert_eq!(types, expected.map(Some));
    assert_eq!(json["model"], serde_json::Value::Null);
    assert_eq!(json["content"][3]["content"], "\u{1b}[31mno rule\u{1b}[0m");
}
