//! Real files, where there are some.

use std::collections::BTreeSet;

use lore_plugin_kimi::Kimi;
use lore_plugin_sdk::{Event, ParseError, corpus, native};
use serde_json::Value;

fn is_kimi(path: &str) -> bool {
    path.starts_with("kimi/")
}

/// The logs: contexts of Kimi CLI and wires of Kimi Code. The wire beside a context is no source.
fn logs(files: &[(String, Vec<u8>)]) -> Vec<&(String, Vec<u8>)> {
    let is_log = |path: &str| path.ends_with(".jsonl") && !path.ends_with("/wire.jsonl");
    files.iter().filter(|(path, _)| is_log(path)).collect()
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
    let files = corpus::files(is_kimi);
    for (path, bytes) in logs(&files) {
        let batch = corpus::read::<Kimi>(&corpus::beside(&files, path, bytes));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let records: Vec<Value> =
            lines.map(|line| serde_json::from_slice(line).expect("a record")).collect();
        assert_eq!(counted as usize + problems, records.len(), "{path}");
        assert_eq!(batch.position, bytes.len() as u64, "{path}");
        let messages = native::remaining(&[batch]);
        assert_eq!(messages.len(), said(&records), "{path}");

        let output = |record: &Value| record["usage"]["output"].as_u64().unwrap_or(0);
        let spent: u64 = records.iter().map(output).sum();
        let usage = messages.iter().filter_map(|message| message.usage);
        assert_eq!(usage.map(|usage| usage.output).sum::<u64>(), spent, "{path}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus::files(is_kimi);
    for (path, bytes) in logs(&files) {
        let whole = corpus::beside(&files, path, bytes);
        let once = native::remaining(&[corpus::read::<Kimi>(&whole)]);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let first = match native::read_all::<Kimi>(&corpus::beside(&files, path, &bytes[..cut]))
            {
                Ok(first) => first,
                // So little does not tell yet whose file it is.
                Err(ParseError::NotMine) => continue,
                Err(error) => panic!("{path}, first {cut} bytes: {error:?}"),
            };
            match native::read_rest::<Kimi>(&whole, Some(&first.checkpoint)) {
                Ok(second) => {
                    assert_eq!(native::remaining(&[first, second]), once, "{path}, cut at {cut}")
                }
                // A context is read anew as a whole.
                Err(error) => assert_eq!(error, ParseError::StaleCheckpoint, "{path}"),
            }
        }
    }
}

/// They are read with the context that they lie beside.
#[test]
fn wires_beside_contexts_are_counted_and_tell_nothing() {
    let files = corpus::files(is_kimi);
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with("/wire.jsonl")) {
        let batch = corpus::read::<Kimi>(&corpus::beside(&files, path, bytes));
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        assert_eq!((counted as usize, batch.events.len()), (lines, 0), "{path}");
    }
}

#[test]
fn states_tell_titles_and_directories() {
    let files = corpus::files(is_kimi);
    let mut told = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, _)| path.ends_with("state.json")) {
        let events = corpus::read::<Kimi>(&corpus::beside(&files, path, bytes)).events;
        told.extend(events.into_iter().filter_map(|event| match event {
            Event::Session(session) => Some((session.id, session.title, session.directory)),
            _ => None,
        }));
    }
    let text = |text: &str| Some(text.to_owned());
    let session = "session_9eb1bf57-c1af-48a5-b658-0e8d9fe794f5".to_owned();
    if files.is_empty() {
        return;
    }
    let expected = vec![
        ("session-1".to_owned(), text("Implement Kimi provider"), None),
        (session, text("hi"), text("/private/tmp/as-agent-lab/kimi/project")),
    ];
    assert_eq!(told, expected);
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Kimi>(|name| is_kimi(name) && !name.ends_with("/wire.jsonl"));
}
