//! The database of the new command line and extension, and the tree of JSON files before it: as
//! OpenCode has them, read by `lore-plugin-opencode-store`.

use lore_plugin_opencode_store::{Store, Tool};
use lore_plugin_sdk::prelude::*;

const TOOL: Tool = Tool { base: "$XDG_DATA_HOME/kilo", name: "kilo" };

/// Adds where they lie.
pub(crate) fn locations(info: WatcherInfo) -> WatcherInfo {
    TOOL.locations(info)
}

/// Begins a database, or the file of a session. Nothing in them tells them from OpenCode's, so what
/// neither lies as Kilo Code's own nor is called so is left to that.
pub(crate) fn start(source: &Source) -> Result<Store, ParseError> {
    let path = source.path();
    let is_named = || path.split('/').any(|part| part.starts_with(TOOL.name));
    if path.starts_with("storage/session/") || path.starts_with("project/") || is_named() {
        return TOOL.start(source);
    }
    Err(ParseError::NotMine)
}
