//! Every file of a corpus of real session files, if there is one: `LORE_CORPUS` names a directory
//! with one directory for each tool.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lore_plugin_qwen::Qwen;
use lore_plugin_sdk::{Batch, Event, Message, ParseError, Role, Source, native};
use serde_json::Value;

/// The corpus, or nothing: then there is nothing to prove.
fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LORE_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: LORE_CORPUS is not set");
    }
    corpus
}

/// All files below a directory, by their path below the corpus.
fn files(corpus: &Path, directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(directory).expect("the corpus is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(corpus, &path));
        } else {
            let name = path.strip_prefix(corpus).expect("below the corpus").to_string_lossy();
            files.insert(name.replace('\\', "/"), std::fs::read(&path).expect("it is readable"));
        }
    }
    files
}

fn read(path: &str, bytes: &[u8]) -> Batch {
    native::read_all::<Qwen>(&Source::memory(path, bytes))
        .unwrap_or_else(|error| panic!("{path}: {error:?}"))
}

fn messages(batches: &[Batch]) -> Vec<Message> {
    let events = batches.iter().flat_map(|batch| &batch.events);
    let messages = events.filter_map(|event| match event {
        Event::Message(message) => Some(message.clone()),
        _ => None,
    });
    messages.collect()
}

/// Every line is counted; every record of people, the model and tools is one message.
#[test]
fn every_line_is_counted_and_every_turn_is_one_message() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in files(&corpus, &corpus.join("qwen")) {
        let batch = read(&path, &bytes);
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
        assert_eq!(counted as usize + problems, lines, "{path}");
        assert_eq!(batch.position, bytes.len() as u64, "{path}");

        let records = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
        let kinds: Vec<String> = records
            .map(|record| record.expect("a record")["type"].as_str().expect("a type").to_owned())
            .collect();
        let told = kinds.iter().filter(|kind| *kind != "system").count();
        let messages = messages(&[batch]);
        let turns = messages.iter().filter(|message| message.role != Role::System).count();
        assert_eq!(turns, told, "{path}");
        let answers = kinds.iter().filter(|kind| *kind == "assistant").count();
        let said = messages.iter().filter(|message| message.role == Role::Assistant).count();
        assert_eq!(said, answers, "{path}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in files(&corpus, &corpus.join("qwen")) {
        let whole = messages(&[read(&path, &bytes)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = read(&path, &bytes[..cut]);
            let source = Source::memory(&path, bytes.as_slice());
            let second = native::read_rest::<Qwen>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{path} from {cut} on: {error:?}"));
            assert_eq!(messages(&[first, second]), whole, "{path}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in files(&corpus, &corpus) {
        if path.starts_with("qwen/") || bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let read = native::read_all::<Qwen>(&Source::memory(&path, bytes));
        assert_eq!(read.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{path}");
    }
}
