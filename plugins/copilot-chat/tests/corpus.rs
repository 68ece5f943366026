//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lore_plugin_copilot_chat::CopilotChat;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Role, Source, native};
use serde_json::Value;

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

/// The chats and transcripts; what lies beside them is no source.
fn is_mine(name: &str) -> bool {
    name.starts_with("copilot-chat/")
        && !name.ends_with("/workspace.json")
        && !name.ends_with("/models.json")
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    native::read_all::<CopilotChat>(&Source::memory(name, bytes))
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
fn every_record_is_accounted_for() {
    for (name, bytes) in corpus(is_mine) {
        let batch = read(&name, &bytes);
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let expected = if name.ends_with(".json") {
            let document: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            let requests = document["requests"].as_array().expect("it has requests");
            let parts = requests.iter().filter_map(|request| request["response"].as_array());
            1 + requests.len() + parts.map(Vec::len).sum::<usize>()
        } else {
            let lines = bytes.split(|byte| *byte == b'\n');
            lines.filter(|line| !line.trim_ascii().is_empty()).count()
        };
        assert_eq!(counted, expected as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert!(batch.events.iter().any(|event| matches!(event, Event::Session(_))), "{name}");
        for event in &batch.events {
            let is_expected = match event {
                Event::Message(message) => message.role != Role::System,
                Event::Session(_) => true,
                Event::Problem(_) => false,
            };
            assert!(is_expected, "{name}: {event:?}");
        }
    }
}

/// Every prompt is a message, and every call of the model stands in one.
#[test]
fn a_simple_count_finds_the_same() {
    for (name, bytes) in corpus(is_mine) {
        let text = String::from_utf8_lossy(&bytes);
        let pretty = text.replace("\": \"", "\":\"");
        let count = |words: &str| pretty.matches(words).count();
        let prompts = count("\"requestId\":\"request_") + count("\"type\":\"user.message\"");
        let mut calls: Vec<&str> = Vec::new();
        for call in
            pretty.split("\"toolCallId\":\"").skip(1).chain(pretty.split("\"id\":\"toolu_").skip(1))
        {
            let id = call.split('"').next().unwrap_or_default();
            if !calls.contains(&id) {
                calls.push(id);
            }
        }
        // The document has its calls twice: as rounds, and as the editor shows them.
        let shown = count("\"kind\":\"toolInvocationSerialized\"");
        let messages = messages(&[read(&name, &bytes)]);
        let found = messages.iter().filter(|message| message.role == Role::User);
        let is_prompt = |message: &&Message| matches!(message.content[0], Block::Text(_));
        assert_eq!(found.filter(is_prompt).count(), prompts, "{name}");
        let blocks = messages.iter().flat_map(|message| &message.content);
        let uses = blocks.filter(|block| matches!(block, Block::ToolUse(_))).count();
        assert_eq!(uses, calls.len() - shown, "{name}");
    }
}

#[test]
fn a_chat_is_the_same_in_both_forms() {
    let chats: Vec<_> = corpus(|name| name.contains("copilot_session_simple"))
        .iter()
        .map(|(name, bytes)| messages(&[read(name, bytes)]))
        .collect();
    if let [document, log] = chats.as_slice() {
        assert_eq!(document, log);
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    for (name, bytes) in corpus(is_mine) {
        let whole = messages(&[read(&name, &bytes)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = match native::read_all::<CopilotChat>(&Source::memory(&name, &bytes[..cut]))
            {
                // So little does not tell whose file it is.
                Err(ParseError::NotMine) => continue,
                first => first.unwrap_or_else(|error| panic!("{name}, {cut} bytes: {error:?}")),
            };
            let source = Source::memory(&name, bytes.as_slice());
            let second = native::read_rest::<CopilotChat>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(messages(&[first, second]), whole, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(|name| !is_mine(name)) {
        let refused = native::read_all::<CopilotChat>(&Source::memory(&name, bytes));
        assert_eq!(refused.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
    }
}
