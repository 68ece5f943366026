//! Reads the chats of GitHub Copilot in VS Code and the editors made from it.
//!
//! ```text
//! User/workspaceStorage/<hash>/workspace.json                  the folder that is open
//! User/workspaceStorage/<hash>/chatSessions/<id>.json          a chat, written anew as a whole
//! User/workspaceStorage/<hash>/chatSessions/<id>.jsonl         the same as a log of mutations
//! User/workspaceStorage/<hash>/GitHub.copilot-chat/transcripts/<id>.jsonl
//!                                                              what the agent did, as events
//! User/globalStorage/emptyWindowChatSessions/                  chats of windows without a folder
//! ```
//!
//! A transcript tells a chat in other words, often under another id, which stands in the chat's
//! answers. It is told as that chat, and the chat itself tells the messages where it is there
//! ([`transcript`]).

mod answer;
mod calls;
mod chat;
mod mutations;
mod place;
mod request;
mod transcript;

use lore_plugin_copilot_events::Log;
use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};

/// The watcher of Copilot's chats.
pub struct CopilotChat;

/// What is remembered of a source.
#[derive(Serialize, Deserialize)]
pub enum State {
    /// Of a chat, which is read as a whole.
    Document,
    /// Of a log of mutations, which are replayed from the first one on.
    Mutations {
        /// Lines whose consequences were told.
        told: u64,
    },
    /// Of a transcript.
    Transcript(Box<Log>),
}

impl Watcher for CopilotChat {
    type State = State;

    fn info() -> WatcherInfo {
        let chats = ["workspaceStorage/*/chatSessions", "globalStorage/emptyWindowChatSessions"];
        // The name of an extension's directory is written both ways.
        let extensions = ["GitHub.copilot-chat", "github.copilot-chat"];
        let mut info =
            WatcherInfo::new("copilot-chat", "GitHub Copilot Chat", env!("CARGO_PKG_VERSION"));
        for directory in chats {
            info = info
                .in_editors(&format!("{directory}/*.json"), Growth::Rewritten)
                .in_editors(&format!("{directory}/*.jsonl"), Growth::Rewritten);
        }
        for extension in extensions {
            let pattern = format!("workspaceStorage/*/{extension}/transcripts/*.jsonl");
            // Not only appended to: which chat it belongs to may turn out later.
            info = info.in_editors(&pattern, Growth::Rewritten).rank(1);
        }
        info.memories_in_projects(".github/copilot-instructions.md")
            .memories_in_projects(".github/instructions/**/*.instructions.md")
            .memories_in_projects("AGENTS.md")
            .memories_in_projects("CLAUDE.md")
            .rank(1)
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        let path = source.path();
        if path.ends_with(".json") {
            return Ok(State::Document);
        }
        if !path.ends_with(".jsonl") {
            return Err(ParseError::NotMine);
        }
        if place::is_transcript(&path) {
            return Ok(State::Transcript(Box::new(transcript::start(source, true)?)));
        }
        if place::is_chat(&path) || mutations::begins(source)? {
            return Ok(State::Mutations { told: 0 });
        }
        Ok(State::Transcript(Box::new(transcript::start(source, false)?)))
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        match state {
            State::Transcript(log) => log.line(line, out),
            State::Document | State::Mutations { .. } => Err(ParseError::NotMine),
        }
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        match cursor.state {
            State::Document => chat::read(source, cursor, out),
            State::Mutations { told } => mutations::read(source, cursor, told, out),
            State::Transcript(_) => read_lines::<Self>(source, cursor, out),
        }
    }
}

lore_plugin_sdk::register!(CopilotChat);
