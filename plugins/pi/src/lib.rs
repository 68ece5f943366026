//! Reads the sessions of Pi: `sessions/--<directory>--/<time>_<uuid>.jsonl`, a head and then
//! entries that form a tree, appended.
//!
//! `docs/tools/pi.md` says what becomes of each kind of record.
//!
//! # Keys
//!
//! Entries of the first version of the format have no ids. When Pi opens such a file, it writes it
//! anew and gives every entry a random one; a fork copies entries into another file. So a key is
//! made from what was said and when ([`key`]), which none of this changes. The entry's own id only
//! tells which one another answers.

mod content;
mod entries;
mod key;
mod messages;
mod recognise;
mod state;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde_json::Value;

use recognise::Verdict;
use state::State;

/// The watcher of Pi.
pub struct Pi;

impl Watcher for Pi {
    type State = State;

    fn info() -> WatcherInfo {
        let (home, sessions) = (Some("PI_CODING_AGENT_DIR"), "sessions/**/*.jsonl");
        WatcherInfo::new("pi", "Pi", env!("CARGO_PKG_VERSION"))
            .location("~/.pi/agent", home, sessions, Growth::AppendOnly)
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        Ok(State::of(source))
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        match serde_json::from_str::<Value>(line.text()) {
            Ok(record) => {
                if !state.is_ours {
                    match recognise::record(&record, state.is_named, state.id.as_deref()) {
                        Verdict::Ours => state.is_ours = true,
                        Verdict::Unclear => {}
                        Verdict::Foreign => return Err(ParseError::NotMine),
                    }
                }
                entries::take(state, record, out);
            }
            Err(_) if !state.is_ours && !state.is_named => return Err(ParseError::NotMine),
            Err(error) => out.problem(line.offset(), format!("not JSON: {error}")),
        }
        Ok(())
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let done = read_lines::<Self>(source, cursor, out)?;
        // A head alone does not tell, and neither does half a line.
        let is_clear = cursor.state.is_ours || cursor.state.is_named || source.size() == 0;
        if done && !is_clear { Err(ParseError::NotMine) } else { Ok(done) }
    }
}

lore_plugin_sdk::register!(Pi);
