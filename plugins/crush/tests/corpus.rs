//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lore_plugin_crush::Crush;
use lore_plugin_sdk::{Batch, Event, Message, ParseError, Source, Value, native};

/// All files below the corpus folder that `is_wanted` names; none if there is no corpus.
fn corpus(is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Vec<u8>> {
    let Some(root) = std::env::var_os("LORE_CORPUS").map(PathBuf::from) else {
        println!("skipped: LORE_CORPUS is not set");
        return BTreeMap::new();
    };
    let mut files = BTreeMap::new();
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

fn is_database(name: &str) -> bool {
    name.starts_with("crush/") && name.ends_with(".db")
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

/// Without the write-ahead log, which is not read outside of the engine.
#[test]
fn every_row_is_accounted_for() {
    for (name, bytes) in corpus(is_database) {
        let source = Source::memory(&name, bytes);
        let batch = native::read_all::<Crush>(&source).expect("it is read");
        let rows = |table: &str| {
            let rows = source.query(&format!("SELECT count(*) FROM {table}"), &[]);
            match rows.expect("the table is there").as_slice() {
                [row] => match row.as_slice() {
                    [Value::Integer(rows)] => *rows as u64,
                    _ => panic!("a count is an integer"),
                },
                _ => panic!("a count is one row"),
            }
        };
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
        let problems = batch.events.iter().filter(is_problem).count() as u64;
        assert_eq!(counted + problems, rows("sessions") + rows("messages"), "{name}");
        let told = messages(std::slice::from_ref(&batch));
        let own = told.keys().filter(|(_, key)| !key.contains('/')).count() as u64;
        assert_eq!(own, rows("messages"), "{name}");
        assert!(own > 0, "{name} tells of no message");
        let again = native::read_rest::<Crush>(&source, Some(&batch.checkpoint));
        assert_eq!(messages(&[batch, again.expect("the checkpoint holds")]), told, "{name}");
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus(|name| !is_database(name)) {
        let result = native::read_all::<Crush>(&Source::memory(&name, bytes));
        assert_eq!(result.map(|batch| batch.events.len()), Err(ParseError::NotMine), "{name}");
    }
}
