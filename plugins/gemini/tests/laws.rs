//! What holds for every log: it ends as its operations say, and each line is counted once.

use lore_plugin_gemini::Gemini;
use lore_plugin_sdk::{Event, Source, native};
use proptest::prelude::*;
use serde_json::{Value, json};

const PATH: &str = "tmp/sums/chats/session-2026-03-01T10-00-11111111.jsonl";

#[derive(Clone, Debug)]
enum Operation {
    Say(String),
    Rewind(String),
    Replace(Vec<String>),
    Touch,
    Noise(String),
}

fn message(id: &str) -> Value {
    json!({"id": id, "timestamp": "2026-03-01T10:00:00Z", "type": "gemini", "content": id})
}

impl Operation {
    fn line(&self) -> String {
        match self {
            Self::Say(id) => message(id).to_string(),
            Self::Rewind(id) => json!({"$rewindTo": id}).to_string(),
            Self::Replace(ids) => {
                let messages: Vec<Value> = ids.iter().map(|id| message(id)).collect();
                json!({"$set": {"messages": messages}}).to_string()
            }
            Self::Touch => json!({"$set": {"lastUpdated": "2026-03-01T10:00:00Z"}}).to_string(),
            Self::Noise(text) => text.clone(),
        }
    }

    /// The operation on a plain list of ids.
    fn apply(&self, ids: &mut Vec<String>) {
        match self {
            Self::Say(id) => say(ids, id),
            Self::Rewind(id) => {
                ids.truncate(ids.iter().position(|known| known == id).unwrap_or(0));
            }
            Self::Replace(new) => {
                ids.clear();
                new.iter().for_each(|id| say(ids, id));
            }
            Self::Touch | Self::Noise(_) => {}
        }
    }
}

fn say(ids: &mut Vec<String>, id: &str) {
    if !ids.iter().any(|known| known == id) {
        ids.push(id.to_owned());
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let id = || "[a-h]";
    prop_oneof![
        8 => id().prop_map(Operation::Say),
        2 => id().prop_map(Operation::Rewind),
        1 => prop::collection::vec(id(), 0..6).prop_map(Operation::Replace),
        2 => Just(Operation::Touch),
        1 => "(\\{\"id|\\[1, |no|\u{e9})".prop_map(Operation::Noise),
    ]
}

proptest! {
    #[test]
    fn a_log_ends_as_its_operations_say(operations in prop::collection::vec(operation(), 0..60)) {
        let head = json!({"sessionId": "s", "projectHash": "h", "startTime": "2026-03-01"});
        let mut log = format!("{head}\n");
        let mut expected = Vec::new();
        for operation in &operations {
            log += &(operation.line() + "\n");
            operation.apply(&mut expected);
        }
        let batch = native::read_all::<Gemini>(&Source::memory(PATH, log)).expect("it is Gemini's");
        let keys: Vec<String> = batch.events.iter().filter_map(|event| match event {
            Event::Message(message) => Some(message.key.clone()),
            _ => None,
        }).collect();
        prop_assert_eq!(keys, expected);
        let problems = batch.events.iter().filter(|event| matches!(event, Event::Problem(_)));
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        prop_assert_eq!(counted as usize + problems.count(), operations.len() + 1);
    }
}

/// Contents that nest without end must not take the stack with them.
#[test]
fn nothing_nests_too_deep() {
    let head = json!({"sessionId": "s", "projectHash": "h"});
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let log = format!("{head}\n{{\"id\":\"a\",\"type\":\"gemini\",\"content\":{deep}}}\n");
    let batch = native::read_all::<Gemini>(&Source::memory(PATH, log)).expect("it is Gemini's");
    assert!(matches!(batch.events[1], Event::Problem(_)));
}
