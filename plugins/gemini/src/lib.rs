//! Reads the sessions of Gemini CLI: `tmp/<project>/chats/session-*.jsonl`, the files of its
//! sub-agents beside them, and the older `session-*.json`.
//!
//! The lines are a log of operations: messages come and come again under the same id, lists are
//! replaced, the end is taken back. What the session is stands fast only at the end of the file, so
//! it is always read as a whole ([`replay`]). `docs/tools/gemini.md` says what becomes of each kind
//! of record.

mod message;
mod parts;
mod place;
mod replay;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_document, read_lines};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use place::Place;
use replay::Replay;

/// The watcher of Gemini CLI.
pub struct Gemini;

/// What is remembered from one line to the next. Nothing of it is in a checkpoint: lines that follow
/// can change all that came before.
#[derive(Serialize, Deserialize)]
pub struct State {
    #[serde(skip)]
    replay: Option<Replay>,
}

impl Watcher for Gemini {
    type State = State;

    fn info() -> WatcherInfo {
        let (lines, document) = ("tmp/*/chats/**/*.jsonl", "tmp/*/chats/session-*.json");
        // A resumed document goes on as lines, under the same ids, and stays as it was beside them.
        let mut info = WatcherInfo::new("gemini", "Gemini CLI", env!("CARGO_PKG_VERSION"));
        for base in ["~/.gemini", "$GEMINI_CLI_HOME/.gemini"] {
            info = info
                .location(base, None, lines, Growth::Rewritten)
                .location(base, None, document, Growth::Rewritten)
                .rank(1);
        }
        info.memories_in_projects("GEMINI.md")
    }

    fn start(_: &Source) -> Result<State, ParseError> {
        Ok(State { replay: Some(Replay::default()) })
    }

    fn line(state: &mut State, line: &Line<'_>, _: &mut Output) -> Result<(), ParseError> {
        state.replay.as_mut().map_or(Err(ParseError::StaleCheckpoint), |replay| replay.line(line))
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        if cursor.state.replay.is_none() {
            return Err(ParseError::StaleCheckpoint);
        }
        let head = source.read(0, 256)?;
        if head.contains(&0) {
            return Err(ParseError::NotMine);
        }
        if source.path().ends_with(".json") {
            let document = read_document::<Value>(source, cursor, out)?;
            let is_named = place::is_session(&source.path());
            match (document, cursor.state.replay.as_mut()) {
                (Some(document), Some(replay)) => replay.document(document)?,
                _ if is_named => return Ok(true),
                _ => return Err(ParseError::NotMine),
            }
        } else {
            while !read_lines::<Self>(source, cursor, out)? {}
        }
        let Some(replay) = cursor.state.replay.take() else {
            return Err(ParseError::StaleCheckpoint);
        };
        let begins_as_object = head.trim_ascii_start().first().is_none_or(|byte| *byte == b'{');
        if !replay.is_ours() && (replay.has_lines() || !begins_as_object) {
            return Err(ParseError::NotMine);
        }
        if replay.is_ours() {
            replay.finish(&Place::of(source), &source.stem(), out);
        }
        Ok(true)
    }
}

lore_plugin_sdk::register!(Gemini);
