//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lore_plugin_cursor::Cursor;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Source, native};

/// All files below the corpus folder that `is_wanted` names; none if there is no corpus.
fn corpus(is_wanted: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        println!("skipped: LORE_CORPUS is not set");
        return Vec::new();
    };
    let mut files = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).expect("the corpus can be listed") {
            let path = entry.expect("the corpus can be listed").path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let name = path.strip_prefix(&root).expect("it was found below");
            let name = name.to_string_lossy().replace('\\', "/");
            if is_wanted(&name) {
                files.push((name, fs::read(&path).expect("the corpus can be read")));
            }
        }
    }
    assert!(!files.is_empty(), "LORE_CORPUS has no such files");
    files.sort();
    files
}

fn is_cursor(name: &str) -> bool {
    name.starts_with("cursor/")
}

fn is_transcript(name: &str) -> bool {
    // An error alone does not tell whose it is.
    is_cursor(name) && name.ends_with(".jsonl") && !name.ends_with("/error-only.jsonl")
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    native::read_all::<Cursor>(&Source::memory(name, bytes))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn messages(batch: &Batch) -> Vec<&Message> {
    let mut messages = Vec::new();
    for event in &batch.events {
        if let Event::Message(message) = event {
            messages.push(message);
        }
    }
    messages
}

/// The messages that remain, each under its key.
fn settled(batches: &[Batch]) -> BTreeMap<(&str, &str), &Message> {
    let messages = batches.iter().flat_map(messages);
    messages.map(|message| ((message.session.as_str(), message.key.as_str()), message)).collect()
}

#[test]
fn every_line_of_transcripts_is_accounted_for() {
    for (name, bytes) in corpus(is_transcript) {
        let batch = read(&name, &bytes);
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
        let found = messages(&batch).iter().filter(|message| !message.injected).count();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn transcripts_read_in_two_steps_give_the_same() {
    for (name, bytes) in corpus(is_transcript) {
        let whole = [read(&name, &bytes)];
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = match native::read_all::<Cursor>(&Source::memory(&name, &bytes[..cut])) {
                Ok(first) => first,
                // Part of a line does not tell whose file it is.
                Err(ParseError::NotMine) if !bytes[..cut].contains(&b'\n') => continue,
                Err(error) => panic!("{name}, first {cut} bytes: {error:?}"),
            };
            let source = Source::memory(&name, bytes.as_slice());
            let second = native::read_rest::<Cursor>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(settled(&[first, second]), settled(&whole), "{name}, cut at {cut}");
        }
    }
}

/// The database has 26 composers with 82 bubbles, and chats with 49, of which five are the empty
/// box for the next prompt.
#[test]
fn every_bubble_of_a_workspace_is_a_message() {
    for (name, bytes) in corpus(|name| is_cursor(name) && name.ends_with("/state.vscdb")) {
        let batch = read(&name, &bytes);
        let messages = messages(&batch);
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
    for (name, bytes) in corpus(|name| is_cursor(name) && name.ends_with("store.db")) {
        let batch = read(&name, &bytes);
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
    let mut taken = Vec::new();
    for (name, bytes) in corpus(|name| !is_cursor(name)) {
        let read = native::read_all::<Cursor>(&Source::memory(&name, bytes.as_slice()));
        let is_nothing = |batch: &Batch| batch.events.is_empty() && batch.counts.is_empty();
        match read {
            Err(ParseError::NotMine) => {}
            Ok(batch) if is_nothing(&batch) => {}
            Ok(_) => taken.push(format!("{name}: taken")),
            Err(error) => taken.push(format!("{name}: {error:?}")),
        }
    }
    assert!(taken.is_empty(), "taken for ours: {taken:#?}");
}
