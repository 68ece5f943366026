//! Reads the sessions of Goose: its database, and the files of JSON lines that older versions wrote.
//!
//! `docs/tools/goose.md` says what becomes of each kind of record.

mod content;
mod database;
mod keys;
mod lines;
mod message;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};

use database::Database;
use lines::Lines;

/// How every SQLite database begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The watcher of Goose.
pub struct Goose;

/// What is remembered of a source.
#[derive(Serialize, Deserialize)]
pub enum State {
    /// All sessions.
    Database(Database),
    /// One session.
    Lines(Lines),
}

impl Watcher for Goose {
    type State = State;

    fn info() -> WatcherInfo {
        const DATABASE: &str = "sessions/sessions.db";
        const LINES: &str = "sessions/*.jsonl";
        // The lines stay behind when they are taken over into the database.
        let both = |info: WatcherInfo, base: &str, os: &[&str]| {
            info.location(base, None, DATABASE, Growth::Database)
                .on(os)
                .location(base, None, LINES, Growth::Rewritten)
                .on(os)
                .rank(1)
        };
        let info = WatcherInfo::new("goose", "Goose", env!("CARGO_PKG_VERSION"));
        let info = both(info, "$XDG_DATA_HOME/goose", &[]);
        let info = both(info, "$XDG_DATA_HOME/Block/goose", &[]);
        let info = both(info, "~/Library/Application Support/goose", &["macos"]);
        let info = both(info, "$APPDATA/Block/goose/data", &["windows"]);
        both(info, "$GOOSE_PATH_ROOT/data", &[])
            .location("$XDG_CONFIG_HOME/goose", None, LINES, Growth::Rewritten)
            .rank(1)
            .memories_in_projects(".goosehints")
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        if source.read(0, SQLITE.len() as u32)? == SQLITE {
            return Database::start(source).map(State::Database);
        }
        if source.path().ends_with(".jsonl") {
            return Ok(State::Lines(Lines::of(source.stem())));
        }
        Err(ParseError::NotMine)
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        match state {
            State::Lines(lines) => lines.take(line, out),
            State::Database(_) => Err(ParseError::NotMine),
        }
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let State::Database(database) = &mut cursor.state else {
            let done = read_lines::<Self>(source, cursor, out)?;
            return match &cursor.state {
                State::Lines(lines) if done && lines.is_foreign(source)? => {
                    Err(ParseError::NotMine)
                }
                _ => Ok(done),
            };
        };
        let done = database.read(source, out)?;
        cursor.move_to(if done { source.size() } else { 0 });
        Ok(done)
    }
}

lore_plugin_sdk::register!(Goose);
