//! Reads what Cursor keeps of its sessions: the databases of the editor, those of its command-line
//! agent, and the transcripts of agents.
//!
//! `docs/tools/cursor.md` says what becomes of each kind of record.
//!
//! # One session in several places
//!
//! A session has the same id wherever it is told, but not the same messages: only the editor's
//! databases have ids, times and results. So the places are ranked, and the best one tells a
//! session's messages: the global database, the workspace's (an older state of the same), the
//! agent's database (ids and results, but no times), the transcripts (neither), and their older
//! form as plain text.

mod agent;
mod bubble;
mod composer;
mod editor;
mod edits;
mod items;
mod meta;
mod plain;
mod results;
mod scan;
mod tools;
mod transcript;
mod uri;
mod utterance;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor as Place, read_lines};
use serde::{Deserialize, Serialize};

/// The watcher of Cursor.
pub struct Cursor;

/// What is remembered of a source, by what it is.
#[derive(Serialize, Deserialize)]
pub enum State {
    /// A database of the editor.
    Editor(editor::State),
    /// A database of the agent.
    Agent(agent::State),
    /// What stands beside a database of the agent: a hash of what it told.
    Meta(Option<u64>),
    /// Lines of JSON.
    Transcript(transcript::State),
    /// The older form, as plain text.
    Plain(plain::State),
}

impl Watcher for Cursor {
    type State = State;

    fn info() -> WatcherInfo {
        let info = WatcherInfo::new("cursor", "Cursor", env!("CARGO_PKG_VERSION"));
        let users = [
            ("$XDG_CONFIG_HOME/Cursor/User", &["linux"][..]),
            ("~/Library/Application Support/Cursor/User", &["macos"]),
            ("$APPDATA/Cursor/User", &["windows"]),
            ("~/.cursor-server/data/User", &[]),
        ];
        let info = users.iter().fold(info, |info, (base, os)| {
            let at = |info: WatcherInfo, pattern: &str, rank| {
                info.location(base, None, pattern, Growth::Database).on(os).rank(rank)
            };
            let info = at(info, "globalStorage/state.vscdb", 0);
            let info = at(info, "profiles/*/globalStorage/state.vscdb", 0);
            at(info, "workspaceStorage/*/state.vscdb", 1)
        });
        let files = [
            ("chats/*/*/store.db", Growth::Database, 2),
            ("chats/*/*/meta.json", Growth::Rewritten, 2),
            ("projects/*/agent-transcripts/**/*.jsonl", Growth::AppendOnly, 3),
            ("projects/*/agent-transcripts/**/*.txt", Growth::Rewritten, 4),
        ];
        let info = files.into_iter().fold(info, |info, (pattern, growth, rank)| {
            info.location("~/.cursor", None, pattern, growth).rank(rank)
        });
        info.memories_in_projects(".cursorrules")
            .memories_in_projects(".cursor/rules/**/*.mdc")
            .memories_in_projects("AGENTS.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        let path = source.path();
        let head = source.read(0, 4096)?;
        if head.starts_with(b"SQLite format 3\0") {
            return match agent::State::begin(source)? {
                Some(state) => Ok(State::Agent(state)),
                None => Ok(State::Editor(editor::State::begin(source)?)),
            };
        }
        let is_binary = head.contains(&0) && !transcript::is_below_transcripts(&path);
        if is_binary || path.ends_with(".vscdb") || path.ends_with(".db") {
            return Err(ParseError::NotMine);
        }
        if path == "meta.json" || path.ends_with("/meta.json") {
            return Ok(State::Meta(None));
        }
        if path.ends_with(".txt") {
            return Ok(State::Plain(plain::State::begin(source, &head)?));
        }
        Ok(State::Transcript(transcript::State::begin(source)))
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        match state {
            State::Transcript(transcript) => transcript.line(line, out),
            _ => Err(ParseError::NotMine),
        }
    }

    fn read(
        source: &Source,
        place: &mut Place<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let size = source.size();
        let is_done = match &mut place.state {
            State::Transcript(_) => {
                let is_done = read_lines::<Self>(source, place, out)?;
                let State::Transcript(transcript) = &place.state else { return Ok(is_done) };
                if is_done {
                    transcript.check_end(source)?;
                }
                return Ok(is_done);
            }
            State::Meta(_) => return meta::read(source, place, out),
            State::Plain(plain) => plain.read(source, out)?,
            State::Editor(editor) => editor.read(source, out)?,
            State::Agent(agent) => agent.read(source, out)?,
        };
        if is_done {
            place.move_to(size);
        }
        Ok(is_done)
    }
}

/// A database that gives its rows in no order would be read for ever.
fn damaged() -> ParseError {
    ParseError::Read("the database is damaged: its rows have no order".to_owned())
}

lore_plugin_sdk::register!(Cursor);

/// The object or list that a string of JSON holds; a value that is no string stays what it is.
fn unpacked(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::String(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        other => other.clone(),
    }
}

/// The text of the first of these fields that is a string with something in it.
fn field<'a>(value: &'a serde_json::Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| value[*name].as_str().filter(|text| !text.is_empty()))
}

/// A field's value, which is no longer in the record then.
fn taken(value: &mut serde_json::Value, name: &str) -> serde_json::Value {
    value.get_mut(name).map(serde_json::Value::take).unwrap_or_default()
}

/// A record that is kept as it is.
fn unknown(session: &str, key: &str, record: &serde_json::Value) -> Message {
    let mut message = Message::new(session, key, Role::System);
    message.injected = true;
    message.content.push(Block::Other(lore_plugin_sdk::json::compact_elided(record.clone())));
    message
}
