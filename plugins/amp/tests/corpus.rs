//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::fs;
use std::path::{Path, PathBuf};

use lore_plugin_amp::Amp;
use lore_plugin_sdk::fixture::Parsed;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Source, native};

/// Every file of the corpus with its path below it, those of Amp or those of the others; none if
/// there is no corpus.
fn corpus(of_amp: bool) -> Vec<(String, Vec<u8>)> {
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
            if name.starts_with("amp/") == of_amp {
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
    native::read_rest::<Amp>(&Source::memory(name, bytes), checkpoint)
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
fn every_message_is_counted_once() {
    for (name, bytes) in corpus(true) {
        let batch = read(&name, &bytes, None);
        let text = String::from_utf8_lossy(&bytes);
        let said = text.matches("\"role\": \"").count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        assert_eq!(counted as usize, said + 1, "{name}: its messages and its head");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert_eq!(messages(&batch).len(), said, "{name}");
        let count = |is: fn(&Block) -> bool| {
            messages(&batch).iter().flat_map(|m| &m.content).filter(|b| is(b)).count()
        };
        let calls = text.matches("\"type\": \"tool_use\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        let results = text.matches("\"type\": \"tool_result\"").count();
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), results, "{name}");
        assert_eq!(count(|block| matches!(block, Block::Other(_))), 0, "{name}");
        let spent = messages(&batch).iter().filter(|message| message.usage.is_some()).count();
        assert_eq!(spent, text.matches("\"usage\": {").count(), "{name}");
        assert!(messages(&batch).iter().all(|message| message.at.is_some()), "{name}");
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
        let refused = native::read_all::<Amp>(&Source::memory(&name, bytes));
        assert_eq!(refused, Err(ParseError::NotMine), "{name}");
    }
}
