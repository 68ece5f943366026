//! Reads the sessions of Codex: the CLI, the desktop app and the editor extension.
//!
//! A session is a *rollout*: lines of `{timestamp, type, payload}`, appended. `docs/tools/codex.md`
//! lists what becomes of each kind. Older ones have no envelope, the oldest are one JSON object.
//!
//! # One message for what is written three times
//!
//! What people and model say stands in a rollout as a `response_item`, as an `event_msg` that mirrors
//! it, and in some modes as a completed item; each of the three may be missing, and either may come
//! first. Nothing can be looked up ahead, because a file that is still being written must give the
//! same messages as the whole one. So whatever tells first makes the message, and what the others
//! tell about it completes it under the same key or is skipped ([`utterance`]).
//!
//! # Keys
//!
//! A fork begins with a copy of its parent's lines, with other times. The key of a message is a hash
//! chained over all response items before it, seeded with the id of the session that the history
//! began in (the lineage): the copy has the keys of the original, and no two messages of a session
//! have the same ([`chain`]).

mod calls;
mod chain;
mod events;
mod flat;
mod items;
mod meta;
mod outputs;
mod record;
mod rollout;
mod state;
mod usage;
mod utterance;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};

use state::State;

/// The watcher of Codex.
pub struct Codex;

impl Watcher for Codex {
    type State = State;

    fn info() -> WatcherInfo {
        let home = ("~/.codex", Some("CODEX_HOME"));
        WatcherInfo::new("codex", "Codex", env!("CARGO_PKG_VERSION"))
            .location(home.0, home.1, "sessions/**/rollout-*.jsonl", Growth::AppendOnly)
            .location(home.0, home.1, "archived_sessions/rollout-*.jsonl", Growth::AppendOnly)
            .location(home.0, home.1, "sessions/rollout-*.json", Growth::Rewritten)
            .memories_in_projects("{AGENTS,AGENTS.override}.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        Ok(rollout::start(source))
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        rollout::line(state, line, out)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let done = if source.path().ends_with(".json") {
            flat::read(source, cursor, out)?
        } else {
            read_lines::<Self>(source, cursor, out)?
        };
        cursor.state.write_held(out);
        Ok(done)
    }
}

lore_plugin_sdk::register!(Codex);
