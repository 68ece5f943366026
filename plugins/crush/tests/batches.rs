//! A database that does not fit into one batch: reading stops between two messages, and goes on from
//! any checkpoint on the way as if it had not been interrupted.

use lore_plugin_crush::Crush;
use lore_plugin_sdk::{Event, fixture, native};

#[test]
fn a_database_is_read_in_pieces() {
    let cases = fixture::cases(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/large").as_ref());
    let [case] = <[_; 1]>::try_from(cases.expect("the cases")).ok().expect("one case");
    let source = case.source(".crush/crush.db");
    let batches = native::read_in_batches::<Crush>(&source).expect("it is read");
    assert!(batches.len() > 2, "{} batches are no test", batches.len());
    let whole = native::read_all::<Crush>(&source).expect("it is read");
    assert!(!whole.events.iter().any(|event| matches!(event, Event::Problem(_))));
    let whole = native::messages(&whole);
    assert!(batches.iter().flat_map(native::messages).eq(whole.iter().copied()));
    assert_eq!((whole.len(), native::remaining(&batches).len()), (120, 120));
}
