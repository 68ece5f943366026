//! Files as the tools write them, of any length and in any state.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Sessions' ids.
pub(crate) const IDS: [&str; 3] = [
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
];

/// The word that every message has.
pub(crate) const WORD: &str = "kite";

/// What a tool notes next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Ask,
    Answer,
    Work,
    Title,
    Tokens,
    Unknown,
    Garbage,
    Blank,
    BadBytes,
}

/// Steps of every kind.
pub(crate) fn steps(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Ask),
        6 => Just(Step::Answer),
        4 => Just(Step::Work),
        1 => Just(Step::Title),
        2 => Just(Step::Tokens),
        1 => Just(Step::Unknown),
        1 => Just(Step::Garbage),
        1 => Just(Step::Blank),
        1 => Just(Step::BadBytes),
    ];
    prop::collection::vec(step, length)
}

/// Steps that say something and nothing else.
pub(crate) fn talk(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![Just(Step::Ask), Just(Step::Answer), Just(Step::Work)];
    prop::collection::vec(step, length)
}

/// Where Claude Code keeps a session.
pub(crate) fn claude_path(id: &str) -> String {
    format!(".claude/projects/-home-ada-kite/{id}.jsonl")
}

/// Where Codex keeps a session.
pub(crate) fn codex_path(id: &str) -> String {
    format!(".codex/sessions/2026/03/01/rollout-2026-03-01T09-00-00-{id}.jsonl")
}

/// `second` of the day on which all of it happens.
fn time(second: usize) -> String {
    let (hour, minute) = (9 + second / 3600, second / 60 % 60);
    format!("2026-03-01T{hour:02}:{minute:02}:{:02}.000Z", second % 60)
}

/// Lines of a session of Claude Code; the `n`th is of the second `from + n * every`, and says so.
pub(crate) fn claude_every(id: &str, steps: &[Step], from: usize, every: usize) -> Vec<Vec<u8>> {
    let mut parent: Option<String> = None;
    let line = |(n, step): (usize, &Step)| {
        let second = from + n * every;
        let uuid = format!("{}-{second}", &id[..8]);
        let record = |kind: &str, message: Value, parent: &Option<String>| {
            json!({
                "type": kind, "uuid": uuid, "parentUuid": parent, "sessionId": id,
                "timestamp": time(second), "cwd": "/home/ada/kite", "version": "2.1.4",
                "gitBranch": if n / 5 % 2 == 0 { "main" } else { "tail" }, "isSidechain": false,
                "message": message,
            })
        };
        let response = |content: Value| {
            json!({
                "id": format!("msg_{second}"), "type": "message", "role": "assistant",
                "model": "model-1", "content": content,
                "usage": {"input_tokens": 3, "output_tokens": second},
            })
        };
        let text = format!("{WORD} word{second} of {}", &id[..8]);
        let said = json!({"role": "user", "content": text});
        let value = match step {
            Step::Ask => record("user", said, &parent),
            Step::Answer => {
                let content = json!([{"type": "text", "text": text}]);
                record("assistant", response(content), &parent)
            }
            Step::Work if n % 2 == 0 => {
                let content = json!([
                    {"type": "text", "text": text},
                    {"type": "tool_use", "id": format!("t{second}"), "name": "Edit", "input": {
                        "file_path": "/home/ada/kite/frame.rs", "old_string": "a", "new_string": "b",
                    }},
                ]);
                record("assistant", response(content), &parent)
            }
            Step::Work => {
                let content = json!([
                    {"type": "tool_result", "tool_use_id": format!("t{}", second - 1), "content": text},
                ]);
                record("user", json!({"role": "user", "content": content}), &parent)
            }
            Step::Title => {
                json!({"type": "custom-title", "customTitle": format!("Title {n}"), "sessionId": id})
            }
            Step::Tokens => json!({"type": "queue-operation", "sessionId": id}),
            Step::Unknown => {
                json!({"type": "novelty", "sessionId": id, "uuid": uuid, "timestamp": time(second)})
            }
            Step::Garbage => return b"{\"half\": ".to_vec(),
            Step::Blank => return b"  \r".to_vec(),
            Step::BadBytes => {
                let line = record("user", said, &parent).to_string().into_bytes();
                return replace(&line, b" of ", b" \xff\xfe ");
            }
        };
        if value["message"].is_object() {
            parent = Some(uuid.clone());
        }
        value.to_string().into_bytes()
    };
    steps.iter().enumerate().map(line).collect()
}

/// A file of Claude Code.
pub(crate) fn claude(id: &str, steps: &[Step]) -> Vec<Vec<u8>> {
    claude_every(id, steps, 0, 1)
}

/// The head of a rollout of Codex.
pub(crate) fn codex_head(id: &str, forked_from: Option<&str>) -> Vec<u8> {
    let mut payload = json!({
        "id": id, "timestamp": time(0), "cwd": "/home/ada/kite", "cli_version": "0.100.0",
        "source": "cli", "git": {"branch": "main", "commit_hash": "0123456789abcdef"},
    });
    if let Some(parent) = forked_from {
        payload["forked_from_id"] = json!(parent);
    }
    enveloped(0, "session_meta", &payload)
}

/// The lines after a rollout's head; the `n`th is of the second `from + n`, and says so.
pub(crate) fn codex_body(id: &str, steps: &[Step], from: usize) -> Vec<Vec<u8>> {
    let line = |(n, step): (usize, &Step)| {
        let second = from + n;
        let text = format!("{WORD} word{second} of {}", &id[..8]);
        let item = |role: &str| {
            let kind = if role == "user" { "input_text" } else { "output_text" };
            let content = json!([{"type": kind, "text": text}]);
            let payload = json!({"type": "message", "role": role, "content": content});
            enveloped(second, "response_item", &payload)
        };
        // What is only shown directly after an item of the same voice may be taken for the item.
        let is_shown = n % 3 == 2 && steps[n - 1] != *step;
        let event = |payload| enveloped(second, "event_msg", &payload);
        match step {
            Step::Ask if is_shown => event(json!({"type": "user_message", "message": text})),
            Step::Ask => item("user"),
            Step::Answer if is_shown => event(json!({"type": "agent_message", "message": text})),
            Step::Answer => item("assistant"),
            Step::Work if n % 2 == 0 => {
                let payload = json!({"type": "function_call", "name": "shell",
                    "call_id": format!("c{second}"), "arguments": "{\"command\":[\"ls\"]}"});
                enveloped(second, "response_item", &payload)
            }
            Step::Work => {
                let payload = json!({"type": "function_call_output",
                    "call_id": format!("c{}", second - 1), "output": text});
                enveloped(second, "response_item", &payload)
            }
            Step::Title => {
                event(json!({"type": "thread_name_updated", "thread_name": format!("Title {n}")}))
            }
            Step::Tokens => event(json!({"type": "token_count", "info": {
                "total_token_usage": {"input_tokens": second, "output_tokens": second},
                "last_token_usage": {"input_tokens": 2, "output_tokens": 1},
            }})),
            Step::Unknown => enveloped(second, "response_item", &json!({"type": "novelty"})),
            Step::Garbage => b"{\"half\": ".to_vec(),
            Step::Blank => b"  \r".to_vec(),
            Step::BadBytes => replace(&item("user"), b" of ", b" \xff\xfe "),
        }
    };
    steps.iter().enumerate().map(line).collect()
}

/// A rollout of Codex.
pub(crate) fn codex(id: &str, steps: &[Step]) -> Vec<Vec<u8>> {
    let mut lines = vec![codex_head(id, None)];
    lines.extend(codex_body(id, steps, 1));
    lines
}

fn enveloped(second: usize, kind: &str, payload: &Value) -> Vec<u8> {
    json!({"timestamp": time(second), "type": kind, "payload": payload}).to_string().into_bytes()
}

fn replace(line: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = line.windows(old.len()).position(|window| window == old).unwrap();
    [&line[..at], new, &line[at + old.len()..]].concat()
}

/// Lines as a file.
pub(crate) fn file(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
}

/// Lines as a file whose last line has no line feed yet.
pub(crate) fn open_file(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut file = file(lines);
    file.pop();
    file
}
