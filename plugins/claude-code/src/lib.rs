//! Reads what Claude Code writes: `projects/<directory>/<session>.jsonl`, the files of its
//! sub-agents, and sessions exported as one JSON document.
//!
//! `docs/tools/claude-code.md` says what becomes of each kind
//! of record.

mod content;
mod document;
mod loose;
mod messages;
mod recognise;
mod record;
mod session;
mod tools;
mod usage;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};

use recognise::{UNCLEAR_LINES, Verdict};
use session::Sessions;

/// The watcher for Claude Code.
pub struct ClaudeCode;

/// What is remembered from one line to the next.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// A line was the tool's own.
    is_ours: bool,
    /// Lines that did not tell, before that.
    unclear: u32,
    /// Records taken, if the file is one JSON document.
    document: Option<u32>,
    sessions: Sessions,
    counted: usage::Counted,
}

impl Watcher for ClaudeCode {
    type State = State;

    fn info() -> WatcherInfo {
        let (sessions, notes) = ("projects/**/*.jsonl", "projects/$PROJECT_SLUG/memory/*.md");
        WatcherInfo::new("claude-code", "Claude Code", env!("CARGO_PKG_VERSION"))
            .location("~/.claude", Some("CLAUDE_CONFIG_DIR"), sessions, Growth::AppendOnly)
            .location("$XDG_CONFIG_HOME/claude", None, sessions, Growth::AppendOnly)
            .memories("~/.claude", Some("CLAUDE_CONFIG_DIR"), notes)
            .memories("$XDG_CONFIG_HOME/claude", None, notes)
            .memories_in_projects("{CLAUDE,CLAUDE.local}.md")
            .memories_in_projects(".claude/CLAUDE.md")
            .memories_in_projects(".claude/rules/**/*.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        Ok(State {
            is_ours: false,
            unclear: 0,
            document: None,
            sessions: Sessions::of(source),
            counted: usage::Counted::default(),
        })
    }

    fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        if !state.is_ours {
            match recognise::line(line.text()) {
                Verdict::Ours => state.is_ours = true,
                Verdict::Unclear if state.unclear < UNCLEAR_LINES => state.unclear += 1,
                Verdict::Unclear | Verdict::Foreign => return Err(ParseError::NotMine),
            }
        }
        messages::take(state, line, out);
        Ok(())
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        let head = if cursor.position() == 0 { source.read(0, 256)? } else { Vec::new() };
        if head.contains(&0) {
            return Err(ParseError::NotMine);
        }
        if document::is_document(source, &head) {
            cursor.state.document.get_or_insert(0);
        }
        if let Some(taken) = cursor.state.document {
            return document::read(source, cursor, taken, out);
        }
        let done = read_lines::<Self>(source, cursor, out)?;
        // An empty file or the beginning of a first record may become ours; anything else is not.
        let may_begin = head.trim_ascii_start().first().is_none_or(|byte| b"\xef{".contains(byte));
        if done && !cursor.state.is_ours && (cursor.state.unclear > 0 || !may_begin) {
            return Err(ParseError::NotMine);
        }
        Ok(done)
    }
}

lore_plugin_sdk::register!(ClaudeCode);

/// A short stand-in for a text that has only to be recognised again (FNV-1a).
fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
