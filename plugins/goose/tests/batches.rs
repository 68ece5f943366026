//! A database that does not fit into one batch: reading stops between two messages, and goes on from
//! any checkpoint on the way as if it had not been interrupted.

use std::collections::BTreeSet;

use lore_plugin_goose::Goose;
use lore_plugin_sdk::{Batch, Event, Message, fixture, native};

fn messages(batch: Batch) -> impl Iterator<Item = Message> {
    batch.events.into_iter().filter_map(|event| match event {
        Event::Message(message) => Some(message),
        Event::Session(_) => None,
        Event::Problem(problem) => panic!("{problem:?}"),
    })
}

#[test]
fn a_database_is_read_in_pieces() {
    let cases = fixture::cases(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/large").as_ref());
    let [case] = <[_; 1]>::try_from(cases.expect("the cases")).ok().expect("one case");
    let source = case.source("sessions/sessions.db");
    let mut found = Vec::new();
    let mut checkpoint = None;
    let mut batches = 0;
    loop {
        let batch = native::read_from::<Goose>(&source, checkpoint.as_deref()).expect("it is read");
        let done = batch.done;
        batches += 1;
        checkpoint = Some(batch.checkpoint.clone());
        found.extend(messages(batch));
        if done {
            break;
        }
    }
    assert!(batches > 2, "{batches} batches are no test");
    let whole = native::read_all::<Goose>(&source).expect("it is read");
    assert!(found.iter().cloned().eq(messages(whole)));
    let keys: BTreeSet<_> = found.iter().map(|m| (&m.session, &m.key)).collect();
    assert_eq!((found.len(), keys.len()), (120, 120));
}
