//! Reads the sessions of GitHub Copilot's command line.
//!
//! ```text
//! ~/.copilot/session-state/<id>/events.jsonl      what happened, appended
//! ~/.copilot/session-state/<id>/workspace.yaml    the session's title
//! ~/.copilot/session-state/<id>.jsonl             the same events, of earlier versions
//! ~/.copilot/history-session-state/*.json         one document, of the first versions
//! ```
//!
//! The title changes while the events are only ever appended to, so it is a source of its own that
//! tells of the session alone. A session that a later version took over from a document is told in
//! other words there, under other keys; the events are the better source.

mod history;
mod workspace;

use lore_plugin_copilot_events::{Host, Log};
use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};

use workspace::Workspace;

/// The watcher of Copilot's command line.
pub struct CopilotCli;

/// What is remembered of a source.
#[derive(Serialize, Deserialize)]
pub enum State {
    /// Of a log of events.
    Log(Box<Log>),
    /// Of a session's title.
    Workspace(Workspace),
    /// Of a document, which is read as a whole.
    History {
        /// It lies where the tool keeps it.
        is_named: bool,
    },
}

impl Watcher for CopilotCli {
    type State = State;

    fn info() -> WatcherInfo {
        let mut info =
            WatcherInfo::new("copilot-cli", "GitHub Copilot CLI", env!("CARGO_PKG_VERSION"));
        for (base, env) in
            [("~/.copilot", Some("COPILOT_HOME")), ("$XDG_STATE_HOME/.copilot", None)]
        {
            info = info
                .location(base, env, "session-state/*/events.jsonl", Growth::AppendOnly)
                .location(base, env, "session-state/*.jsonl", Growth::AppendOnly)
                .location(base, env, "session-state/*/workspace.yaml", Growth::Rewritten)
                .location(base, env, "history-session-state/*.json", Growth::Rewritten)
                .rank(1);
        }
        info.memories_in_projects(".github/copilot-instructions.md")
            .memories_in_projects(".github/instructions/**/*.instructions.md")
            .memories_in_projects("AGENTS.md")
            .memories_in_projects("{CLAUDE,GEMINI}.md")
            .rank(1)
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        let path = source.path();
        let mut above = path.rsplit('/').skip(1);
        let (parent, grandparent) = (above.next().unwrap_or_default(), above.next());
        let has_directory = grandparent == Some("session-state");
        let name = path.rsplit('/').next().unwrap_or(&path);
        match name.rsplit_once('.') {
            Some((_, "jsonl")) if name == "events.jsonl" && has_directory => {
                Ok(State::Log(Box::new(Log::new(Host::Terminal, parent, true))))
            }
            Some((stem, "jsonl")) => {
                let is_named = parent == "session-state";
                Ok(State::Log(Box::new(Log::new(Host::Terminal, stem, is_named))))
            }
            Some(("workspace", "yaml")) => {
                let name = has_directory.then(|| parent.to_owned());
                Ok(State::Workspace(Workspace::new(name)))
            }
            Some((_, "json")) => Ok(State::History { is_named: parent == "history-session-state" }),
            _ => Err(ParseError::NotMine),
        }
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        match state {
            State::Log(log) => log.line(line, out),
            State::Workspace(workspace) => workspace.line(line, out),
            State::History { .. } => Err(ParseError::NotMine),
        }
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        match cursor.state {
            State::History { is_named } => history::read(source, cursor, is_named, out),
            State::Log(_) | State::Workspace(_) => read_lines::<Self>(source, cursor, out),
        }
    }
}

lore_plugin_sdk::register!(CopilotCli);
