//! The task folders of the extension up to version 5 and of the old command line: JSON documents,
//! read by `lore-plugin-vscode-tasks`.

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;
use lore_plugin_vscode_tasks::{self as tasks, Program};

use crate::State;

/// Adds where the folders lie.
pub(crate) fn locations(info: WatcherInfo) -> WatcherInfo {
    let info = tasks::in_editors(info, "kilocode.kilo-code")
        .in_editors("globalStorage/kilocode.kilo-code/tasks/_index.json", Growth::Rewritten);
    tasks::at(info, "~/.kilocode", None, "cli/global/tasks").location(
        "~/.kilocode",
        None,
        "cli/global/tasks/_index.json",
        Growth::Rewritten,
    )
}

/// Begins a file of a task folder.
pub(crate) fn start(source: &Source) -> Result<(), ParseError> {
    tasks::start(Program::KiloCode, source)
}

/// Reads a file of a task folder.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    tasks::read(Program::KiloCode, source, cursor, out)
}
