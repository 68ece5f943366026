//! Real files, where there are some.

use lore_plugin_copilot_chat::CopilotChat;
use lore_plugin_sdk::{Batch, Block, Event, Message, Role, Source, corpus, native};
use serde_json::Value;

/// The chats and transcripts; what lies beside them is no source.
fn is_mine(name: &str) -> bool {
    name.starts_with("copilot-chat/")
        && !name.ends_with("/workspace.json")
        && !name.ends_with("/models.json")
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    corpus::read::<CopilotChat>(&Source::memory(name, bytes))
}

#[test]
fn every_record_is_accounted_for() {
    for (name, bytes) in corpus::files(is_mine) {
        let batch = read(&name, &bytes);
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let expected = if name.ends_with(".json") {
            let document: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            let requests = document["requests"].as_array().expect("it has requests");
            let parts = requests.iter().filter_map(|request| request["response"].as_array());
            1 + requests.len() + parts.map(Vec::len).sum::<usize>()
        } else {
            let lines = bytes.split(|byte| *byte == b'\n');
            lines.filter(|line| !line.trim_ascii().is_empty()).count()
        };
        assert_eq!(counted, expected as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert!(batch.events.iter().any(|event| matches!(event, Event::Session(_))), "{name}");
        for event in &batch.events {
            let is_expected = match event {
                Event::Message(message) => message.role != Role::System,
                Event::Session(_) => true,
                Event::Problem(_) | Event::Memory(_) => false,
            };
            assert!(is_expected, "{name}: {event:?}");
        }
    }
}

/// Every prompt is a message, and every call of the model stands in one.
#[test]
fn a_simple_count_finds_the_same() {
    for (name, bytes) in corpus::files(is_mine) {
        let text = String::from_utf8_lossy(&bytes);
        let pretty = text.replace("\": \"", "\":\"");
        let count = |words: &str| pretty.matches(words).count();
        let prompts = count("\"requestId\":\"request_") + count("\"type\":\"user.message\"");
        let mut calls: Vec<&str> = Vec::new();
        for call in
            pretty.split("\"toolCallId\":\"").skip(1).chain(pretty.split("\"id\":\"toolu_").skip(1))
        {
            let id = call.split('"').next().unwrap_or_default();
            if !calls.contains(&id) {
                calls.push(id);
            }
        }
        // The document has its calls twice: as rounds, and as the editor shows them.
        let shown = count("\"kind\":\"toolInvocationSerialized\"");
        let messages = native::remaining(&[read(&name, &bytes)]);
        let found = messages.iter().filter(|message| message.role == Role::User);
        let is_prompt = |message: &&Message| matches!(message.content[0], Block::Text(_));
        assert_eq!(found.filter(is_prompt).count(), prompts, "{name}");
        let blocks = messages.iter().flat_map(|message| &message.content);
        let uses = blocks.filter(|block| matches!(block, Block::ToolUse(_))).count();
        assert_eq!(uses, calls.len() - shown, "{name}");
    }
}

#[test]
fn a_chat_is_the_same_in_both_forms() {
    let chats: Vec<_> = corpus::files(|name| name.contains("copilot_session_simple"))
        .iter()
        .map(|(name, bytes)| native::remaining(&[read(name, bytes)]))
        .collect();
    if let [document, log] = chats.as_slice() {
        assert_eq!(document, log);
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<CopilotChat>(&corpus::files(is_mine), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<CopilotChat>(is_mine);
}
