//! Stores that do not fit into one batch: reading stops between two messages, and goes on from any
//! checkpoint on the way as if it had not been interrupted.

use lore_plugin_opencode::OpenCode;
use lore_plugin_sdk::{Block, Event, Message, Source, fixture, native};

/// The messages, read batch by batch.
fn read_with_interruptions(source: &Source) -> Vec<Message> {
    let batches = native::read_in_batches::<OpenCode>(source).expect("it is read");
    assert!(batches.len() > 2, "{} batches are no test", batches.len());
    let events = batches.into_iter().flat_map(|batch| batch.events);
    let messages = events.filter_map(|event| match event {
        Event::Message(message) => Some(message),
        Event::Session(_) | Event::Memory(_) => None,
        Event::Problem(problem) => panic!("{problem:?}"),
    });
    messages.collect()
}

fn read_at_once(source: &Source) -> Vec<Message> {
    let batch = native::read_all::<OpenCode>(source).expect("it is read");
    native::messages(&batch).into_iter().cloned().collect()
}

#[test]
fn a_database_is_read_in_pieces() {
    let cases = fixture::cases(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/large").as_ref());
    let [case] = <[_; 1]>::try_from(cases.expect("the cases")).ok().expect("one case");
    let source = case.source("opencode.db");
    let messages = read_with_interruptions(&source);
    assert_eq!(messages, read_at_once(&source));
    assert_eq!(messages.len(), 120);
    let long = messages.iter().find(|message| message.key == "msg_7").expect("it is told");
    let expected = (0..40).map(|number| match number {
        20 => Block::Text("b ".repeat(1_200_000)),
        _ => Block::Text(format!("part {number}")),
    });
    assert!(long.content.iter().cloned().eq(expected));
}

#[test]
fn a_session_of_files_is_read_in_pieces() {
    let session = r#"{"id":"ses_1","projectID":"p","title":"Long","time":{"created":1}}"#;
    let mut source = Source::memory("storage/session/p/ses_1.json", session);
    let text = "a ".repeat(30_000);
    for number in 10..90 {
        let message = format!(
            r#"{{"id":"msg_{number}","sessionID":"ses_1","role":"user","time":{{"created":{number}}}}}"#
        );
        let part = format!(r#"{{"id":"prt_{number}","type":"text","text":"{text}"}}"#);
        source = source
            .with_sibling(format!("storage/message/ses_1/msg_{number}.json"), message)
            .with_sibling(format!("storage/part/msg_{number}/prt_1.json"), part);
    }
    let messages = read_with_interruptions(&source);
    assert_eq!(messages, read_at_once(&source));
    let keys = messages.iter().map(|message| message.key.clone());
    assert!(keys.eq((10..90).map(|number| format!("msg_{number}"))));
}
