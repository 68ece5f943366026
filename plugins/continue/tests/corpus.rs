//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::fs;
use std::path::{Path, PathBuf};

use lore_plugin_continue::Continue;
use lore_plugin_sdk::fixture::Parsed;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Source, native};

/// Every file of the corpus with its path below it, those of Continue or those of the others; none if
/// there is no corpus.
fn corpus(of_continue: bool) -> Vec<(String, Vec<u8>)> {
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
            let name = relative(&root, &path);
            if name.starts_with("continue/") == of_continue {
                files.push((name, fs::read(&path).expect("the corpus can be read")));
            }
        }
    }
    assert!(!files.is_empty(), "LORE_CORPUS has no such files");
    files.sort();
    files
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("it was found below").to_string_lossy().replace('\\', "/")
}

fn read(name: &str, bytes: &[u8], checkpoint: Option<&[u8]>) -> Batch {
    native::read_rest::<Continue>(&Source::memory(name, bytes), checkpoint)
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

#[test]
fn every_entry_is_counted_once() {
    for (name, bytes) in corpus(true) {
        let batch = read(&name, &bytes, None);
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
        let messages = messages(&batch);
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
    for (name, bytes) in corpus(true) {
        let parsed = |batches: Vec<Batch>| {
            let mut parsed = Parsed::default();
            batches.into_iter().for_each(|batch| parsed.push(batch));
            parsed
        };
        let once = parsed(vec![read(&name, &bytes, None)]);
        if !name.contains("/sessions/") {
            continue; // nothing but the whole tells whose such a file is
        }
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = read(&name, &bytes[..cut], None);
            let second = read(&name, &bytes, Some(&first.checkpoint));
            assert_eq!(parsed(vec![first, second]), once, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(false) {
        let refused = native::read_all::<Continue>(&Source::memory(&name, bytes));
        assert_eq!(refused, Err(ParseError::NotMine), "{name}");
    }
}
