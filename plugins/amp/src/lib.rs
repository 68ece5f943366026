//! Reads the threads of Amp: `threads/T-<uuid>.json`, one JSON object each, written anew as a whole.
//!
//! `docs/tools/amp.md` says what becomes of each kind of record. Threads that live on the server
//! only, the prompt history and the secrets beside the threads are not read.

mod content;
mod messages;
mod thread;
mod times;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_document};
use serde_json::Value;

/// The watcher of Amp.
pub struct Amp;

impl Watcher for Amp {
    /// Nothing: a thread is read as a whole.
    type State = ();

    fn info() -> WatcherInfo {
        let pattern = "threads/T-*.json";
        WatcherInfo::new("amp", "Amp", env!("CARGO_PKG_VERSION"))
            .location("$XDG_DATA_HOME/amp", None, pattern, Growth::Rewritten)
            .location("$LOCALAPPDATA/amp", None, pattern, Growth::Rewritten)
            .on(&["windows"])
            .location("$APPDATA/amp", None, pattern, Growth::Rewritten)
            .on(&["windows"])
            .memories_in_projects("{AGENTS,AGENT}.md")
    }

    fn start(_: &Source) -> Result<(), ParseError> {
        Ok(())
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<()>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        if cursor.position() > 0 {
            // Nothing but white space can follow a document.
            cursor.move_to(source.size());
            return Ok(true);
        }
        let is_named = thread::is_id(&source.stem()) && source.path().ends_with(".json");
        if !is_named && source.read(0, 64)?.trim_ascii_start().first() != Some(&b'{') {
            return Err(ParseError::NotMine);
        }
        match read_document::<Value>(source, cursor, out) {
            Ok(Some(thread)) if thread::is_thread(&thread, is_named) => {
                thread::take(thread, &source.stem(), out);
                Ok(true)
            }
            // It is being written, or damaged.
            Ok(None) if is_named => Ok(true),
            Err(error) if is_named => Err(error),
            Ok(_) | Err(_) => Err(ParseError::NotMine),
        }
    }
}

lore_plugin_sdk::register!(Amp);
