//! Reads the tasks of Roo Code: the extension for editors of VS Code's kind, and the command line.
//!
//! Every part is in `lore-plugin-vscode-tasks`; here is where the files lie.
//! `docs/tools/roo-code.md` lists what becomes of each kind of record.

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;
use lore_plugin_vscode_tasks::{self as tasks, Program};

/// The watcher of Roo Code.
pub struct RooCode;

/// The extension, as editors write its name and as its publisher does, and its nightly builds.
const EXTENSIONS: [&str; 3] = [
    "rooveterinaryinc.roo-cline",
    "RooVeterinaryInc.roo-cline",
    "rooveterinaryinc.roo-code-nightly",
];

impl Watcher for RooCode {
    type State = ();

    fn info() -> WatcherInfo {
        let mut info = WatcherInfo::new("roo-code", "Roo Code", env!("CARGO_PKG_VERSION"));
        for extension in EXTENSIONS {
            info = tasks::in_editors(info, extension);
            let index = format!("globalStorage/{extension}/tasks/_index.json");
            info = info.in_editors(&index, Growth::Rewritten);
        }
        info = tasks::at(info, "~/.vscode-mock", None, "global-storage/tasks");
        let index = "global-storage/tasks/_index.json";
        info.location("~/.vscode-mock", None, index, Growth::Rewritten)
            .memories_in_projects(".roorules*")
            .memories_in_projects(".roo/rules/**/*.{md,txt}")
            .memories_in_projects(".roo/rules-*/**/*.{md,txt}")
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<(), ParseError> {
        tasks::start(Program::RooCode, source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<()>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        tasks::read(Program::RooCode, source, cursor, out)
    }
}

lore_plugin_sdk::register!(RooCode);
