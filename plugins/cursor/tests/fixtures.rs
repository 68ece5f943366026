//! The fixture cases: input, and the records expected of it.

use lore_plugin_cursor::Cursor;

#[test]
fn every_case_gives_what_is_expected() {
    lore_plugin_sdk::fixture::check::<Cursor>(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}
