//! The fixture cases: input, and the records expected of it.
//!
//! `LORE_BLESS=1 cargo test` writes `expected.json` anew; look at what it changed.

#[test]
fn every_case_gives_what_is_expected() {
    let cases = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    lore_plugin_sdk::fixture::check::<plugin::Plugin>(cases);
}
