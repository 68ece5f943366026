//! Reads the sessions of Continue, the editor extension and the `cn` program:
//! `sessions/<uuid>.json`, one JSON object each, and their list `sessions/sessions.json`. Both are
//! written anew as a whole.
//!
//! The list is a source of its own: it alone knows when a session began. `docs/tools/continue.md`
//! says what becomes of each kind of record.

mod content;
mod history;
mod index;
mod keys;
mod replace;
mod session;
mod timeline;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_document};
use serde_json::Value;

/// The watcher of Continue.
pub struct Continue;

impl Watcher for Continue {
    /// Nothing: a document is read as a whole.
    type State = ();

    fn info() -> WatcherInfo {
        let home = ("~/.continue", Some("CONTINUE_GLOBAL_DIR"));
        WatcherInfo::new("continue", "Continue", env!("CARGO_PKG_VERSION"))
            .location(home.0, home.1, "sessions/sessions.json", Growth::Rewritten)
            .location(home.0, home.1, "sessions/*.json", Growth::Rewritten)
            .memories_in_projects(".continuerules")
            .memories_in_projects(".continue/rules/**/*.md")
            .memories_in_projects("AGENTS.md")
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
        let is_named = session::is_named(source);
        let head = source.read(0, 64)?;
        if !is_named && !matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
            return Err(ParseError::NotMine);
        }
        match read_document::<Value>(source, cursor, out) {
            Ok(Some(Value::Array(list))) if index::is_index(&list, is_named) => {
                index::take(&list, out);
            }
            Ok(Some(document)) if session::is_session(&document) => {
                session::take(document, &source.stem(), out);
            }
            // It is being written, or damaged.
            Ok(None) if is_named => {}
            Err(error) if is_named => return Err(error),
            Ok(_) | Err(_) => return Err(ParseError::NotMine),
        }
        Ok(true)
    }
}

lore_plugin_sdk::register!(Continue);
