//! What holds for every rollout.

use std::collections::BTreeSet;

use lore_plugin_codex::Codex;
use lore_plugin_sdk::{Batch, Block, Event, Source, native};
use proptest::prelude::*;
use serde_json::{Value, json};

const PATH: &str = "sessions/2026/03/01/rollout-2026-03-01T11-00-00-a.jsonl";

fn rollout(records: &[Value]) -> String {
    let lines = records.iter().enumerate().map(|(at, record)| {
        let time = format!("2026-03-01T10:{:02}:{:02}.000Z", at / 60 % 60, at % 60);
        match record {
            Value::String(line) => format!("{line}\n"),
            _ => {
                format!("{}\n", json!({"timestamp": time, "type": record[0], "payload": record[1]}))
            }
        }
    });
    lines.collect()
}

fn read(text: &str, checkpoint: Option<&[u8]>) -> Batch {
    native::read_rest::<Codex>(&Source::memory(PATH, text), checkpoint).expect("it is Codex's")
}

fn item(role: &str, text: &str) -> Value {
    json!(["response_item", {"type": "message", "role": role, "content": [{"type": "text", "text": text}]}])
}

fn shown(role: &str, text: &str) -> Value {
    json!(["event_msg", {"type": if role == "user" { "user_message" } else { "agent_message" }, "message": text}])
}

fn completed(role: &str, text: &str) -> Value {
    let kind = if role == "user" { "UserMessage" } else { "AgentMessage" };
    json!(["event_msg", {"type": "item_completed", "item": {"type": kind, "content": [{"type": "text", "text": text}]}}])
}

fn tokens(total: u64) -> Value {
    json!(["event_msg", {"type": "token_count", "info": {
        "total_token_usage": {"input_tokens": total, "output_tokens": 0},
    }}])
}

fn any_record() -> impl Strategy<Value = Value> {
    let text = "(ok|go on|<skill>x</skill>|[a-z]{3})";
    let role = prop_oneof![Just("user"), Just("assistant")];
    let said = (role, text, 0..3).prop_map(|(role, text, stream)| match stream {
        0 => item(role, &text),
        1 => shown(role, &text),
        _ => completed(role, &text),
    });
    let thought = "[a-b]".prop_map(|text| {
        json!(["response_item", {"type": "reasoning", "summary": [
            {"type": "summary_text", "text": text}, {"type": "summary_text", "text": "more"},
        ]}])
    });
    let shown_thought =
        "[a-b]".prop_map(|text| json!(["event_msg", {"type": "agent_reasoning", "text": text}]));
    let call = "[a-c]".prop_map(|id| {
        json!(["response_item", {"type": "function_call", "name": "shell", "call_id": id,
            "arguments": "{\"command\":\"cat > a <<'E'\\nx\\nE\"}"}])
    });
    let result = "[a-c]".prop_map(|id| {
        json!(["response_item", {"type": "function_call_output", "call_id": id, "output": "done"}])
    });
    let ended = "[a-d]".prop_map(
        |id| json!(["event_msg", {"type": "exec_command_end", "call_id": id, "command": ["ls"]}]),
    );
    prop_oneof![
        6 => said,
        2 => thought,
        2 => shown_thought,
        2 => call,
        2 => result,
        1 => ended,
        2 => (0_u64..5).prop_map(tokens),
        1 => Just(json!(["event_msg", {"type": "task_complete"}])),
        1 => Just(json!(["session_meta", {"id": "p"}])),
        1 => Just(json!(["turn_context", {"model": "m", "cwd": "/c"}])),
        1 => Just(json!(["event_msg", {"type": "error", "message": "no"}])),
        1 => Just(json!("{\"half\": ")),
        1 => Just(json!("{\"type\": 1, \"payload\": 2}")),
        1 => Just(json!("[]")),
    ]
}

/// Contents that nest without end once took the stack with them.
#[test]
fn nothing_nests_too_deep() {
    let deep = |open: &str, close: &str| open.repeat(200_000) + &close.repeat(200_000);
    for content in [deep("[", "]"), "[{\"text\":".repeat(200_000) + "1" + &"}]".repeat(200_000)] {
        for field in ["content", "summary", "output", "message", "result", "changes", "item"] {
            let line = format!(
                "{{\"type\":\"response_item\",\"payload\":{{\"type\":\"message\",\"role\":\"user\",\"{field}\":{content}}}}}\n"
            );
            let batch = read(&line, None);
            assert_counted(&batch);
            let batch = read(&line.replace("response_item", "event_msg"), None);
            assert_counted(&batch);
        }
    }
}

fn assert_counted(batch: &Batch) {
    let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
    let problems = batch.events.iter().filter(|event| matches!(event, Event::Problem(_)));
    assert_eq!(counted as usize + problems.count(), 1);
}

proptest! {
    #[test]
    fn every_line_counts_once_and_steps_change_nothing(
        records in prop::collection::vec(any_record(), 0..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let mut records = records;
        records.insert(0, json!(["session_meta", {"id": "a"}]));
        let text = rollout(&records);
        let whole = read(&text, None);
        let counted: usize = whole.counts.iter().map(|count| count.records as usize).sum();
        let problems = whole.events.iter().filter(|event| matches!(event, Event::Problem(_)));
        prop_assert_eq!(counted + problems.count(), records.len());

        let mut steps: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        steps.push(text.len());
        steps.sort_unstable();
        let mut batches: Vec<Batch> = Vec::new();
        for end in steps {
            let checkpoint = batches.last().map(|batch| batch.checkpoint.clone());
            batches.push(read(&text[..end], checkpoint.as_deref()));
        }
        prop_assert_eq!(native::remaining(&batches), native::remaining(&[whole]));
    }

    /// Whichever streams a program writes, and in whichever order, each thing said is one message.
    #[test]
    fn each_utterance_is_one_message(
        said in prop::collection::vec((prop::bool::ANY, "(ok|yes|[a-d]{2})"), 1..40),
        streams in prop::sample::select(vec![
            vec![0], vec![1], vec![2], vec![0, 1], vec![1, 0], vec![2, 1, 0], vec![0, 2, 1],
        ]),
        with_tokens in prop::bool::ANY,
    ) {
        let mut records = vec![json!(["session_meta", {"id": "a"}])];
        for (number, (is_user, text)) in said.iter().enumerate() {
            let role = if *is_user { "user" } else { "assistant" };
            for stream in &streams {
                records.push(match stream {
                    0 => item(role, text),
                    1 => shown(role, text),
                    _ => completed(role, text),
                });
                if with_tokens {
                    records.push(tokens(number as u64 + 1));
                }
            }
        }
        let messages = native::remaining(&[read(&rollout(&records), None)]);
        let texts: Vec<_> = messages
            .iter()
            .map(|message| match message.content.as_slice() {
                [Block::Text(text)] => text.clone(),
                other => panic!("not one text: {other:?}"),
            })
            .collect();
        let expected: Vec<_> = said.iter().map(|(_, text)| text.clone()).collect();
        prop_assert_eq!(texts, expected);
        if with_tokens && said.iter().any(|(is_user, _)| !is_user) {
            let last_answer = said.iter().rposition(|(is_user, _)| !is_user).unwrap_or(0);
            let spent: u64 = messages.iter().filter_map(|m| Some(m.usage?.input)).sum();
            prop_assert_eq!(spent, last_answer as u64 + 1);
        }
    }

    /// A fork repeats lines with other times: the copies have the keys of the originals, and what
    /// follows has not.
    #[test]
    fn copies_have_the_same_keys(
        records in prop::collection::vec(any_record(), 1..30),
        kept in any::<prop::sample::Index>(),
    ) {
        let mut records: Vec<Value> =
            records.into_iter().filter(|record| record[0] != "session_meta").collect();
        records.retain(|record| !record.is_string());
        records.insert(0, json!(["session_meta", {"id": "parent"}]));
        let parent = native::remaining(&[read(&rollout(&records), None)]);
        let mut fork = vec![json!(["session_meta", {"id": "fork", "forked_from_id": "parent"}])];
        fork.extend(records[..=kept.index(records.len())].iter().cloned());
        fork.push(item("user", "something else"));
        fork.push(item("assistant", "another answer"));
        let fork = native::remaining(&[read(&rollout(&fork), None)]);
        let keys: BTreeSet<_> = parent.iter().map(|message| &message.key).collect();
        for copy in &fork[..fork.len() - 2] {
            prop_assert!(keys.contains(&copy.key), "{copy:?} is no copy");
        }
        for own in &fork[fork.len() - 2..] {
            prop_assert!(!keys.contains(&own.key), "{own:?} is a copy");
        }
    }
}
