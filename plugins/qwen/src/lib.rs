//! Reads the sessions of Qwen Code: `projects/<directory>/chats/<session>.jsonl`, the files of its
//! sub-agents, and the documents of its first versions.
//!
//! Lines are appended, so reading goes on at the checkpoint. Only a rewind takes back what was said
//! before: what is read at once is held back until its end for that ([`held`]), and a rewind behind
//! the checkpoint makes the engine begin anew. `docs/tools/qwen.md` says what becomes of each kind of
//! record.

mod document;
mod held;
mod parts;
mod recognise;
mod records;
mod session;
mod system;
mod tools;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_lines};
use serde::{Deserialize, Serialize};

use held::Held;
use recognise::{UNCLEAR_LINES, Verdict};
use session::Told;

/// The watcher of Qwen Code.
pub struct Qwen;

/// What is remembered from one line to the next.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// A line was the tool's own.
    is_ours: bool,
    /// Lines that did not tell, before that.
    unclear: u32,
    told: Told,
    /// The latest record, and the latest message in the chain that it ends.
    tail: Option<String>,
    answered: Option<String>,
    /// What was read since the checkpoint.
    #[serde(skip)]
    held: Held,
}

impl Watcher for Qwen {
    type State = State;

    fn info() -> WatcherInfo {
        let mut info = WatcherInfo::new("qwen", "Qwen Code", env!("CARGO_PKG_VERSION"));
        for base in ["~/.qwen", "$QWEN_HOME", "$QWEN_RUNTIME_DIR"] {
            info = info
                .location(base, None, "projects/*/chats/*.jsonl", Growth::AppendOnly)
                .location(base, None, "projects/*/subagents/*/agent-*.jsonl", Growth::AppendOnly)
                .location(base, None, "tmp/*/chats/session-*.json", Growth::Rewritten)
                .memories(base, None, "projects/$PROJECT_SLUG/memory/**/*.md");
        }
        info.memories_in_projects("{QWEN,AGENTS}.md").memories_in_projects(".qwen/QWEN.local.md")
    }

    fn start(source: &Source) -> Result<State, ParseError> {
        let told = Told::of(source);
        let held = Held::default();
        Ok(State { is_ours: false, unclear: 0, told, tail: None, answered: None, held })
    }

    fn line(state: &mut State, line: &Line<'_>, _: &mut Output) -> Result<(), ParseError> {
        if !state.is_ours {
            match recognise::line(line.text()) {
                Verdict::Ours => state.is_ours = true,
                Verdict::Unclear if state.unclear < UNCLEAR_LINES => state.unclear += 1,
                Verdict::Unclear | Verdict::Foreign => return Err(ParseError::NotMine),
            }
        }
        records::line(state, line)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        if source.path().ends_with(".json") {
            return document::read(source, cursor, out);
        }
        let head = if cursor.position() == 0 { source.read(0, 256)? } else { Vec::new() };
        if head.contains(&0) {
            return Err(ParseError::NotMine);
        }
        let position = cursor.position();
        let before = match position.checked_sub(1) {
            Some(last) => source.read(last, 1)?,
            None => Vec::new(),
        };
        // A record without its line feed was read; another may have been glued to it since.
        let rest = before.first().is_some_and(|last| *last != b'\n').then_some(position);
        cursor.state.held = Held::new(position == 0, rest);
        while !read_lines::<Self>(source, cursor, out)? {}
        // An empty file or the beginning of a first record may become ours; anything else is not.
        let may_begin = head.trim_ascii_start().first().is_none_or(|byte| *byte == b'{');
        if !cursor.state.is_ours && (cursor.state.unclear > 0 || !may_begin) {
            return Err(ParseError::NotMine);
        }
        std::mem::take(&mut cursor.state.held).write(out);
        Ok(true)
    }
}

lore_plugin_sdk::register!(Qwen);
