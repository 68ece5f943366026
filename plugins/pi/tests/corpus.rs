//! Real files, where there are some.

use std::collections::HashSet;

use lore_plugin_pi::Pi;
use lore_plugin_sdk::{Block, Event, Source, corpus, native};

fn is_pi(name: &str) -> bool {
    name.starts_with("pi/")
}

#[test]
fn every_line_is_counted_once() {
    for (name, bytes) in corpus::files(is_pi) {
        let batch = corpus::read::<Pi>(&Source::memory(&name, bytes.as_slice()));
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted as usize, lines.count(), "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let text = String::from_utf8_lossy(&bytes);
        let lines_of = |kinds: &[&str]| {
            let is_of = |line: &&str| {
                kinds.iter().any(|kind| line.starts_with(&format!("{{\"type\":\"{kind}\"")))
            };
            text.lines().filter(is_of).count()
        };
        let said = ["message", "compaction", "compactionSummary", "branchSummary"];
        let messages = native::messages(&batch);
        assert_eq!(messages.len(), lines_of(&said), "{name}");
        let keys: HashSet<_> = messages.iter().map(|message| &message.key).collect();
        assert_eq!(keys.len(), messages.len(), "{name}: each message has a key of its own");
        let count = |is: fn(&Block) -> bool| {
            messages.iter().flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let calls = text.matches("{\"type\":\"toolCall\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        let results = text.matches("\"role\":\"toolResult\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), results, "{name}");
        let problems = batch.events.iter().filter(|event| matches!(event, Event::Problem(_)));
        assert_eq!(problems.count(), 0, "{name}");
    }
}

#[test]
fn every_edit_has_both_texts() {
    for (name, bytes) in corpus::files(is_pi) {
        let batch = corpus::read::<Pi>(&Source::memory(&name, bytes.as_slice()));
        let text = String::from_utf8_lossy(&bytes);
        let messages = native::messages(&batch);
        let blocks = messages.iter().flat_map(|message| &message.content);
        let edits = blocks.filter_map(|block| match block {
            Block::ToolUse(call) if call.name == "edit" => Some(&call.edits),
            _ => None,
        });
        let edits: Vec<_> = edits.flatten().collect();
        assert_eq!(edits.len(), text.matches(",\"newText\":\"").count(), "{name}");
        assert!(edits.iter().all(|e| e.before.is_some() && e.after.is_some()), "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Pi>(&corpus::files(is_pi), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Pi>(is_pi);
}
