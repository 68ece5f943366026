//! Every file of a corpus of real session files, if there is one: `LORE_CORPUS` names a directory
//! with one directory for each tool.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lore_plugin_gemini::Gemini;
use lore_plugin_sdk::{Event, Message, ParseError, Source, native};
use serde_json::Value;

/// Lists of prompts, of projects, and an invented form that no program writes.
const NO_SESSIONS: [&str; 3] = ["logs.json", "projects.json", "schema_drift.json"];

/// The corpus, or nothing: then there is nothing to prove.
fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LORE_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        println!("skipped: LORE_CORPUS is not set");
    }
    corpus
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the corpus is readable").flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(self::files(&path)),
            path => files.push(path),
        }
    }
    files.sort();
    files
}

/// The session files of Gemini by their path below the corpus.
fn sessions(corpus: &Path) -> BTreeMap<String, Vec<u8>> {
    let paths = files(&corpus.join("gemini")).into_iter().filter(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        path.extension().is_some() && !NO_SESSIONS.contains(&&*name)
    });
    let read = |path: PathBuf| (relative(corpus, &path), std::fs::read(&path).expect("readable"));
    paths.map(read).collect()
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/")
}

fn messages(events: &[Event]) -> Vec<&Message> {
    let messages = events.iter().filter_map(|event| match event {
        Event::Message(message) => Some(message),
        _ => None,
    });
    messages.collect()
}

#[test]
fn every_record_is_counted_and_every_id_is_one_message() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in sessions(&corpus) {
        let batch = native::read_all::<Gemini>(&Source::memory(&path, bytes.as_slice()))
            .unwrap_or_else(|error| panic!("{path}: {error:?}"));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let (records, told) = match path.ends_with(".json") {
            true => {
                let document: Value = serde_json::from_slice(&bytes).expect("a document");
                let messages = document["messages"].as_array().expect("messages").clone();
                (messages.len() + 1, messages)
            }
            false => {
                let lines = bytes.split(|byte| *byte == b'\n');
                let lines = lines.filter(|line| !line.trim_ascii().is_empty());
                let lines: Vec<Value> =
                    lines.map(|line| serde_json::from_slice(line).expect("a record")).collect();
                (lines.len(), lines)
            }
        };
        assert_eq!(counted as usize + problems, records, "{path}");
        assert_eq!(batch.position, bytes.len() as u64, "{path}");
        let ids: BTreeSet<_> = told.iter().filter_map(|record| record["id"].as_str()).collect();
        let messages = messages(&batch.events);
        assert_eq!(messages.len(), ids.len(), "{path}");
        let last = |id: &str| told.iter().rfind(|record| record["id"] == *id).expect("it is told");
        let tokens = |id: &str| last(id)["tokens"]["total"].as_u64().unwrap_or(0);
        let spent: u64 = ids.iter().map(|id| tokens(id)).sum();
        let usage = messages.iter().filter_map(|message| message.usage);
        let counted: u64 = usage.map(|u| u.input + u.output + u.cache_read).sum();
        assert_eq!(counted, spent, "{path}");
    }
}

#[test]
fn the_directory_is_known_from_the_files_beside() {
    let Some(corpus) = corpus() else { return };
    let base = corpus.join("gemini/wingorithm");
    let path = "tmp/ticketing-vc/chats/session-2026-04-25T08-41-3494a697.jsonl";
    let read = |path: &str| std::fs::read(base.join(path)).expect("readable");
    for beside in ["tmp/ticketing-vc/.project_root", "projects.json"] {
        let source = Source::memory(path, read(path)).with_sibling(beside, read(beside));
        let events = native::read_all::<Gemini>(&source).expect("it is Gemini's").events;
        let Some(Event::Session(session)) = events.first() else { panic!("no session") };
        let directory = "c:\\beta-project\\vibe engineering\\ticketing-vc";
        assert_eq!(session.directory.as_deref(), Some(directory), "{beside}");
    }
}

/// A log is read as a whole whenever it has grown.
#[test]
fn a_log_that_grew_is_read_anew() {
    let Some(corpus) = corpus() else { return };
    for (path, bytes) in sessions(&corpus) {
        for cut in (1..8).map(|eighth| bytes.len() * eighth / 8) {
            let first = match native::read_all::<Gemini>(&Source::memory(&path, &bytes[..cut])) {
                Ok(first) => first,
                // So little does not tell yet whose file it is.
                Err(ParseError::NotMine) => continue,
                Err(error) => panic!("{path}, first {cut} bytes: {error:?}"),
            };
            let whole = Source::memory(&path, bytes.as_slice());
            let second = native::read_rest::<Gemini>(&whole, Some(&first.checkpoint));
            assert_eq!(second, Err(ParseError::StaleCheckpoint), "{path}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    let Some(corpus) = corpus() else { return };
    let sessions = sessions(&corpus);
    for path in files(&corpus) {
        let bytes = std::fs::read(&path).expect("the file is readable");
        let path = relative(&corpus, &path);
        if sessions.contains_key(&path) || bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let read = native::read_all::<Gemini>(&Source::memory(&path, bytes));
        assert_eq!(read.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{path}");
    }
}
