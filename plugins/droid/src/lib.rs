//! Reads the sessions of Factory Droid: `sessions/<directory>/<uuid>.jsonl`, appended, with the
//! session's settings beside it in `<uuid>.settings.json`; and the logs that `droid exec` writes with
//! `--output-format stream-json`.
//!
//! The settings have the model and the sum of the tokens, and are written anew all the time. They are
//! told again whenever they differ from what was told. `docs/tools/droid.md` says what becomes of
//! each kind of record.

mod content;
mod recognise;
mod settings;
mod state;
mod store;
mod stream;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde_json::Value;

use recognise::Form;
use state::State;

/// The watcher of Factory Droid.
pub struct Droid;

impl Watcher for Droid {
    type State = State;

    fn info() -> WatcherInfo {
        WatcherInfo::new("droid", "Factory Droid", env!("CARGO_PKG_VERSION"))
            .location("~/.factory", None, "sessions/**/*.jsonl", Growth::AppendOnly)
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        Ok(State::of(source))
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let value = serde_json::from_str::<Value>(line.text());
        if state.form.is_none() {
            match value.as_ref().map(|record| recognise::form(record, state.is_named)) {
                Ok(Some(form)) => state.form = Some(form),
                Err(_) if state.is_named => {}
                Ok(None) | Err(_) => return Err(ParseError::NotMine),
            }
        }
        match (value, state.form) {
            (Ok(record), Some(Form::Stream)) => stream::take(state, line.offset(), record, out),
            (Ok(record), _) => store::take(state, line.offset(), record, out),
            (Err(error), _) => out.problem(line.offset(), format!("not JSON: {error}")),
        }
        Ok(())
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        if cursor.position() == 0 && !recognise::may_begin(&source.read(0, 64)?) {
            return Err(ParseError::NotMine);
        }
        cursor.state.look_at_settings(source, out);
        let done = read_lines::<Self>(source, cursor, out)?;
        // A first line that is being written does not tell yet, but documents have no lines.
        if done && cursor.state.form.is_none() && !source.path().ends_with(".jsonl") {
            return Err(ParseError::NotMine);
        }
        Ok(done)
    }
}

lore_plugin_sdk::register!(Droid);
