//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::fs;
use std::path::{Path, PathBuf};

use lore_plugin_droid::Droid;
use lore_plugin_sdk::fixture::Parsed;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Source, native};

/// Every file of the corpus with its path below it, those of Droid or those of the others; none if
/// there is no corpus.
fn corpus(of_droid: bool) -> Vec<(String, Vec<u8>)> {
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
            if name.starts_with("droid/") == of_droid {
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

fn is_session(name: &str) -> bool {
    name.ends_with(".jsonl")
}

/// The first bytes of a session's file, beside all of Droid's files.
fn source(name: &str, bytes: &[u8], files: &[(String, Vec<u8>)]) -> Source {
    let others = files.iter().filter(|(other, _)| other != name);
    others.fold(Source::memory(name, bytes), |source, (other, bytes)| {
        source.with_sibling(other.as_str(), bytes.as_slice())
    })
}

fn read(source: &Source, checkpoint: Option<&[u8]>) -> Batch {
    native::read_rest::<Droid>(source, checkpoint)
        .unwrap_or_else(|error| panic!("{}: {error:?}", source.path()))
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
    let files = corpus(true);
    for (name, bytes) in files.iter().filter(|(name, _)| is_session(name)) {
        let batch = read(&source(name, bytes, &files), None);
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted as usize, lines.count(), "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let text = String::from_utf8_lossy(bytes);
        let lines_of = |kind: &str| {
            text.lines().filter(|line| line.starts_with(&format!("{{\"type\":\"{kind}\""))).count()
        };
        let mut expected = lines_of("message");
        for kind in ["tool_call", "tool_result", "completion", "error"] {
            expected += lines_of(kind);
        }
        let messages = messages(&batch);
        let said = messages.iter().filter(|m| m.key != "settings" && !m.key.ends_with("/context"));
        assert_eq!(said.count(), expected, "{name}");
        let count = |is: fn(&Block) -> bool| {
            messages.iter().flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let calls = text.matches("\"type\":\"tool_use\"").count() + lines_of("tool_call");
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), calls, "{name}");
    }
}

#[test]
fn settings_give_model_and_tokens() {
    let files = corpus(true);
    for (name, _) in files.iter().filter(|(name, _)| !is_session(name)) {
        let session = name.replace(".settings.json", ".jsonl");
        let (_, bytes) = files.iter().find(|(name, _)| *name == session).expect("its session");
        let batch = read(&source(&session, bytes, &files), None);
        let is_told = |event: &Event| match event {
            Event::Session(session) => session.model.is_some(),
            Event::Message(message) => message.usage.is_some_and(|used| used.output > 0),
            Event::Problem(_) => false,
        };
        assert_eq!(batch.events.iter().filter(|event| is_told(event)).count(), 2, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus(true);
    for (name, bytes) in files.iter().filter(|(name, _)| is_session(name)) {
        let parsed = |batches: Vec<Batch>| {
            let mut parsed = Parsed::default();
            batches.into_iter().for_each(|batch| parsed.push(batch));
            parsed
        };
        let whole = source(name, bytes, &files);
        let once = parsed(vec![read(&whole, None)]);
        for cut in 0..bytes.len() {
            let first = read(&source(name, &bytes[..cut], &files), None);
            let second = read(&whole, Some(&first.checkpoint));
            assert_eq!(parsed(vec![first, second]), once, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    let settings = corpus(true).into_iter().filter(|(name, _)| !is_session(name));
    for (name, bytes) in corpus(false).into_iter().chain(settings) {
        let refused = native::read_all::<Droid>(&Source::memory(&name, bytes.as_slice()));
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue; // it may become anybody's
        }
        assert_eq!(refused, Err(ParseError::NotMine), "{name}");
    }
}
