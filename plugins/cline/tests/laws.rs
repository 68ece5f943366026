//! What holds for every task.

use std::collections::BTreeSet;

use lore_plugin_cline::Cline;
use lore_plugin_sdk::{Batch, Block, Event, Role, Source, native};
use proptest::prelude::*;
use serde_json::{Value, json};

const ENTRIES: &str = "tasks/1767600000000/ui_messages.json";
const MESSAGES: &str = "tasks/1767600000000/api_conversation_history.json";
const START: i64 = 1_767_600_000_000;

fn read(entries: &str, messages: Option<&str>) -> Batch {
    let source = Source::memory(ENTRIES, entries);
    let source = match messages {
        Some(messages) => source.with_sibling(MESSAGES, messages),
        None => source,
    };
    native::read_all::<Cline>(&source).expect("it is Cline's")
}

fn counted(batch: &Batch) -> usize {
    batch.counts.iter().map(|count| count.records as usize).sum()
}

fn assert_keys_are_unique(batch: &Batch) {
    let messages = native::messages(batch);
    let keys: BTreeSet<&str> = messages.iter().map(|message| message.key.as_str()).collect();
    assert_eq!(keys.len(), messages.len());
}

fn any_entry() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        3 => Just("api_req_started"),
        2 => Just("text"),
        2 => Just("tool"),
        1 => Just("command"),
        1 => Just("command_output"),
        1 => Just("reasoning"),
        1 => Just("user_feedback"),
        1 => Just("followup"),
        1 => Just("completion_result"),
        1 => Just("task_progress"),
        1 => Just("checkpoint_created"),
        1 => Just("astonishment"),
        1 => Just("subagent_usage"),
    ];
    let text = prop_oneof![
        Just(String::new()),
        Just("words".to_owned()),
        Just("{\"request\":\"[read_file] Result:\\nx\",\"tokensOut\":3}".to_owned()),
        Just("{\"tool\":\"newFileCreated\",\"path\":\"a\",\"content\":\"x\"}".to_owned()),
        Just("{\"question\":\"?\",\"selected\":\"yes\"}".to_owned()),
        "[a-zé<>{}\\[\\]\"]{0,12}",
    ];
    let index = prop::option::of(-1_i64..12);
    let entry = (0_i64..40, any::<bool>(), kind, text, index).prop_map(
        |(at, is_ask, kind, text, index)| {
            let side = if is_ask { "ask" } else { "say" };
            let mut entry = json!({"ts": START + at, "type": side, side: kind, "text": text});
            if let Some(index) = index {
                entry["conversationHistoryIndex"] = index.into();
            }
            entry
        },
    );
    prop_oneof![20 => entry, 1 => Just(json!(7)), 1 => Just(json!({"say": "text"}))]
}

fn any_message() -> impl Strategy<Value = Value> {
    let block = prop_oneof![
        "[a-zé]{0,5}".prop_map(|text| json!({"type": "text", "text": text})),
        Just(json!({"type": "text", "text": "<read_file><path>a</path></read_file>"})),
        Just(json!({"type": "text", "text": "[read_file for 'a'] Result:"})),
        Just(json!({"type": "text", "text": "<feedback>\nwords\n</feedback>"})),
        "[a-c]".prop_map(
            |id| json!({"type": "tool_use", "id": id, "name": "read_file", "input": {"path": "a"}})
        ),
        "[a-c]".prop_map(|id| json!({"type": "tool_result", "tool_use_id": id, "content": "x"})),
        Just(json!({"type": "thinking", "thinking": "hm"})),
        Just(json!({"type": "image", "source": {}})),
        Just(json!(7)),
    ];
    let role = prop_oneof![Just("user"), Just("assistant"), Just("tool"), Just("system")];
    let at = prop::option::of(0_i64..40);
    let message = (role, prop::collection::vec(block, 0..4), at).prop_map(|(role, blocks, at)| {
        let mut message = json!({"role": role, "content": blocks});
        if let Some(at) = at {
            message["ts"] = (START + at).into();
        }
        message
    });
    prop_oneof![20 => message, 1 => Just(json!({"type": "reasoning", "text": "hm"})), 1 => Just(json!(null))]
}

fn list(items: &[Value]) -> String {
    Value::from(items.to_vec()).to_string()
}

/// Contents that nest without end take neither stack nor the rest of the task.
#[test]
fn nothing_nests_too_deep() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let entries = format!(
        "[{{\"ts\":{START},\"type\":\"say\",\"say\":\"text\",\"text\":\"up\"}},\
         {{\"ts\":{START},\"type\":\"say\",\"say\":\"tool\",\"images\":{deep}}},{deep}]"
    );
    let messages = format!("[{{\"role\":\"user\",\"content\":{deep}}}]");
    let batch = read(&entries, Some(&messages));
    assert_eq!(counted(&batch), 3);
    let prompt = batch.events.iter().any(|event| match event {
        Event::Message(message) => message.content == [Block::Text("up".into())],
        _ => false,
    });
    assert!(prompt);
}

proptest! {
    #[test]
    fn every_entry_counts_once(
        entries in prop::collection::vec(any_entry(), 0..30),
        sent in prop::option::of(prop::collection::vec(any_message(), 0..20)),
    ) {
        let mut entries = entries;
        entries.insert(0, json!({"ts": START, "type": "say", "say": "task", "text": "go"}));
        let sent = sent.map(|sent| list(&sent));
        let batch = read(&list(&entries), sent.as_deref());
        prop_assert_eq!(counted(&batch), entries.len());
        assert_keys_are_unique(&batch);
        prop_assert_eq!(&batch, &read(&list(&entries), sent.as_deref()));
    }

    /// The other file may come and go: what a person said stays the same, and the same tokens were
    /// spent.
    #[test]
    fn people_and_tokens_are_told_by_entries(
        entries in prop::collection::vec(any_entry(), 0..30),
        sent in prop::collection::vec(any_message(), 0..20),
    ) {
        let mut entries = entries;
        entries.insert(0, json!({"ts": START, "type": "say", "say": "task", "text": "go"}));
        let prompts = |batch: &Batch| -> Vec<(String, Vec<Block>)> {
            native::messages(batch)
                .into_iter()
                .filter(|message| message.role == Role::User && !message.injected)
                .filter(|message| message.content.iter().any(|b| matches!(b, Block::Text(_))))
                .map(|message| (message.key.clone(), message.content.clone()))
                .collect()
        };
        let tokens = |batch: &Batch| -> u64 {
            native::messages(batch).iter().filter_map(|message| Some(message.usage?.output)).sum()
        };
        let alone = read(&list(&entries), None);
        let both = read(&list(&entries), Some(&list(&sent)));
        prop_assert_eq!(prompts(&alone), prompts(&both));
        prop_assert_eq!(tokens(&alone), tokens(&both));
    }

    /// Whichever turn a message belongs to, what the model says in it is told.
    #[test]
    fn no_answer_is_lost(
        entries in prop::collection::vec(any_entry(), 0..30),
        sent in prop::collection::vec(any_message(), 1..20),
    ) {
        let mut entries = entries;
        entries.insert(0, json!({"ts": START, "type": "say", "say": "task", "text": "go"}));
        let batch = read(&list(&entries), Some(&list(&sent)));
        let texts: BTreeSet<&str> = native::messages(&batch)
            .into_iter()
            .flat_map(|message| &message.content)
            .filter_map(|block| match block {
                Block::Text(text) | Block::Thinking(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let answers = sent.iter().filter(|message| message["role"] == "assistant");
        for block in answers.flat_map(|message| message["content"].as_array()).flatten() {
            let text = block["text"].as_str().or(block["thinking"].as_str()).unwrap_or_default();
            if !text.is_empty() && !text.starts_with("<read_file>") {
                prop_assert!(texts.contains(text), "`{text}` is told in none of {texts:?}");
            }
        }
    }

    #[test]
    fn every_message_counts_once(sent in prop::collection::vec(any_message(), 0..20)) {
        let mut sent = sent;
        sent.insert(0, json!({"role": "user", "content": "<task>\ngo\n</task>"}));
        let read = || native::read_all::<Cline>(&Source::memory(MESSAGES, list(&sent))).expect("Cline's");
        prop_assert_eq!(counted(&read()), sent.len());
        assert_keys_are_unique(&read());
        prop_assert_eq!(read(), read());
    }
}
