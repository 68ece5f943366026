//! Real files, where there are some.

use std::collections::BTreeSet;

use lore_plugin_gemini::Gemini;
use lore_plugin_sdk::{Event, ParseError, Source, corpus, native};
use serde_json::Value;

/// Lists of prompts, of projects, and an invented form that no program writes.
const NO_SESSIONS: [&str; 3] = ["logs.json", "projects.json", "schema_drift.json"];

/// The session files: whatever else has an extension.
fn is_session(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let has_extension = name.rfind('.').is_some_and(|dot| dot > 0);
    path.starts_with("gemini/") && has_extension && !NO_SESSIONS.contains(&name)
}

#[test]
fn every_record_is_counted_and_every_id_is_one_message() {
    for (path, bytes) in corpus::files(is_session) {
        let batch = corpus::read::<Gemini>(&Source::memory(&path, bytes.as_slice()));
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
        let messages = native::messages(&batch);
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
    let base = "gemini/wingorithm/";
    let files = corpus::files(|name| name.starts_with(base));
    if files.is_empty() {
        return;
    }
    let path = "tmp/ticketing-vc/chats/session-2026-04-25T08-41-3494a697.jsonl";
    let read = |path: &str| {
        let file = files.iter().find(|(name, _)| name.strip_prefix(base) == Some(path));
        file.expect("it is there").1.as_slice()
    };
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
    for (path, bytes) in corpus::files(is_session) {
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
    corpus::refuses_foreign::<Gemini>(is_session);
}
