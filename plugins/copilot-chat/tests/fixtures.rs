//! The fixture cases: input, and the records expected of it.

use lore_plugin_copilot_chat::CopilotChat;

#[test]
fn every_case_gives_what_is_expected() {
    lore_plugin_sdk::fixture::check::<CopilotChat>(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures"
    ));
}
