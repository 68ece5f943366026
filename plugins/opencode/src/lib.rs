//! Reads the sessions of OpenCode: its database, and the tree of JSON files that older versions
//! wrote. What is in them is read by `lore_plugin_opencode_store`, and `docs/tools/opencode.md` says
//! what becomes of each kind of record.

use lore_plugin_opencode_store::{Store, Tool};
use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;

const TOOL: Tool = Tool { base: "$XDG_DATA_HOME/opencode", name: "opencode" };

/// The watcher of OpenCode.
pub struct OpenCode;

impl Watcher for OpenCode {
    type State = Store;

    fn info() -> WatcherInfo {
        TOOL.locations(WatcherInfo::new("opencode", "OpenCode", env!("CARGO_PKG_VERSION")))
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<Store, ParseError> {
        TOOL.start(source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<Store>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let progress = cursor.state.read(source, out)?;
        cursor.move_to(progress.position);
        Ok(progress.done)
    }
}

lore_plugin_sdk::register!(OpenCode);
