//! Pi writes a file of an older version of the format anew when it opens it.

use std::path::Path;

use lore_plugin_pi::Pi;
use lore_plugin_sdk::{Event, Message, fixture, native};

/// Every entry gets a random id then, entries of the first version for the first time. With the ids
/// as keys, each message of such a session stood in the store twice, and once as withdrawn.
#[test]
fn messages_are_the_same_in_every_version() {
    let cases = fixture::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
        .expect("the fixtures are readable");
    let messages = |name: &str| -> Vec<Message> {
        let case = cases.iter().find(|case| case.name == name).expect("the case is there");
        let path = case.files.keys().next().expect("it has a file");
        let batch = native::read_all::<Pi>(&case.source(path)).expect("it is Pi's");
        let message = |event| match event {
            Event::Message(message) => Some(message),
            Event::Session(_) | Event::Problem(_) | Event::Memory(_) => None,
        };
        batch.events.into_iter().filter_map(message).collect()
    };
    let before = messages("first-version");
    assert_eq!(before.len(), 6);
    assert_eq!(messages("rewritten-version"), before);
}
