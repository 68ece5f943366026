//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lore_plugin_codex::Codex;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Role, Source, native};

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
            let name = relative(&root, &path);
            if is_wanted(&name) && (name.ends_with(".json") || name.ends_with(".jsonl")) {
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

fn is_codex(name: &str) -> bool {
    name.starts_with("codex/")
}

/// The messages that remain, each under its key.
fn messages(batches: &[Batch]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut places = BTreeMap::new();
    for event in batches.iter().flat_map(|batch| &batch.events) {
        let Event::Message(message) = event else { continue };
        match places.get(&message.key) {
            Some(place) => messages[*place] = message.clone(),
            None => {
                places.insert(message.key.clone(), messages.len());
                messages.push(message.clone());
            }
        }
    }
    messages
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    native::read_all::<Codex>(&Source::memory(name, bytes))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

#[test]
fn every_line_is_accounted_for() {
    for (name, bytes) in corpus(is_codex) {
        let batch = read(&name, &bytes);
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
        let problems = batch.events.iter().filter(is_problem).count() as u64;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted + problems, lines.count() as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let sessions = batch.events.iter().filter(|event| matches!(event, Event::Session(_)));
        assert!(sessions.count() > 0, "{name} tells of no session");
    }
}

/// The rollouts tell dialogue in two streams: 43 and 255 answers of the model stand in each of
/// them, and the prompts of people are those that both tell.
#[test]
fn what_is_said_twice_is_one_message() {
    let expected = BTreeMap::from([
        ("019c8a4c-ed82-79a1-aa28-7738fc5ab61a", (43, 59, 10, 105)),
        ("019c8a59-e9dd-71f0-9ae3-4079fe9726a9", (255, 199, 46, 372)),
        ("019c8a70-dda7-7f33-98ea-f30553347322", (1, 1, 4, 1)),
        ("019c8bfe-ec25-79e0-97d7-bda6a9c575ff", (6, 6, 3, 5)),
        ("01996135-afde-7911-97f0-d863511eca56", (9, 0, 2, 21)),
    ]);
    for (name, bytes) in corpus(is_codex) {
        let messages = messages(&[read(&name, &bytes)]);
        let Some(session) = messages.first().map(|message| message.session.as_str()) else {
            continue;
        };
        let Some(expected) = expected.get(session) else { continue };
        let count = |role, is: fn(&Block) -> bool| {
            messages.iter().filter(|m| m.role == role && m.content.iter().any(is)).count()
        };
        let is_text = |block: &Block| matches!(block, Block::Text(_));
        let found = (
            count(Role::Assistant, is_text),
            count(Role::Assistant, |block| matches!(block, Block::Thinking(_))),
            count(Role::User, is_text),
            count(Role::Assistant, |block| matches!(block, Block::ToolUse(_))),
        );
        assert_eq!(found, *expected, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    for (name, bytes) in corpus(is_codex) {
        let whole = messages(&[read(&name, &bytes)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = native::read_all::<Codex>(&Source::memory(&name, &bytes[..cut]))
                .unwrap_or_else(|error| panic!("{name}, first {cut} bytes: {error:?}"));
            let source = Source::memory(&name, bytes.as_slice());
            let second = native::read_rest::<Codex>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(messages(&[first, second]), whole, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(|name| !is_codex(name)) {
        let refused = native::read_all::<Codex>(&Source::memory(&name, bytes.as_slice()));
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        assert_eq!(refused.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
    }
}
