//! Real files, where there are some.

use std::collections::BTreeSet;

use lore_plugin_aider::Aider;
use lore_plugin_sdk::{Block, Message, Role, Source, corpus, native};

/// The histories; the pages of the website only look like some.
fn histories() -> Vec<(String, Vec<u8>)> {
    corpus::files(|name| name.starts_with("aider/") && !name.contains("/aider-website/"))
}

#[test]
fn every_line_is_accounted_for() {
    for (name, bytes) in histories() {
        let batch = corpus::read::<Aider>(&Source::memory(&name, bytes.as_slice()));
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let dealt_with = &bytes[..batch.position as usize];
        let lines = dealt_with.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !String::from_utf8_lossy(line).trim_end().is_empty());
        assert_eq!(counted, lines.count() as u64, "{name}");
        // What is left is a session without a prompt.
        let rest = String::from_utf8_lossy(&bytes[batch.position as usize..]);
        assert!(!rest.contains("\n#### "), "{name}: {rest}");
    }
}

/// Every edit and all tokens that aider tells of are told, and every prompt is one message.
#[test]
fn a_simple_count_finds_the_same() {
    for (name, bytes) in histories() {
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        let (mut prompts, mut applied, mut responses) = (0, 0, 0);
        let mut sessions = BTreeSet::new();
        let mut header = 0;
        for (at, line) in lines.iter().enumerate() {
            let is_ended = line.ends_with("  ") || name.contains("sessionwiki");
            if line.starts_with("# aider chat started at ") {
                header = at;
            } else if line.starts_with("####")
                && is_ended
                && !lines[at.saturating_sub(1)].starts_with("####")
                && line.trim_end() != "#### <blank>"
            {
                prompts += 1;
                sessions.insert(header);
            }
            applied += usize::from(line.starts_with("> Applied edit to ") && is_ended);
            let is_response = line.starts_with("> Tokens: ") && line.contains(" received.");
            if is_response && is_ended {
                responses += 1;
                sessions.insert(header);
            }
        }
        let batch = corpus::read::<Aider>(&Source::memory(&name, bytes.as_slice()));
        let messages = native::remaining(&[batch]);
        let found: BTreeSet<&str> =
            messages.iter().map(|message| message.session.as_str()).collect();
        assert_eq!(found.len(), sessions.len(), "{name}: sessions");
        let is_prompt = |message: &&Message| message.role == Role::User;
        assert_eq!(messages.iter().filter(is_prompt).count(), prompts, "{name}: prompts");
        let calls = messages
            .iter()
            .flat_map(|message| &message.content)
            .filter_map(|block| if let Block::ToolUse(call) = block { Some(call) } else { None });
        let edits: Vec<_> = calls.filter(|call| call.name == "edit").collect();
        assert_eq!(edits.len(), applied, "{name}: edits");
        if text.contains("<<<<<<< SEARCH") {
            for call in edits {
                let has_texts = call.edits.iter().all(|edit| edit.after.is_some());
                assert!(has_texts, "{name}: {call:?}");
            }
        }
        let with_usage = messages.iter().filter(|message| message.usage.is_some()).count();
        assert_eq!(with_usage, responses, "{name}: responses");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Aider>(&histories(), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Aider>(|name| {
        name.starts_with("aider/") && !name.contains("-website/")
    });
}
