//! Documents of odd shapes: nothing panics, and no message is lost.

use lore_plugin_continue::Continue;
use lore_plugin_sdk::damage;
use proptest::prelude::*;
use serde_json::Value;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

proptest! {
    #[test]
    fn every_record_is_counted_once(
        odd in prop::collection::vec(
            (0_usize..150, prop::sample::select(damage::odd_values())),
            1..6,
        ),
        (path, mut document) in prop::sample::select(damage::documents(FIXTURES)),
    ) {
        for (place, odd) in odd {
            damage::put(&mut document, place, &odd);
        }
        damage::counts_every_record::<Continue>(&path, &document, records(&document));
    }
}

/// What is listed, or the entries of a session and its head.
fn records(document: &Value) -> usize {
    if let Some(list) = document.as_array() {
        return list.len();
    }
    let history = &document["history"];
    let list = if document["session_info"].is_object() { &history["timeline"] } else { history };
    list.as_array().map_or(0, Vec::len) + 1
}
