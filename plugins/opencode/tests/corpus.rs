//! Real files, where there are some.

use lore_plugin_opencode::OpenCode;
use lore_plugin_sdk::{Batch, Event, Message, ParseError, Source, corpus, native};

fn is_opencode(name: &str) -> bool {
    name.starts_with("opencode/")
}

/// Messages that have a record of their own.
fn own(messages: &[Message]) -> usize {
    messages.iter().filter(|message| !message.key.contains('/')).count()
}

fn accounted(batch: &Batch) -> u64 {
    let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
    let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
    counted + batch.events.iter().filter(is_problem).count() as u64
}

#[test]
fn every_file_of_a_tree_is_accounted_for() {
    let files = corpus::files(is_opencode);
    let is_record = |(name, _): &&(String, Vec<u8>)| {
        name.ends_with(".json")
            && ["/session/", "/message/", "/part/"].iter().any(|folder| name.contains(folder))
    };
    let mut batches = Vec::new();
    for (name, bytes) in files.iter().filter(is_record) {
        match native::read_all::<OpenCode>(&corpus::beside(&files, name, bytes)) {
            Ok(batch) => batches.push(batch),
            Err(ParseError::NotMine) => assert!(!name.contains("/session/"), "{name} is refused"),
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    let records: u64 = batches.iter().map(accounted).sum();
    assert_eq!(records, files.iter().filter(is_record).count() as u64);
    let written = files.iter().filter(|(name, _)| name.contains("/message/")).count();
    let each = batches.iter().map(|batch| own(&native::remaining(std::slice::from_ref(batch))));
    assert_eq!(each.sum::<usize>(), written);
    assert_eq!(own(&native::remaining(&batches)), written, "a message is told once");
}

#[test]
fn every_row_of_a_database_is_accounted_for() {
    for (name, bytes) in corpus::files(|name| is_opencode(name) && name.ends_with(".db")) {
        let source = Source::memory(&name, bytes);
        let batch = native::read_all::<OpenCode>(&source).expect("it is read");
        let rows = |table| corpus::rows(&source, table).unwrap_or(0);
        assert_eq!(accounted(&batch), rows("session") + rows("message") + rows("part"), "{name}");
        assert_eq!(
            own(&native::remaining(std::slice::from_ref(&batch))) as u64,
            rows("message"),
            "{name}"
        );
        let again = native::read_rest::<OpenCode>(&source, Some(&batch.checkpoint));
        let again = again.expect("the checkpoint holds");
        assert_eq!(
            native::remaining(&[batch.clone(), again]),
            native::remaining(&[batch]),
            "{name}"
        );
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus::files(is_opencode);
    let is_session = |(name, _): &&(String, Vec<u8>)| name.contains("/session/");
    let sessions: Vec<_> = files.iter().filter(is_session).cloned().collect();
    corpus::reads_the_same_in_two_steps::<OpenCode>(&sessions, |name, bytes| {
        corpus::beside(&files, name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<OpenCode>(is_opencode);
}
