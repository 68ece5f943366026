//! Documents of odd shapes: nothing panics, and no message is lost.

use std::path::Path;

use lore_plugin_continue::Continue;
use lore_plugin_sdk::{Event, ParseError, Source, fixture, native};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The documents of all fixtures.
fn documents() -> Vec<(String, Value)> {
    let cases = fixture::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
        .expect("the fixtures are readable");
    let files = cases.into_iter().flat_map(|case| case.files);
    files.filter_map(|(path, bytes)| Some((path, serde_json::from_slice(&bytes).ok()?))).collect()
}

/// Puts `odd` in the place of the value that is the `left`th one met.
fn damage(value: &mut Value, left: &mut usize, odd: &Value) {
    if *left == 0 {
        *value = odd.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| damage(item, left, odd)),
        Value::Object(fields) => fields.values_mut().for_each(|field| damage(field, left, odd)),
        _ => {}
    }
}

fn odd() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("é"),
        json!([]),
        json!([[null]]),
        json!({}),
        json!({"type": 1}),
        json!({"text": {"text": []}}),
    ])
}

proptest! {
    #[test]
    fn every_record_is_counted_once(
        places in prop::collection::vec((0_usize..150, odd()), 1..6),
        which in any::<prop::sample::Index>(),
    ) {
        let documents = documents();
        let (path, document) = which.get(&documents);
        let mut document = document.clone();
        for (mut place, odd) in places {
            damage(&mut document, &mut place, &odd);
        }
        let source = Source::memory(path.as_str(), document.to_string());
        match native::read_all::<Continue>(&source) {
            Ok(batch) => {
                let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_)));
                let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
                prop_assert_eq!(counted as usize + problems.count(), records(&document));
                prop_assert_eq!(batch.position, source.size());
            }
            Err(error) => prop_assert_eq!(error, ParseError::NotMine),
        }
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
