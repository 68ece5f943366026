//! Every file of a corpus of real session files, if there is one: `LORE_CORPUS` names a directory
//! with one directory for each tool.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lore_plugin_kimi::Kimi;
use lore_plugin_sdk::{Batch, Event, Message, ParseError, Source, native};
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

/// The logs: contexts of Kimi CLI and wires of Kimi Code. The wire beside a context is no source.
fn logs(files: &BTreeMap<String, Vec<u8>>) -> Vec<(&String, &Vec<u8>)> {
    let is_log = |path: &str| path.ends_with(".jsonl") && !path.ends_with("/wire.jsonl");
    files.iter().filter(|(path, _)| is_log(path)).collect()
}

fn source(path: &str, bytes: &[u8], files: &BTreeMap<String, Vec<u8>>) -> Source {
    let beside = files.iter().filter(|(other, _)| *other != path);
    beside.fold(Source::memory(path, bytes), |source, (other, bytes)| {
        source.with_sibling(other, bytes.as_slice())
    })
}

/// The messages that remain, each under its key.
fn messages(batches: &[Batch]) -> BTreeMap<String, Message> {
    let events = batches.iter().flat_map(|batch| &batch.events);
    let messages = events.filter_map(|event| match event {
        Event::Message(message) => Some((message.key.clone(), message.clone())),
        _ => None,
    });
    messages.collect()
}

/// What a log says, counted by hand: messages of a context; messages, results and steps with
/// something in them of a wire.
fn said(records: &[Value]) -> usize {
    let steps: BTreeSet<&str> =
        records.iter().filter_map(|record| record["event"]["stepUuid"].as_str()).collect();
    let is_message = |record: &&Value| {
        record["role"].as_str().is_some_and(|role| !role.starts_with('_'))
            || record["type"] == "context.append_message"
            || record["event"]["type"] == "tool.result"
    };
    records.iter().filter(is_message).count() + steps.len()
}

#[test]
fn every_record_is_counted_and_everything_said_is_one_message() {
    let Some(corpus) = corpus() else { return };
    let files = files(&corpus, &corpus.join("kimi"));
    for (path, bytes) in logs(&files) {
        let batch = native::read_all::<Kimi>(&source(path, bytes, &files))
            .unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let records: Vec<Value> =
            lines.map(|line| serde_json::from_slice(line).expect("a record")).collect();
        assert_eq!(counted as usize + problems, records.len(), "{path}");
        assert_eq!(batch.position, bytes.len() as u64, "{path}");
        let messages = messages(&[batch]);
        assert_eq!(messages.len(), said(&records), "{path}");

        let output = |record: &Value| record["usage"]["output"].as_u64().unwrap_or(0);
        let spent: u64 = records.iter().map(output).sum();
        let usage = messages.values().filter_map(|message| message.usage);
        assert_eq!(usage.map(|usage| usage.output).sum::<u64>(), spent, "{path}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let Some(corpus) = corpus() else { return };
    let files = files(&corpus, &corpus.join("kimi"));
    for (path, bytes) in logs(&files) {
        let whole = source(path, bytes, &files);
        let once = messages(&[native::read_all::<Kimi>(&whole).expect("it is Kimi's")]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = match native::read_all::<Kimi>(&source(path, &bytes[..cut], &files)) {
                Ok(first) => first,
                // So little does not tell yet whose file it is.
                Err(ParseError::NotMine) => continue,
                Err(error) => panic!("{path}, first {cut} bytes: {error:?}"),
            };
            match native::read_rest::<Kimi>(&whole, Some(&first.checkpoint)) {
                Ok(second) => assert_eq!(messages(&[first, second]), once, "{path}, cut at {cut}"),
                // A context is read anew as a whole.
                Err(error) => assert_eq!(error, ParseError::StaleCheckpoint, "{path}"),
            }
        }
    }
}

#[test]
fn states_tell_titles_and_directories() {
    let Some(corpus) = corpus() else { return };
    let files = files(&corpus, &corpus.join("kimi"));
    let mut told = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with("state.json")) {
        let events = native::read_all::<Kimi>(&source(path, bytes, &files)).expect("Kimi's").events;
        told.extend(events.into_iter().filter_map(|event| match event {
            Event::Session(session) => Some((session.id, session.title, session.directory)),
            _ => None,
        }));
    }
    let text = |text: &str| Some(text.to_owned());
    let session = "session_9eb1bf57-c1af-48a5-b658-0e8d9fe794f5".to_owned();
    let expected = vec![
        ("session-1".to_owned(), text("Implement Kimi provider"), None),
        (session, text("hi"), text("/private/tmp/as-agent-lab/kimi/project")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn files_of_other_tools_are_refused() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in files(&corpus, &corpus) {
        let is_own = path.starts_with("kimi/") && !path.ends_with("/wire.jsonl");
        if is_own || bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let read = native::read_all::<Kimi>(&Source::memory(&path, bytes));
        assert_eq!(read.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{path}");
    }
}
