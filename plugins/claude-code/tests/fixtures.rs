//! Every fixture case, and every file of a corpus, if there is one.

use lore_plugin_claude_code::ClaudeCode;

#[test]
fn cases_give_what_is_expected() {
    lore_plugin_sdk::fixture::check::<ClaudeCode>(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}
