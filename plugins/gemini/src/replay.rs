//! The session as it stands after all operations of its log.
//!
//! | Line | Operation |
//! |---|---|
//! | `{id, …}` | puts a message at the end, or in the place of the one with the same id |
//! | `{"$set": {…}}` | facts about the session; `messages` replaces the list of messages |
//! | `{"$rewindTo": id}` | removes that message and all after it; all, if there is no such message |
//! | `{sessionId, …}` | the head, with `messages` a whole session of the older form |
//!
//! A line whose message does not remain is counted as skipped. The session's id is known only when
//! all is read, so it is put into the messages at the end.

use std::collections::{HashMap, HashSet};

use lore_plugin_sdk::{Block, Line, Message, Output, ParseError, Role, Session, json, time};
use serde_json::Value;

use crate::message;
use crate::place::Place;

/// How many lines may say nothing about whose file it is before it is taken for another tool's.
const UNCLEAR_LINES: u32 = 32;

/// The id that all sessions of the server for editors have.
const SERVER: &str = "a2a-server";

/// A log, as far as it is read.
#[derive(Default)]
pub(crate) struct Replay {
    facts: Facts,
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
    counts: Vec<(String, Fate)>,
    problems: Vec<(u64, String)>,
    is_ours: bool,
    lines: u32,
}

struct Entry {
    message: Message,
    /// What to count, if the message is a record of its own.
    record: Option<String>,
    is_known: bool,
}

#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Skipped,
    Unknown,
}

/// What the log says about the session.
#[derive(Default)]
struct Facts {
    id: Option<String>,
    /// As it is written.
    start: Option<String>,
    title: Option<String>,
    is_subagent: bool,
}

impl Replay {
    /// Whether the file is Gemini's beyond doubt.
    pub(crate) fn is_ours(&self) -> bool {
        self.is_ours
    }

    pub(crate) fn has_lines(&self) -> bool {
        self.lines > 0
    }

    /// Takes in one line.
    pub(crate) fn line(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        self.lines += 1;
        let record = match serde_json::from_str::<Value>(line.text()) {
            Ok(record) => record,
            Err(error) => {
                self.problems.push((line.offset(), format!("not the JSON expected: {error}")));
                return self.unclear();
            }
        };
        if !self.is_ours {
            self.recognise(&record)?;
        }
        self.take(record, line.offset());
        Ok(())
    }

    /// Takes in a session of the older form, one JSON object.
    pub(crate) fn document(&mut self, mut document: Value) -> Result<(), ParseError> {
        let Value::Array(messages) = take_messages(&mut document) else {
            return Err(ParseError::NotMine);
        };
        let is_foreign = |message: &Value| {
            let kind = message["type"].as_str();
            matches!(kind, Some("qwen" | "assistant" | "tool_result")) || !message["role"].is_null()
        };
        if !is_head(&document) || messages.iter().any(is_foreign) {
            return Err(ParseError::NotMine);
        }
        self.is_ours = true;
        self.facts.learn(&document);
        self.count("session", Fate::Kept);
        for (ordinal, message) in messages.into_iter().enumerate() {
            self.put(message, &format!("message-{ordinal}"), true);
        }
        Ok(())
    }

    /// Writes what remains.
    pub(crate) fn finish(mut self, place: &Place, stem: &str, out: &mut Output) {
        let id = match (self.facts.id.take(), &self.facts.start) {
            (Some(id), Some(start)) if id == SERVER => format!("{id}/{start}"),
            (Some(id), _) if id != SERVER => id,
            _ => stem.to_owned(),
        };
        let is_sidechain = self.facts.is_subagent || place.parent.is_some();
        out.session(Session {
            parent: place.parent.clone(),
            title: self.facts.title.take(),
            started: self.facts.start.as_deref().and_then(time::parse_text),
            directory: place.directory.clone(),
            ..Session::new(id.as_str())
        });
        for (offset, problem) in std::mem::take(&mut self.problems) {
            out.problem(offset, problem);
        }
        for (kind, fate) in std::mem::take(&mut self.counts) {
            fate.count(&kind, out);
        }
        let mut answered = HashSet::new();
        for Entry { mut message, record, is_known } in self.entries {
            let fate = match told_again(&mut message, &mut answered) {
                true => Fate::Skipped,
                false if is_known => Fate::Kept,
                false => Fate::Unknown,
            };
            if let Some(kind) = record {
                fate.count(&kind, out);
            }
            if !matches!(fate, Fate::Skipped) {
                message.session.clone_from(&id);
                message.sidechain = is_sidechain;
                out.message(message);
            }
        }
    }

    /// Judges by a line whether the file is Gemini's.
    fn recognise(&mut self, record: &Value) -> Result<(), ParseError> {
        let is_message = record["id"].is_string()
            && record["timestamp"].is_string()
            && !record["content"].is_null()
            && record["message"].is_null();
        match record["type"].as_str() {
            _ if record["$set"].is_object() || record["$rewindTo"].is_string() => {}
            None if is_head(record) => {}
            Some("gemini") if is_message => {}
            Some("user" | "info" | "error" | "warning") if is_message => return self.unclear(),
            _ => return Err(ParseError::NotMine),
        }
        self.is_ours = true;
        Ok(())
    }

    fn unclear(&self) -> Result<(), ParseError> {
        let is_foreign = !self.is_ours && self.lines > UNCLEAR_LINES;
        if is_foreign { Err(ParseError::NotMine) } else { Ok(()) }
    }

    fn take(&mut self, mut record: Value, offset: u64) {
        let nowhere = format!("line-{offset}");
        if let Some(id) = record["$rewindTo"].as_str() {
            let from = self.places.get(id).copied().unwrap_or(0);
            self.remove_from(from);
            self.count("rewind", Fate::Kept);
        } else if record["id"].is_string() {
            self.put(record, &nowhere, true);
        } else if record["$set"].is_object() {
            let messages = record.get_mut("$set").map(take_messages).unwrap_or_default();
            let is_told = self.facts.learn(&record["$set"]) | messages.is_array();
            self.replace(messages);
            match &record["$set"] {
                Value::Object(fields) if !fields.keys().any(|field| is_known_field(field)) => {
                    self.put_unknown(record, &nowhere, "set");
                }
                _ => self.count("set", if is_told { Fate::Kept } else { Fate::Skipped }),
            }
        } else if is_head(&record) {
            self.facts.learn(&record);
            let messages = take_messages(&mut record);
            self.replace(messages);
            self.count("session", Fate::Kept);
        } else {
            self.put_unknown(record, &nowhere, "record");
        }
    }

    /// A list of messages takes the place of the one so far.
    fn replace(&mut self, messages: Value) {
        let Value::Array(messages) = messages else { return };
        self.remove_from(0);
        for (ordinal, message) in messages.into_iter().enumerate() {
            self.put(message, &format!("message-{ordinal}"), false);
        }
    }

    /// Puts a message at the end, or in the place of the one with its id.
    fn put(&mut self, record: Value, otherwise: &str, is_record: bool) {
        let key = record["id"].as_str().unwrap_or(otherwise).to_owned();
        let kind = record["type"].as_str().unwrap_or("message").to_owned();
        let (message, is_known) = message::read(record, &key, &kind);
        let entry = Entry { message, record: is_record.then_some(kind), is_known };
        match self.places.get(&key) {
            Some(&place) => {
                let old = std::mem::replace(&mut self.entries[place], entry);
                self.skip(old);
            }
            None => {
                self.places.insert(key, self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    /// A line of which the meaning is not known, as it stands.
    fn put_unknown(&mut self, record: Value, key: &str, kind: &str) {
        let mut message = Message::new(String::new(), key, Role::System);
        message.injected = true;
        message.content.push(Block::Other(json::compact_elided(record)));
        self.places.insert(key.to_owned(), self.entries.len());
        self.entries.push(Entry { message, record: Some(kind.to_owned()), is_known: false });
    }

    fn remove_from(&mut self, place: usize) {
        for entry in self.entries.split_off(place) {
            self.places.remove(&entry.message.key);
            self.skip(entry);
        }
    }

    fn skip(&mut self, entry: Entry) {
        if let Some(kind) = entry.record {
            self.count(&kind, Fate::Skipped);
        }
    }

    fn count(&mut self, kind: &str, fate: Fate) {
        self.counts.push((kind.to_owned(), fate));
    }
}

impl Facts {
    /// Takes in a head or a patch; returns whether it says anything about the session.
    fn learn(&mut self, record: &Value) -> bool {
        let text = |name: &str| record[name].as_str().map(str::to_owned);
        let (id, start, title) = (text("sessionId"), text("startTime"), text("summary"));
        let kind = record["kind"].as_str();
        let is_told = id.is_some() || start.is_some() || title.is_some() || kind.is_some();
        self.is_subagent |= kind == Some("subagent");
        self.id = self.id.take().or(id);
        self.start = self.start.take().or(start);
        self.title = title.or(self.title.take());
        is_told
    }
}

impl Fate {
    fn count(self, kind: &str, out: &mut Output) {
        match self {
            Self::Kept => out.kept(kind),
            Self::Skipped => out.skipped(kind),
            Self::Unknown => out.unknown(kind),
        }
    }
}

fn take_messages(record: &mut Value) -> Value {
    record.get_mut("messages").map(Value::take).unwrap_or_default()
}

/// Whether this is the first line of a log, or a session of the older form.
fn is_head(record: &Value) -> bool {
    record["sessionId"].is_string()
        && (record["projectHash"].is_string() || record["startTime"].is_string())
        && record["uuid"].is_null()
}

fn is_known_field(name: &str) -> bool {
    matches!(
        name,
        "activeExtensionName"
            | "directories"
            | "kind"
            | "lastUpdated"
            | "memoryScratchpad"
            | "messages"
            | "projectHash"
            | "sessionId"
            | "startTime"
            | "summary"
    )
}

/// Takes out results that an earlier message has: a list that replaces another tells them with the
/// call and once more as the model saw them. Returns whether nothing is left.
fn told_again(message: &mut Message, answered: &mut HashSet<String>) -> bool {
    let before = message.content.len();
    message.content.retain(|block| match block {
        Block::ToolResult(result) => answered.insert(result.id.clone()),
        _ => true,
    });
    message.content.is_empty() && before > 0
}
