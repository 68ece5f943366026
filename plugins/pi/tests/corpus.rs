//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use lore_plugin_pi::Pi;
use lore_plugin_sdk::fixture::Parsed;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Source, native};

/// Every file of the corpus with its path below it, those of Pi or those of the others; none if
/// there is no corpus.
fn corpus(of_pi: bool) -> Vec<(String, Vec<u8>)> {
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
            if name.starts_with("pi/") == of_pi {
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
    native::read_rest::<Pi>(&Source::memory(name, bytes), checkpoint)
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
fn every_line_is_counted_once() {
    for (name, bytes) in corpus(true) {
        let batch = read(&name, &bytes, None);
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
        let messages = messages(&batch);
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
    for (name, bytes) in corpus(true) {
        let batch = read(&name, &bytes, None);
        let text = String::from_utf8_lossy(&bytes);
        let messages = messages(&batch);
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
    for (name, bytes) in corpus(true) {
        let parsed = |batches: Vec<Batch>| {
            let mut parsed = Parsed::default();
            batches.into_iter().for_each(|batch| parsed.push(batch));
            parsed
        };
        let once = parsed(vec![read(&name, &bytes, None)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = match native::read_all::<Pi>(&Source::memory(&name, &bytes[..cut])) {
                Err(ParseError::NotMine) if cut < 2000 => continue, // too little to tell
                first => first.unwrap_or_else(|error| panic!("{name}, cut at {cut}: {error:?}")),
            };
            let second = read(&name, &bytes, Some(&first.checkpoint));
            assert_eq!(parsed(vec![first, second]), once, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(false) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue; // it may become anybody's
        }
        let refused = native::read_all::<Pi>(&Source::memory(&name, bytes));
        assert_eq!(refused, Err(ParseError::NotMine), "{name}");
    }
}
