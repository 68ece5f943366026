//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use lore_plugin_opencode::OpenCode;
use lore_plugin_sdk::{Batch, Event, Message, ParseError, Source, Value, native};

type Files = BTreeMap<String, Vec<u8>>;

/// All files below the corpus folder that `is_wanted` names; none if there is no corpus.
fn corpus(is_wanted: impl Fn(&str) -> bool) -> Files {
    let Some(root) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        println!("skipped: LORE_CORPUS is not set");
        return Files::new();
    };
    let mut files = Files::new();
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
                files.insert(name, fs::read(&path).expect("the corpus can be read"));
            }
        }
    }
    assert!(!files.is_empty(), "LORE_CORPUS has no such files");
    files
}

fn is_opencode(name: &str) -> bool {
    name.starts_with("opencode/")
}

/// A file beside those of its folder in the corpus.
fn source(files: &Files, name: &str) -> Source {
    source_of(files, name, &files[name])
}

fn source_of(files: &Files, name: &str, bytes: &[u8]) -> Source {
    let others = files.iter().filter(|(other, _)| *other != name);
    others.fold(Source::memory(name, bytes), |source, (other, bytes)| {
        source.with_sibling(other, bytes.clone())
    })
}

/// The messages that remain, each under its key.
fn messages(batches: &[Batch]) -> BTreeMap<(String, String), Message> {
    let messages = batches.iter().flat_map(|batch| &batch.events).filter_map(|event| match event {
        Event::Message(message) => {
            Some(((message.session.clone(), message.key.clone()), message.clone()))
        }
        Event::Session(_) | Event::Problem(_) => None,
    });
    messages.collect()
}

/// Messages that have a record of their own.
fn own(messages: &BTreeMap<(String, String), Message>) -> usize {
    messages.keys().filter(|(_, key)| !key.contains('/')).count()
}

fn accounted(batch: &Batch) -> u64 {
    let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
    let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
    counted + batch.events.iter().filter(is_problem).count() as u64
}

#[test]
fn every_file_of_a_tree_is_accounted_for() {
    let files = corpus(is_opencode);
    let is_record = |name: &&String| {
        name.ends_with(".json")
            && ["/session/", "/message/", "/part/"].iter().any(|folder| name.contains(folder))
    };
    let (mut records, mut told, mut own_messages) = (0, BTreeMap::new(), 0);
    for name in files.keys().filter(is_record) {
        match native::read_all::<OpenCode>(&source(&files, name)) {
            Ok(batch) => {
                records += accounted(&batch);
                let found = messages(&[batch]);
                own_messages += own(&found);
                told.extend(found);
            }
            Err(ParseError::NotMine) => assert!(!name.contains("/session/"), "{name} is refused"),
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    assert_eq!(records, files.keys().filter(is_record).count() as u64);
    let written = files.keys().filter(|name| name.contains("/message/")).count();
    assert_eq!(own_messages, written);
    assert_eq!(own(&told), written, "a message is told once");
}

#[test]
fn every_row_of_a_database_is_accounted_for() {
    for (name, bytes) in corpus(|name| is_opencode(name) && name.ends_with(".db")) {
        let source = Source::memory(&name, bytes);
        let batch = native::read_all::<OpenCode>(&source).expect("it is read");
        let rows = |table: &str| match source.query(&format!("SELECT count(*) FROM {table}"), &[]) {
            Ok(rows) => match rows[0][0] {
                Value::Integer(rows) => rows as u64,
                _ => panic!("a count is an integer"),
            },
            Err(_) => 0,
        };
        assert_eq!(accounted(&batch), rows("session") + rows("message") + rows("part"), "{name}");
        assert_eq!(own(&messages(std::slice::from_ref(&batch))) as u64, rows("message"), "{name}");
        let again = native::read_rest::<OpenCode>(&source, Some(&batch.checkpoint));
        let again = again.expect("the checkpoint holds");
        assert_eq!(messages(&[batch.clone(), again]), messages(&[batch]), "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus(is_opencode);
    for name in files.keys().filter(|name| name.contains("/session/")) {
        let bytes = &files[name];
        let whole = native::read_all::<OpenCode>(&source(&files, name)).expect("it is read");
        for cut in 0..bytes.len() {
            let first = native::read_all::<OpenCode>(&source_of(&files, name, &bytes[..cut]))
                .unwrap_or_else(|error| panic!("{name}, first {cut} bytes: {error:?}"));
            let source = source(&files, name);
            let second = native::read_rest::<OpenCode>(&source, Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            let both = messages(&[first, second]);
            assert_eq!(both, messages(std::slice::from_ref(&whole)), "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    let mut refused = BTreeSet::new();
    for (name, bytes) in corpus(|name| !is_opencode(name)) {
        let result = native::read_all::<OpenCode>(&Source::memory(&name, bytes));
        assert_eq!(result.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
        refused.insert(name);
    }
    println!("{} files are refused", refused.len());
}
