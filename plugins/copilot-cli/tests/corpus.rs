//! Real files, where there are some.

use std::collections::BTreeMap;

use lore_plugin_copilot_cli::CopilotCli;
use lore_plugin_sdk::{Block, Event, Role, Source, corpus, native};
use serde_json::Value;

fn is_mine(name: &str) -> bool {
    name.starts_with("copilot-cli/")
}

fn logs() -> Vec<(String, Vec<u8>)> {
    corpus::files(|name| is_mine(name) && name.ends_with(".jsonl"))
}

#[test]
fn every_line_is_accounted_for() {
    for (name, bytes) in corpus::files(|name| is_mine(name) && !name.ends_with(".md")) {
        let batch = corpus::read::<CopilotCli>(&Source::memory(&name, bytes.as_slice()));
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted, lines.count() as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert!(batch.events.iter().any(|event| matches!(event, Event::Session(_))), "{name}");
    }
}

/// Every prompt and every answer with words is a message, every call and every result is told once,
/// except where the model only says what it is about to do.
#[test]
fn a_simple_count_finds_the_same() {
    for (name, bytes) in logs() {
        let text = String::from_utf8_lossy(&bytes);
        let events: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
        let of = |kind: &'static str| events.iter().filter(move |event| event["type"] == kind);
        let has_words = |event: &&Value| {
            event["data"]["content"].as_str().is_some_and(|text| !text.trim().is_empty())
        };
        let requests: Vec<&Value> = of("assistant.message")
            .flat_map(|event| event["data"]["toolRequests"].as_array().into_iter().flatten())
            .chain(of("tool.execution_start").map(|event| &event["data"]))
            .collect();
        let is_intent =
            |call: &Value| call["name"] == "report_intent" || call["toolName"] == "report_intent";
        let mut calls = BTreeMap::new();
        for call in requests {
            calls.insert(call["toolCallId"].to_string(), is_intent(call));
        }
        let results = of("tool.execution_complete")
            .filter(|event| calls.get(&event["data"]["toolCallId"].to_string()) != Some(&true))
            .count();
        let tokens: u64 = of("assistant.message")
            .filter_map(|event| event["data"]["outputTokens"].as_u64())
            .sum();

        let messages = native::remaining(&[corpus::read::<CopilotCli>(&Source::memory(
            &name,
            bytes.as_slice(),
        ))]);
        let count = |role, is: fn(&Block) -> bool| {
            let blocks = messages.iter().filter(|m| m.role == role).flat_map(|m| &m.content);
            blocks.filter(|block| is(block)).count()
        };
        let is_text = |block: &Block| matches!(block, Block::Text(_));
        let found = (
            count(Role::User, is_text),
            count(Role::Assistant, is_text),
            count(Role::Assistant, |block| matches!(block, Block::ToolUse(_))),
            count(Role::User, |block| matches!(block, Block::ToolResult(_))),
            messages
                .iter()
                .filter(|message| message.role == Role::Assistant)
                .filter_map(|message| Some(message.usage?.output))
                .sum::<u64>(),
        );
        let expected = (
            of("user.message").filter(has_words).count(),
            of("assistant.message").filter(has_words).count(),
            calls.values().filter(|is_intent| !**is_intent).count(),
            results,
            tokens,
        );
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<CopilotCli>(&logs(), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<CopilotCli>(|name| is_mine(name) && !name.ends_with(".md"));
}
