//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use lore_plugin_aider::Aider;
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
            let name = path.strip_prefix(&root).expect("it was found below").to_string_lossy();
            let name = name.replace('\\', "/");
            if is_wanted(&name) {
                files.push((name, fs::read(&path).expect("the corpus can be read")));
            }
        }
    }
    assert!(!files.is_empty(), "LORE_CORPUS has no such files");
    files.sort();
    files
}

/// The histories; the pages of the website only look like some.
fn histories() -> Vec<(String, Vec<u8>)> {
    corpus(|name| name.starts_with("aider/") && !name.contains("/aider-website/"))
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    native::read_all::<Aider>(&Source::memory(name, bytes))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

/// The messages that remain, each under its key.
fn messages(batches: &[Batch]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut places = BTreeMap::new();
    for event in batches.iter().flat_map(|batch| &batch.events) {
        let Event::Message(message) = event else { continue };
        match places.get(&(message.session.clone(), message.key.clone())) {
            Some(place) => messages[*place] = message.clone(),
            None => {
                places.insert((message.session.clone(), message.key.clone()), messages.len());
                messages.push(message.clone());
            }
        }
    }
    messages
}

#[test]
fn every_line_is_accounted_for() {
    for (name, bytes) in histories() {
        let batch = read(&name, &bytes);
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
        let batch = read(&name, &bytes);
        let messages = messages(std::slice::from_ref(&batch));
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
    for (name, bytes) in histories() {
        let whole = messages(&[read(&name, &bytes)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let source = Source::memory(&name, &bytes[..cut]);
            let first = match native::read_all::<Aider>(&source) {
                Err(ParseError::NotMine) if cut < 8 << 10 => continue,
                first => first.unwrap_or_else(|error| panic!("{name}, {cut} bytes: {error:?}")),
            };
            let source = Source::memory(&name, bytes.as_slice());
            let second = native::read_rest::<Aider>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(messages(&[first, second]), whole, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(|name| !name.starts_with("aider/") || name.contains("-website/")) {
        let refused = native::read_all::<Aider>(&Source::memory(&name, bytes));
        assert_eq!(refused.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
    }
}
