//! Files of other tools, in places and of names that Cursor's could have.

use lore_plugin_cursor::Cursor;
use lore_plugin_sdk::{ParseError, fixture, native};

#[test]
fn files_of_other_tools_are_refused() {
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/refused");
    let cases = fixture::cases(cases.as_ref()).expect("the cases can be read");
    assert!(!cases.is_empty());
    for case in &cases {
        for path in case.files.keys() {
            let read = native::read_all::<Cursor>(&case.source(path));
            assert_eq!(read, Err(ParseError::NotMine), "{path}");
        }
    }
}
