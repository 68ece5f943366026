//! Reads the tasks of Cline: the extension for editors of VS Code's kind, the one for JetBrains'
//! editors, and the command line.
//!
//! Every part is in `lore-plugin-vscode-tasks`; here is where the files lie.
//! `docs/tools/cline.md` lists what becomes of each kind of record.

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;
use lore_plugin_vscode_tasks::{self as tasks, Program};

/// The watcher of Cline.
pub struct Cline;

/// The extension, and its builds for those who test it.
const EXTENSIONS: [&str; 2] = ["saoudrizwan.claude-dev", "saoudrizwan.cline-nightly"];

/// The list of all tasks, below where the tasks lie.
const HISTORY: &str = "state/taskHistory.json";

impl Watcher for Cline {
    type State = ();

    fn info() -> WatcherInfo {
        let mut info = WatcherInfo::new("cline", "Cline", env!("CARGO_PKG_VERSION"));
        for extension in EXTENSIONS {
            info = tasks::in_editors(info, extension);
            let history = format!("globalStorage/{extension}/{HISTORY}");
            info = info.in_editors(&history, Growth::Rewritten);
        }
        // What is named first holds; `CLINE_DIR` moves the folder around `data`.
        for (base, env) in [("~/.cline/data", Some("CLINE_DATA_DIR")), ("$CLINE_DIR/data", None)] {
            info = tasks::at(info, base, env, "tasks");
            info = info.location(base, env, HISTORY, Growth::Rewritten);
        }
        info.memories_in_projects(".clinerules")
            .memories_in_projects(".clinerules/*.{md,txt}")
            .memories_in_projects("AGENTS.md")
            .memories_in_projects("{.cursorrules,.windsurfrules}")
            .rank(1)
    }

    fn start(source: &Source) -> Result<(), ParseError> {
        tasks::start(Program::Cline, source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<()>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        tasks::read(Program::Cline, source, cursor, out)
    }
}

lore_plugin_sdk::register!(Cline);
