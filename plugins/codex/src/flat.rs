//! The oldest sessions: one file, one JSON object `{session, items}`, written anew as a whole.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, MAX_LINE};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::{self, Item};
use crate::state::State;
use crate::{meta, rollout};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    session: &'a RawValue,
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Reads on after the records that were dealt with; returns whether none is left.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let size = source.size();
    if cursor.position() == size && size > 0 {
        return Ok(true);
    }
    let bytes = source.read_whole(MAX_LINE as u64)?;
    let text = String::from_utf8_lossy(&bytes);
    let file = match serde_json::from_str::<File<'_>>(&text) {
        Ok(file) => file,
        Err(_) if !cursor.state.is_named => return Err(ParseError::NotMine),
        // It is being written: left for the next time, as a half-written line would be.
        Err(error) if error.is_eof() => return Ok(true),
        Err(error) => {
            out.problem(0, format!("not the session expected: {error}"));
            cursor.move_to(size);
            return Ok(true);
        }
    };
    let state = &mut cursor.state;
    if state.records == 0 {
        if meta::head(state, file.session.get(), out) {
            out.kept("session");
        } else {
            out.skipped("session");
        }
        state.records = 1;
    }
    let done = usize::try_from(state.records - 1).unwrap_or(usize::MAX);
    if done > file.items.len() {
        return Err(ParseError::StaleCheckpoint);
    }
    for written in file.items.iter().skip(done) {
        let written = written.get();
        let item: Item<'_> = serde_json::from_str(written).unwrap_or_default();
        state.at = rollout::time(item.timestamp).or(state.at);
        let kind = record::text(item.kind).unwrap_or_default();
        rollout::bare(state, &kind, &item, written, out);
        state.records += 1;
        if out.is_full() {
            return Ok(false);
        }
    }
    cursor.move_to(size);
    Ok(true)
}
