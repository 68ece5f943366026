//! Contexts of Kimi CLI: what the model sees, one message a line, without ids and times.
//!
//! When the conversation is cut back or cleared, the file is moved aside to `context_<n>.jsonl`, and a
//! new one begins with a copy of what stays. All parts are read, the oldest first. The key of a
//! message is a hash chained over the messages before it in its part, so a copy has the key of the
//! original and is told once.

use std::collections::HashSet;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, json};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_128;

use crate::place::{Place, is_context, part};
use crate::times::Times;
use crate::{State, calls, content};

/// Bytes of one file that are read.
const LIMIT: u64 = 64 << 20;

/// Reads the context with its older parts.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let path = source.path();
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let beside =
        |name: &str| if folder.is_empty() { name.into() } else { format!("{folder}/{name}") };
    let mut parts = Vec::new();
    if name == "context.jsonl" {
        for found in source.find(&beside("context_*.jsonl"))? {
            let place = found.rsplit('/').next().and_then(part);
            parts.extend(place.map(|place| (place, found)));
        }
        parts.sort();
    } else if part(name).is_some() && source.open(&beside("context.jsonl")).is_ok() {
        // It is told with the context that it was a part of.
        return Err(ParseError::NotMine);
    }
    let mut times = Times::default();
    if let Ok(wire) = source.open(&beside("wire.jsonl")) {
        let (lines, _) = lines(&wire)?;
        for (_, line) in lines {
            serde_json::from_str(&line).map(|event| times.take(&event)).unwrap_or_default();
        }
    }
    let place = cursor.state.place.clone();
    let mut reading = Reading { place, times, told: HashSet::new(), messages: Vec::new() };
    for ((is_helper, number), path) in parts.iter().filter(|((is_helper, _), _)| !is_helper) {
        let (lines, _) = lines(&source.open(path)?)?;
        reading.part(lines, &part_seed(*is_helper, *number), out);
    }
    let (own, end) = lines(source)?;
    let is_named = is_context(name) || is_first_form(folder);
    let is_ours = own.iter().any(|(_, line)| is_own(line, is_named));
    let is_new = is_named && own.is_empty();
    if !(is_ours || is_new) {
        return Err(ParseError::NotMine);
    }
    let is_empty = own.is_empty();
    reading.part(own, "", out);
    for ((is_helper, number), path) in parts.iter().filter(|((is_helper, _), _)| *is_helper) {
        let (lines, _) = lines(&source.open(path)?)?;
        reading.part(lines, &part_seed(*is_helper, *number), out);
    }
    if !(is_empty && reading.messages.is_empty()) {
        reading.write(out);
    }
    cursor.state.is_read = true;
    cursor.move_to(end);
    Ok(true)
}

/// What the chain of a part begins with: helpers' histories are no copies of each other.
fn part_seed(is_helper: bool, number: u32) -> String {
    if is_helper { format!("sub-{number}") } else { String::new() }
}

struct Reading {
    place: Place,
    times: Times,
    told: HashSet<String>,
    messages: Vec<Message>,
}

impl Reading {
    /// Takes in the lines of one part.
    fn part(&mut self, lines: Vec<(u64, String)>, seed: &str, out: &mut Output) {
        let mut chain = seed.to_owned();
        for (offset, line) in lines {
            let record = match serde_json::from_str::<Value>(&line) {
                Ok(record) => record,
                Err(error) => {
                    out.problem(offset, format!("not the JSON expected: {error}"));
                    continue;
                }
            };
            let role = json::text(&record["role"]).to_owned();
            if matches!(&*role, "_system_prompt" | "_checkpoint" | "_usage") {
                out.skipped(&role);
                continue;
            }
            chain = format!("{:032x}", xxh3_128(format!("{chain}\n{}", line.trim()).as_bytes()));
            if !self.told.insert(chain.clone()) {
                out.skipped(&role);
                continue;
            }
            let mut message = Message::new(self.place.id.as_str(), chain.as_str(), Role::System);
            message.sidechain = self.place.parent.is_some() || !seed.is_empty();
            if fill(&mut message, &role, record) {
                out.kept(&role);
            } else {
                out.unknown(if role.is_empty() { "record" } else { &role });
            }
            self.times.complete(&mut message);
            self.messages.push(message);
        }
    }

    fn write(self, out: &mut Output) {
        out.session(Session {
            parent: self.place.parent,
            started: self.times.started,
            ..Session::new(self.place.id)
        });
        self.messages.into_iter().for_each(|message| out.message(message));
    }
}

/// Puts what a record says into the message; returns whether its role is known.
fn fill(message: &mut Message, role: &str, record: Value) -> bool {
    match role {
        "user" => {
            message.role = Role::User;
            message.content = content::blocks(&record["content"]);
            message.injected = content::is_injected(&message.content);
        }
        "assistant" => {
            message.role = Role::Assistant;
            message.content = content::blocks(&record["content"]);
            let calls = record["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
            message.content.extend(calls.iter().map(|call| {
                let function = &call["function"];
                let (id, name) = (json::text(&call["id"]), json::text(&function["name"]));
                Block::ToolUse(calls::call(id, name, &function["arguments"]))
            }));
        }
        "tool" => {
            message.role = Role::User;
            let id = json::text(&record["tool_call_id"]);
            let text = json::content(&record["content"]);
            message.content.push(Block::ToolResult(calls::result(id, text, false)));
        }
        "system" => {
            message.injected = true;
            message.content = content::blocks(&record["content"]);
        }
        _ => {
            message.injected = true;
            message.content.push(Block::Other(json::compact_elided(record)));
            return false;
        }
    }
    true
}

/// The non-empty lines of a file with their offsets, and where they end: a last line that is still
/// being written is left.
fn lines(source: &Source) -> Result<(Vec<(u64, String)>, u64), ParseError> {
    let bytes = source.read_whole(LIMIT)?;
    let (mut lines, mut end) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_start_matches('\u{feff}').trim();
        if !line.ends_with(b"\n") && serde_json::from_str::<Value>(text).is_err() {
            break;
        }
        if !text.is_empty() {
            lines.push((end, text.to_owned()));
        }
        end += line.len() as u64;
    }
    Ok((lines, end))
}

/// Whether no other tool would write this, in a file that is named as Kimi's are, or in any.
fn is_own(line: &str, is_named: bool) -> bool {
    let Ok(record) = serde_json::from_str::<Value>(line) else { return false };
    match record["role"].as_str() {
        Some("_system_prompt" | "_checkpoint" | "_usage") => true,
        role => is_named && role.is_some(),
    }
}

/// Whether the first versions kept sessions in this folder: it is named by a hash.
fn is_first_form(folder: &str) -> bool {
    let name = folder.rsplit('/').next().unwrap_or_default();
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
