//! Real files, where there are some.

use lore_plugin_amp::Amp;
use lore_plugin_sdk::{Block, Source, corpus, native};

fn is_amp(name: &str) -> bool {
    name.starts_with("amp/")
}

#[test]
fn every_message_is_counted_once() {
    for (name, bytes) in corpus::files(is_amp) {
        let batch = corpus::read::<Amp>(&Source::memory(&name, bytes.as_slice()));
        let text = String::from_utf8_lossy(&bytes);
        let said = text.matches("\"role\": \"").count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        assert_eq!(counted as usize, said + 1, "{name}: its messages and its head");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert_eq!(native::messages(&batch).len(), said, "{name}");
        let count = |is: fn(&Block) -> bool| {
            native::messages(&batch).iter().flat_map(|m| &m.content).filter(|b| is(b)).count()
        };
        let calls = text.matches("\"type\": \"tool_use\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        let results = text.matches("\"type\": \"tool_result\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), results, "{name}");
        assert_eq!(count(|block| matches!(block, Block::Other(_))), 0, "{name}");
        let spent =
            native::messages(&batch).iter().filter(|message| message.usage.is_some()).count();
        assert_eq!(spent, text.matches("\"usage\": {").count(), "{name}");
        assert!(native::messages(&batch).iter().all(|message| message.at.is_some()), "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Amp>(&corpus::files(is_amp), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Amp>(is_amp);
}
