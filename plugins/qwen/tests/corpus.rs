//! Real files, where there are some.

use lore_plugin_qwen::Qwen;
use lore_plugin_sdk::{Event, Role, Source, corpus, native};
use serde_json::Value;

fn is_qwen(path: &str) -> bool {
    path.starts_with("qwen/")
}

/// Every line is counted; every record of people, the model and tools is one message.
#[test]
fn every_line_is_counted_and_every_turn_is_one_message() {
    for (path, bytes) in corpus::files(is_qwen) {
        let batch = corpus::read::<Qwen>(&Source::memory(&path, bytes.as_slice()));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
        assert_eq!(counted as usize + problems, lines, "{path}");
        assert_eq!(batch.position, bytes.len() as u64, "{path}");

        let records = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        let kinds: Vec<String> = records
            .map(|record| record.expect("a record")["type"].as_str().expect("a type").to_owned())
            .collect();
        let told = kinds.iter().filter(|kind| *kind != "system").count();
        let messages = native::messages(&batch);
        let turns = messages.iter().filter(|message| message.role != Role::System).count();
        assert_eq!(turns, told, "{path}");
        let answers = kinds.iter().filter(|kind| *kind == "assistant").count();
        let said = messages.iter().filter(|message| message.role == Role::Assistant).count();
        assert_eq!(said, answers, "{path}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Qwen>(&corpus::files(is_qwen), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Qwen>(is_qwen);
}
