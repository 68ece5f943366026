//! Reads the sessions of Kimi CLI (`context.jsonl` with the `wire.jsonl` beside it) and of Kimi Code
//! (`agents/<agent>/wire.jsonl`), and what `state.json` and `kimi.json` say about them.
//!
//! A context is cut back and moved aside when the conversation is, so it is always read as a whole,
//! with its older parts ([`context`]). A wire of Kimi Code is only appended to ([`wire`]).
//! `docs/tools/kimi.md` says what becomes of each kind of record.

mod calls;
mod content;
mod context;
mod index;
mod place;
mod times;
mod wire;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use place::Place;
use wire::Wire;

/// Bytes that are enough to see what a file is.
const HEAD: u32 = 1 << 16;

/// The watcher of Kimi CLI and Kimi Code.
pub struct Kimi;

/// What is remembered from one line to the next.
#[derive(Serialize, Deserialize)]
pub struct State {
    place: Place,
    wire: Wire,
    /// It is read as a whole or not at all: nothing can be read on.
    is_read: bool,
}

impl Watcher for Kimi {
    type State = State;

    fn info() -> WatcherInfo {
        let mut info = WatcherInfo::new("kimi", "Kimi CLI", env!("CARGO_PKG_VERSION"));
        let cli = ("~/.kimi", Some("KIMI_SHARE_DIR"));
        let contexts = [
            "sessions/*/*/context.jsonl",
            "sessions/*/*/subagents/*/context.jsonl",
            "sessions/*/*.jsonl",
        ];
        for pattern in contexts {
            info = info.location(cli.0, cli.1, pattern, Growth::Rewritten);
        }
        // These tell facts about sessions, and no messages.
        info.location(cli.0, cli.1, "sessions/*/*/state.json", Growth::Rewritten)
            .rank(1)
            .location(cli.0, cli.1, "kimi.json", Growth::Rewritten)
            .rank(1)
            .location("~/.kimi-code", None, "sessions/*/*/agents/*/wire.jsonl", Growth::AppendOnly)
            .location("~/.kimi-code", None, "sessions/*/*/state.json", Growth::Rewritten)
            .rank(1)
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        Ok(State { place: Place::of(&source.path()), wire: Wire::default(), is_read: false })
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        state.wire.line(&state.place, line, out)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        if cursor.state.is_read {
            return Err(ParseError::StaleCheckpoint);
        }
        let path = source.path();
        let name = path.rsplit('/').next().unwrap_or(&path);
        match name {
            "state.json" => return index::state(source, cursor, out),
            "kimi.json" => return index::work_dirs(source, cursor, out),
            "wire.jsonl" if context::is_beside(source) => {
                return context::events(source, cursor, out);
            }
            _ if !name.ends_with(".jsonl") => return Err(ParseError::NotMine),
            _ => {}
        }
        let head = source.read(0, HEAD)?;
        let head = String::from_utf8_lossy(&head);
        let first = head.trim_start_matches('\u{feff}').trim_start();
        if !(first.is_empty() || first.starts_with('{')) {
            return Err(ParseError::NotMine);
        }
        let line = first.lines().next().unwrap_or_default();
        let is_context = place::is_context(name)
            || serde_json::from_str::<Value>(line).is_ok_and(|record| record["role"].is_string());
        if is_context {
            return context::read(source, cursor, out);
        }
        let done = read_lines::<Self>(source, cursor, out)?;
        cursor.state.wire.flush(out);
        if done && cursor.state.wire.is_foreign() {
            return Err(ParseError::NotMine);
        }
        Ok(done)
    }
}

lore_plugin_sdk::register!(Kimi);
