//! Reads the sessions of Kilo Code.
//!
//! Up to version 5 it kept tasks as Roo Code does, which it was made from: [`folders`] says where.
//! Since then it is made from OpenCode and keeps sessions as that does: [`store`].
//! `docs/tools/kilo-code.md` lists what becomes of each kind of record.

mod folders;
mod store;

use lore_plugin_opencode_store::Store;
use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;

/// What is remembered of a source: of a database or tree what its reader does, of a file of a task
/// folder nothing.
pub(crate) type State = Option<Store>;

/// The watcher of Kilo Code.
pub struct KiloCode;

impl Watcher for KiloCode {
    type State = Option<Store>;

    fn info() -> WatcherInfo {
        let info = WatcherInfo::new("kilo-code", "Kilo Code", env!("CARGO_PKG_VERSION"));
        store::locations(folders::locations(info))
            .memories_in_projects(".kilocoderules")
            .memories_in_projects(".kilocode/rules/**/*.{md,txt}")
            .memories_in_projects(".kilocode/rules-*/**/*.{md,txt}")
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        match folders::start(source) {
            Ok(()) => Ok(None),
            Err(ParseError::NotMine) => store::start(source).map(Some),
            Err(error) => Err(error),
        }
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        match &mut cursor.state {
            None => folders::read(source, cursor, out),
            Some(store) => {
                let progress = store.read(source, out)?;
                cursor.move_to(progress.position);
                Ok(progress.done)
            }
        }
    }
}

lore_plugin_sdk::register!(KiloCode);
