//! Real files, where there are some.

use lore_plugin_cursor::Cursor;
use lore_plugin_sdk::{Block, Event, Source, corpus, native};

fn is_cursor(name: &str) -> bool {
    name.starts_with("cursor/")
}

fn is_transcript(name: &str) -> bool {
    // An error alone does not tell whose it is.
    is_cursor(name) && name.ends_with(".jsonl") && !name.ends_with("/error-only.jsonl")
}

#[test]
fn every_line_of_transcripts_is_accounted_for() {
    for (name, bytes) in corpus::files(is_transcript) {
        let batch = corpus::read::<Cursor>(&Source::memory(&name, bytes.as_slice()));
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let problems = batch.events.iter().filter(|event| matches!(event, Event::Problem(_)));
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted + problems.count() as u64, lines.clone().count() as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let has = |line: &[u8], words: &str| {
            line.windows(words.len()).any(|window| window == words.as_bytes())
        };
        let said = lines.filter(|line| has(line, "{\"role\":")).filter(|line| {
            // Nothing remains of an answer that is nothing but thoughts that are not told.
            !has(line, "[{\"type\":\"text\",\"text\":\"[REDACTED]\"}]")
        });
        let expected = said.count();
        let found = native::messages(&batch).iter().filter(|message| !message.injected).count();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn transcripts_read_in_two_steps_give_the_same() {
    corpus::reads_the_same_in_two_steps::<Cursor>(&corpus::files(is_transcript), |name, bytes| {
        Source::memory(name, bytes)
    });
}

/// The database has 26 composers with 82 bubbles, and chats with 49, of which five are the empty
/// box for the next prompt.
#[test]
fn every_bubble_of_a_workspace_is_a_message() {
    for (name, bytes) in corpus::files(|name| is_cursor(name) && name.ends_with("/state.vscdb")) {
        let batch = corpus::read::<Cursor>(&Source::memory(&name, bytes.as_slice()));
        let messages = native::messages(&batch);
        assert_eq!(messages.len(), 82 + 44, "{name}");
        assert!(messages.iter().all(|message| !message.content.is_empty()), "{name}");
        let count = |kind: &str| -> u32 {
            batch.counts.iter().filter(|count| count.kind == kind).map(|count| count.records).sum()
        };
        assert_eq!(count("bubble"), 82 + 49, "{name}");
        let blocks = messages.iter().flat_map(|message| &message.content);
        let edits = blocks.filter(|block| matches!(block, Block::ToolUse(_))).count();
        assert_eq!(edits, ACCEPTED, "{name}");

        let source = Source::memory(&name, bytes.as_slice());
        let again = native::read_rest::<Cursor>(&source, Some(&batch.checkpoint));
        let again = again.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(again.events.is_empty() && again.counts.is_empty(), "{name}");
    }
}

/// Blocks of code in answers whose version was accepted.
const ACCEPTED: usize = 45;

#[test]
fn a_database_of_the_agent_tells_its_session() {
    for (name, bytes) in corpus::files(|name| is_cursor(name) && name.ends_with("store.db")) {
        let batch = corpus::read::<Cursor>(&Source::memory(&name, bytes.as_slice()));
        let Some(Event::Session(session)) = batch.events.first() else {
            panic!("{name} tells of no session");
        };
        assert_eq!(session.id, "a1b2c3d4-e5f6-7890-abcd-ef1234567890");
        assert_eq!(session.title.as_deref(), Some("Test Session"));
        assert_eq!(session.model.as_deref(), Some("claude-4-sonnet"));
        assert_eq!(session.started, Some(1_775_522_590_321));
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Cursor>(is_cursor);
}
