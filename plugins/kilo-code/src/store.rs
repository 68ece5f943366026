//! The database of the new command line and extension, and the tree of JSON files before it: as
//! OpenCode has them, read by `lore-plugin-opencode-store`.

use lore_plugin_opencode_store::{Store, Tool};
use lore_plugin_sdk::prelude::*;

const TOOL: Tool = Tool { base: "$XDG_DATA_HOME/kilo", name: "kilo" };

/// Adds where they lie.
pub(crate) fn locations(info: WatcherInfo) -> WatcherInfo {
    TOOL.locations(info)
}

/// Begins a database, or the file of a session.
pub(crate) fn start(source: &Source) -> Result<Store, ParseError> {
    TOOL.start(source)
}
