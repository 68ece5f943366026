//! Reads the sessions of Crush, which keeps a database in every project: `.crush/crush.db`.
//!
//! `docs/tools/crush.md` says what becomes of each kind of record. The project's directory is not in
//! the database: a session has that of the project its source was found in.

mod database;
mod message;
mod tools;

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;

use database::Database;

/// The watcher of Crush.
pub struct Crush;

impl Watcher for Crush {
    type State = Database;

    fn info() -> WatcherInfo {
        WatcherInfo::new("crush", "Crush", env!("CARGO_PKG_VERSION"))
            .in_projects(".crush/crush.db", Growth::Database)
            // Outside of any project Crush falls back to the one in the home directory.
            .location("~/.crush", None, "crush.db", Growth::Database)
            .memories_in_projects("{CRUSH,CRUSH.local,Crush,Crush.local,crush,crush.local}.md")
            .memories_in_projects("AGENTS.md")
            .memories_in_projects("{CLAUDE,CLAUDE.local,GEMINI}.md")
            .rank(1)
            .memories_in_projects(".cursorrules")
            .rank(1)
            .memories_in_projects(".cursor/rules/*.mdc")
            .rank(1)
            .memories_in_projects(".github/copilot-instructions.md")
            .rank(1)
    }

    fn start(source: &Source) -> Result<Database, ParseError> {
        Database::start(source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<Database>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let done = cursor.state.read(source, out)?;
        cursor.move_to(if done { source.size() } else { 0 });
        Ok(done)
    }
}

lore_plugin_sdk::register!(Crush);
