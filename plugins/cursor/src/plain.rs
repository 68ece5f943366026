//! The older form of transcripts, plain text:
//!
//! ```text
//! user:
//! <user_query>
//! Sort the list.
//! </user_query>
//!
//! assistant:
//! [Thinking] It is short.
//! I will sort it.
//! [Tool call] Read
//!   path: list.txt
//!
//! [Tool result] Read
//! pear
//! ```
//!
//! The file is read from its start whenever it has changed, because its last turn may grow. What a
//! mark begins ends with its paragraph: the form does not tell where a value or a result does, so no
//! edits are read from it.

use lore_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{tools, transcript};

/// The largest file that is read, in bytes.
const LIMIT: u64 = 48 << 20;

/// What is remembered from one reading to the next.
#[derive(Serialize, Deserialize)]
pub struct State {
    session: String,
    /// Turns that were counted.
    counted: u32,
    /// Bytes that were read.
    read: u64,
}

impl State {
    pub(crate) fn begin(source: &Source, head: &[u8]) -> Result<Self, ParseError> {
        let is_ours = transcript::is_below_transcripts(&source.path())
            || head.starts_with(b"user:\n<user_query>\n");
        if !is_ours {
            return Err(ParseError::NotMine);
        }
        Ok(Self { session: source.stem(), counted: 0, read: 0 })
    }

    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        if self.read > 0 && self.read == source.size() {
            return Ok(true);
        }
        let bytes = source.read_whole(LIMIT)?;
        let text = String::from_utf8_lossy(&bytes);
        let turns = turns(&text);
        for (index, turn) in turns.iter().enumerate() {
            let is_last = index + 1 == turns.len();
            let is_empty = turn.text.trim().is_empty();
            if is_empty && is_last {
                break; // it may only have begun
            }
            if self.counted == 0 {
                out.session(Session::new(&self.session));
            }
            if index as u32 >= self.counted {
                self.counted += 1;
                match turn.role {
                    _ if is_empty => out.skipped("turn"),
                    Some(_) => out.kept("turn"),
                    None => out.unknown("preamble"),
                }
            }
            if !is_empty {
                turn.tell(&self.session, index, out);
            }
        }
        self.read = bytes.len() as u64;
        Ok(true)
    }
}

/// What one side said.
struct Turn<'a> {
    /// Nobody's, if it stands before the first one.
    role: Option<Role>,
    text: &'a str,
}

/// How turns begin.
const MARKS: [(&str, Role); 3] =
    [("user:", Role::User), ("assistant:", Role::Assistant), ("A:", Role::Assistant)];

/// The turns of a text. A last line without its end begins none, because it may go on; and if it may
/// become a mark, it is no part of a turn.
fn turns(text: &str) -> Vec<Turn<'_>> {
    let last = text.rsplit('\n').next().unwrap_or_default();
    let may_be_mark = MARKS.iter().any(|(mark, _)| mark.starts_with(last.trim_end()));
    let text = if may_be_mark { &text[..text.len() - last.len()] } else { text };
    let mut turns = Vec::new();
    let (mut role, mut start, mut end) = (None, 0, 0);
    for line in text.split_inclusive('\n') {
        let begins = MARKS.iter().find(|(mark, _)| line.trim_end() == *mark).map(|mark| mark.1);
        if begins.is_some() {
            let turn = Turn { role, text: &text[start..end] };
            if role.is_some() || !turn.text.trim().is_empty() {
                turns.push(turn);
            }
            (role, start) = (begins, end + line.len());
        }
        end += line.len();
    }
    let last = Turn { role, text: &text[start..] };
    // What stands alone without the end of its line tells nothing yet.
    if role.is_some() || last.text.contains('\n') {
        turns.push(last);
    }
    turns
}

impl Turn<'_> {
    fn tell(&self, session: &str, index: usize, out: &mut Output) {
        let key = index.to_string();
        let text = self.text.trim();
        let Some(role) = self.role else {
            return out.message(crate::unknown(session, &key, &Value::from(text)));
        };
        let mut message = Message::new(session, &key, role);
        if role == Role::Assistant {
            message.content = answer(text, &key);
            return out.message(message);
        }
        let mut context = Vec::new();
        transcript::said(text, &mut message, &mut context);
        if !context.is_empty() {
            let mut added = Message::new(session, format!("{key}/context"), role);
            added.injected = true;
            added.content = context;
            out.message(added);
        }
        if !message.content.is_empty() {
            out.message(message);
        }
    }
}

/// What the lines after a mark are.
enum Part {
    Text,
    Thinking,
    Call(String),
    Result(String),
}

/// The blocks of an answer.
fn answer(text: &str, key: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut calls = Vec::new();
    let (mut part, mut lines) = (Part::Text, String::new());
    for line in text.lines() {
        let (next, rest) = if let Some(rest) = line.strip_prefix("[Thinking]") {
            (Part::Thinking, rest.trim_start())
        } else if let Some(name) = line.strip_prefix("[Tool call]") {
            (Part::Call(name.trim().to_owned()), "")
        } else if let Some(name) = line.strip_prefix("[Tool result]") {
            (Part::Result(name.trim().to_owned()), "")
        } else if line.is_empty() && !matches!(part, Part::Text) {
            (Part::Text, "")
        } else {
            lines.push_str(line);
            lines.push('\n');
            continue;
        };
        let ended = std::mem::replace(&mut part, next);
        end_part(ended, std::mem::take(&mut lines), key, &mut calls, &mut blocks);
        if !rest.is_empty() {
            lines.push_str(rest);
            lines.push('\n');
        }
    }
    end_part(part, lines, key, &mut calls, &mut blocks);
    blocks
}

fn end_part(
    part: Part,
    lines: String,
    key: &str,
    calls: &mut Vec<(String, String)>,
    blocks: &mut Vec<Block>,
) {
    let text = lines.trim_matches('\n');
    match part {
        Part::Text if !text.trim().is_empty() => blocks.push(Block::Text(text.to_owned())),
        Part::Thinking if !text.trim().is_empty() => blocks.push(Block::Thinking(text.to_owned())),
        Part::Text | Part::Thinking => {}
        Part::Call(name) => {
            let id = format!("{key}.{}", blocks.len());
            calls.push((name.clone(), id.clone()));
            let input = Value::Object(arguments(text));
            let tool = tools::tool_use(id, name, &input, &Value::Null);
            blocks.push(Block::ToolUse(ToolUse { edits: Vec::new(), ..tool }));
        }
        Part::Result(name) => {
            let call = calls.iter().rev().find(|(called, _)| *called == name);
            blocks.push(Block::ToolResult(ToolResult {
                id: call.map(|(_, id)| id.clone()).unwrap_or_default(),
                content: text.to_owned(),
                is_error: false,
                exit_status: None,
            }));
        }
    }
}

/// Arguments, one a line: `  path: list.txt`. A line without a name goes on with the one before.
fn arguments(text: &str) -> Map<String, Value> {
    let mut arguments: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let own = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '));
        let named = own.and_then(|rest| rest.split_once(':')).filter(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
        match (named, arguments.last_mut()) {
            (Some((name, value)), _) => {
                let value = value.strip_prefix(' ').unwrap_or(value);
                arguments.push((name.to_owned(), value.to_owned()));
            }
            (None, Some((_, value))) => {
                value.push('\n');
                value.push_str(line);
            }
            (None, None) => {}
        }
    }
    let trimmed = |(name, value): (String, String)| (name, Value::from(value.trim_end()));
    arguments.into_iter().map(trimmed).collect()
}
