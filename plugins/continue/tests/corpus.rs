//! Real files, where there are some.

use lore_plugin_continue::Continue;
use lore_plugin_sdk::{Block, Source, corpus, native};

fn is_continue(name: &str) -> bool {
    name.starts_with("continue/")
}

#[test]
fn every_entry_is_counted_once() {
    for (name, bytes) in corpus::files(is_continue) {
        let batch = corpus::read::<Continue>(&Source::memory(&name, bytes.as_slice()));
        let text = String::from_utf8_lossy(&bytes);
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        if name.ends_with("/sessions.json") {
            let listed = text.matches("\"title\":").count();
            assert_eq!(counted as usize, listed, "{name}");
            assert_eq!(batch.events.len(), listed, "{name}");
            continue;
        }
        let (entries, steps) = (text.matches("\"message\": {"), text.matches("\"step\": {"));
        let records = entries.count() + steps.count();
        assert_eq!(counted as usize, records + 1, "{name}: its entries and its head");
        // One step of the old session says nothing; results stand in a message of their own.
        let silent = text.matches("\"StepsOnStartupStep\", \"system_message\"").count();
        let messages = native::messages(&batch);
        let said = messages.iter().filter(|m| m.key != "usage" && !m.key.ends_with("/results"));
        assert_eq!(said.count(), records - silent, "{name}");
        let count = |is: fn(&Block) -> bool| {
            messages.iter().flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let calls = text.matches("\"toolCallId\":").count() - text.matches("\"tool\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), calls, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Continue>(
        &corpus::files(|name| is_continue(name) && name.contains("/sessions/")),
        |name, bytes| Source::memory(name, bytes),
    );
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Continue>(is_continue);
}
