//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lore_plugin_copilot_cli::CopilotCli;
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

fn is_mine(name: &str) -> bool {
    name.starts_with("copilot-cli/")
}

fn logs() -> Vec<(String, Vec<u8>)> {
    corpus(|name| is_mine(name) && name.ends_with(".jsonl"))
}

fn read(name: &str, bytes: &[u8]) -> Batch {
    native::read_all::<CopilotCli>(&Source::memory(name, bytes))
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
    for (name, bytes) in corpus(|name| is_mine(name) && !name.ends_with(".md")) {
        let batch = read(&name, &bytes);
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted, lines.count() as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        assert!(batch.events.iter().any(|event| matches!(event, Event::Session(_))), "{name}");
    }
}

/// Every prompt and every answer with words is a message, every call and every result is told once,
/// except where the model only says what it is about to do.
#[test]
fn a_simple_count_finds_the_same() {
    for (name, bytes) in logs() {
        let text = String::from_utf8_lossy(&bytes);
        let events: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
        let of = |kind: &'static str| events.iter().filter(move |event| event["type"] == kind);
        let has_words = |event: &&Value| {
            event["data"]["content"].as_str().is_some_and(|text| !text.trim().is_empty())
        };
        let requests: Vec<&Value> = of("assistant.message")
            .flat_map(|event| event["data"]["toolRequests"].as_array().into_iter().flatten())
            .chain(of("tool.execution_start").map(|event| &event["data"]))
            .collect();
        let is_intent =
            |call: &Value| call["name"] == "report_intent" || call["toolName"] == "report_intent";
        let mut calls = BTreeMap::new();
        for call in requests {
            calls.insert(call["toolCallId"].to_string(), is_intent(call));
        }
        let results = of("tool.execution_complete")
            .filter(|event| calls.get(&event["data"]["toolCallId"].to_string()) != Some(&true))
            .count();
        let tokens: u64 = of("assistant.message")
            .filter_map(|event| event["data"]["outputTokens"].as_u64())
            .sum();

        let messages = messages(&[read(&name, &bytes)]);
        let count = |role, is: fn(&Block) -> bool| {
            let blocks = messages.iter().filter(|m| m.role == role).flat_map(|m| &m.content);
            blocks.filter(|block| is(block)).count()
        };
        let is_text = |block: &Block| matches!(block, Block::Text(_));
        let found = (
            count(Role::User, is_text),
            count(Role::Assistant, is_text),
            count(Role::Assistant, |block| matches!(block, Block::ToolUse(_))),
            count(Role::User, |block| matches!(block, Block::ToolResult(_))),
            messages
                .iter()
                .filter(|message| message.role == Role::Assistant)
                .filter_map(|message| Some(message.usage?.output))
                .sum::<u64>(),
        );
        let expected = (
            of("user.message").filter(has_words).count(),
            of("assistant.message").filter(has_words).count(),
            calls.values().filter(|is_intent| !**is_intent).count(),
            results,
            tokens,
        );
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    for (name, bytes) in logs() {
        let whole = messages(&[read(&name, &bytes)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = native::read_all::<CopilotCli>(&Source::memory(&name, &bytes[..cut]))
                .unwrap_or_else(|error| panic!("{name}, first {cut} bytes: {error:?}"));
            let source = Source::memory(&name, bytes.as_slice());
            let second = native::read_rest::<CopilotCli>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(messages(&[first, second]), whole, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(|name| !is_mine(name) || name.ends_with(".md")) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let refused = native::read_all::<CopilotCli>(&Source::memory(&name, bytes));
        assert_eq!(refused.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
    }
}
