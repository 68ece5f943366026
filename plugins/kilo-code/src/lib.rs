//! Reads the sessions of Kilo Code.
//!
//! Up to version 5 it kept tasks as Roo Code does, which it was made from: [`folders`] says where.
//! `docs/tools/kilo-code.md` lists what becomes of each kind of record.

mod folders;

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;

/// The watcher of Kilo Code.
pub struct KiloCode;

impl Watcher for KiloCode {
    type State = ();

    fn info() -> WatcherInfo {
        folders::locations(WatcherInfo::new("kilo-code", "Kilo Code", env!("CARGO_PKG_VERSION")))
    }

    fn start(source: &Source) -> Result<(), ParseError> {
        folders::start(source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<()>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        folders::read(source, cursor, out)
    }
}

lore_plugin_sdk::register!(KiloCode);
