//! A chat as a log of mutations, one a line, which give the document when they are replayed.
//!
//! ```text
//! {"kind":0,"v":{…}}                              the whole document
//! {"kind":1,"k":["customTitle"],"v":"…"}          a value is set
//! {"kind":2,"k":["requests"],"v":[…],"i":3}       a list is cut off at `i`, if that is told, and extended
//! {"kind":3,"k":["inputState"]}                   a value is removed
//! ```
//!
//! The editor appends to a log and rewrites it now and then, so it is replayed from its start. What
//! it says is told in the order in which it was first said: the part of it that was there at some
//! moment gives the beginning of what the whole gives.

use std::collections::BTreeSet;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, json};
use serde_json::{Map, Value};

use crate::chat::{self, Chat};
use crate::{State, answer, place, request};

/// The largest log that is read, in bytes.
const MOST_BYTES: u64 = 48 << 20;

/// How far beyond its end a list may be set; more is no sensible log.
const MOST_GAP: usize = 1 << 10;

/// Whether the source's first line is a whole document.
///
/// # Errors
/// [`ParseError::NotMine`] if that line is not there yet, or is no JSON.
pub(crate) fn begins(source: &Source) -> Result<bool, ParseError> {
    if source.size() > MOST_BYTES || source.read(0, 64)?.trim_ascii_start().first() != Some(&b'{') {
        return Err(ParseError::NotMine);
    }
    let bytes = source.read_whole(MOST_BYTES)?;
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first: Value = serde_json::from_slice(first).map_err(|_| ParseError::NotMine)?;
    Ok(first["kind"] == 0 && chat::is_mine(&first["v"]))
}

/// Replays the log, and tells what the lines after the first `told` ones changed.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    told: u64,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let bytes = source.read_whole(MOST_BYTES)?;
    let is_named = place::is_chat(&source.path());
    let mut replay = Replay::default();
    let (mut start, mut lines) = (0, 0);
    while start < bytes.len() {
        let line_feed = bytes[start..].iter().position(|byte| *byte == b'\n');
        let end = line_feed.map_or(bytes.len(), |at| start + at);
        let line = bytes[start..end].trim_ascii();
        let text = String::from_utf8_lossy(line);
        let mutation = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}'));
        // Without its line feed it may still be being written.
        if line_feed.is_none() && mutation.is_err() {
            break;
        }
        if !line.is_empty() {
            replay.is_new = lines >= told;
            match mutation {
                Ok(mutation) => replay.apply(source, mutation, lines, out),
                Err(error) => {
                    let problem = format!("not the JSON expected: {error}");
                    replay.say(Said::Problem(start as u64, problem));
                }
            }
            lines += 1;
        }
        start = (end + 1).min(bytes.len());
    }
    if lines > 0 && !is_named && !chat::is_mine(&replay.document) {
        return Err(ParseError::NotMine);
    }
    replay.tell(out);
    cursor.move_to(start as u64);
    cursor.state = State::Mutations { told: lines };
    Ok(true)
}

/// A document as far as it was replayed.
#[derive(Default)]
struct Replay {
    document: Value,
    chat: Option<Chat>,
    session: Option<Session>,
    /// Parts of unknown kinds that were met, by request and place in it.
    unknown: BTreeSet<(usize, usize)>,
    /// The current line was not told before.
    is_new: bool,
    /// What is to be told, in the order in which it was said first.
    said: Vec<Said>,
}

enum Said {
    Session(Session),
    /// The request at this index.
    Request(usize),
    Message(Message),
    Problem(u64, String),
}

impl Replay {
    fn say(&mut self, said: Said) {
        if self.is_new {
            self.said.push(said);
        }
    }

    fn apply(&mut self, source: &Source, mut mutation: Value, line: u64, out: &mut Output) {
        let written = mutation.clone();
        let value = mutation["v"].take();
        let path = mutation["k"].as_array().map_or(&[][..], Vec::as_slice);
        let mut first = 0;
        let name = match mutation["kind"].as_u64() {
            Some(0) => {
                self.document = value;
                Some("initial")
            }
            Some(1) => set(&mut self.document, path, value).then_some("set"),
            Some(2) => {
                let from =
                    mutation["i"].as_u64().map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                first = from.unwrap_or(usize::MAX).min(self.requests());
                extend(&mut self.document, path, value, from).then_some("append")
            }
            Some(3) => {
                remove(&mut self.document, path);
                Some("delete")
            }
            _ => None,
        };
        match name {
            Some(name) if self.is_new => out.kept(name),
            None if self.is_new => {
                out.unknown("mutation");
                let id = chat::id(source, &self.document);
                let mut message = Message::new(id, format!("mutation-{line}"), Role::System);
                message.injected = true;
                message.content.push(Block::Other(json::compact_elided(written)));
                self.say(Said::Message(message));
            }
            _ => {}
        }
        if chat::is_mine(&self.document) {
            self.note_session(source);
            self.note_requests(path, first, out);
        }
    }

    fn note_session(&mut self, source: &Source) {
        let chat = self.chat.get_or_insert_with(|| Chat::new(source, &self.document));
        let session = chat.session(&self.document);
        if self.session.as_ref() != Some(&session) {
            let known = self.session.replace(session.clone());
            self.say(Said::Session(
                known.map_or_else(|| session.clone(), |k| changed(&k, &session)),
            ));
        }
    }

    /// Notes the requests that the last line touched: those from the `first` on, if it changed their
    /// list as such.
    fn note_requests(&mut self, path: &[Value], first: usize, out: &mut Output) {
        let count = self.requests();
        let touched = match (path.first().and_then(Value::as_str), path.get(1)) {
            (Some("requests"), Some(index)) => {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                index.map_or(0..0, |index| index..index.saturating_add(1).min(count))
            }
            (Some("requests"), None) => first..count,
            (None, _) => 0..count,
            (Some(_), _) => 0..0,
        };
        for index in touched {
            let is_noted = |said: &Said| matches!(said, Said::Request(noted) if *noted == index);
            if !self.said.iter().any(is_noted) {
                self.say(Said::Request(index));
            }
            for (at, part) in request::parts(&self.document["requests"][index]).enumerate() {
                if let (kind, Outcome::Unknown) = answer::kind(part)
                    && self.unknown.insert((index, at))
                    && self.is_new
                {
                    out.unknown(kind);
                }
            }
        }
    }

    fn requests(&self) -> usize {
        self.document["requests"].as_array().map_or(0, Vec::len)
    }

    fn tell(self, out: &mut Output) {
        let id = self.chat.map(|chat| chat.id).unwrap_or_default();
        for said in self.said {
            match said {
                Said::Session(session) => out.session(session),
                Said::Message(message) => out.message(message),
                Said::Problem(offset, problem) => out.problem(offset, problem),
                Said::Request(index) => {
                    let request = &self.document["requests"][index];
                    request::tell(&id, index, request, &self.document, out);
                }
            }
        }
    }
}

/// The facts that are new.
fn changed(known: &Session, now: &Session) -> Session {
    fn news<T: Clone + PartialEq>(known: &Option<T>, now: &Option<T>) -> Option<T> {
        now.clone().filter(|_| known != now)
    }
    Session {
        title: news(&known.title, &now.title),
        started: news(&known.started, &now.started),
        tool_version: news(&known.tool_version, &now.tool_version),
        model: news(&known.model, &now.model),
        ..Session::new(now.id.as_str())
    }
}

/// The value at a path, made where it is missing; nothing if something else stands in the way.
fn place_at<'v>(document: &'v mut Value, path: &[Value]) -> Option<&'v mut Value> {
    path.iter().try_fold(document, |value, step| match step {
        Value::String(name) => {
            if value.is_null() {
                *value = Value::Object(Map::new());
            }
            Some(value.as_object_mut()?.entry(name.as_str()).or_insert(Value::Null))
        }
        step => {
            let index = usize::try_from(step.as_u64()?).ok()?;
            if value.is_null() {
                *value = Value::Array(Vec::new());
            }
            let list = value.as_array_mut()?;
            if index >= list.len() {
                if index - list.len() > MOST_GAP {
                    return None;
                }
                list.resize(index + 1, Value::Null);
            }
            list.get_mut(index)
        }
    })
}

fn set(document: &mut Value, path: &[Value], value: Value) -> bool {
    match place_at(document, path) {
        Some(place) => {
            *place = value;
            true
        }
        None => false,
    }
}

fn extend(document: &mut Value, path: &[Value], value: Value, from: Option<usize>) -> bool {
    let Some(place) = place_at(document, path) else { return false };
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    let Some(list) = place.as_array_mut() else { return false };
    if let Some(from) = from {
        list.truncate(from);
    }
    match value {
        Value::Array(items) => list.extend(items),
        Value::Null => {}
        item => list.push(item),
    }
    true
}

fn remove(document: &mut Value, path: &[Value]) {
    let Some((last, above)) = path.split_last() else { return };
    let Some(place) = place_at(document, above) else { return };
    match (place, last) {
        (Value::Object(fields), Value::String(name)) => {
            fields.remove(name);
        }
        (Value::Array(items), index) => {
            let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
            if let Some(index) = index.filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mutations_give_the_document() {
        let mut document = json!({"requests": [{"response": []}], "inputState": {"text": "a"}});
        let path = |value: Value| value.as_array().cloned().unwrap_or_default();
        assert!(set(&mut document, &path(json!(["customTitle"])), json!("Title")));
        assert!(extend(
            &mut document,
            &path(json!(["requests", 0, "response"])),
            json!([1, 2]),
            None
        ));
        assert!(extend(
            &mut document,
            &path(json!(["requests", 0, "response"])),
            json!([3]),
            Some(1)
        ));
        assert!(set(&mut document, &path(json!(["requests", 1, "message", "text"])), json!("b")));
        remove(&mut document, &path(json!(["inputState", "text"])));
        remove(&mut document, &path(json!(["none", "text"])));
        let expected = json!({
            "requests": [{"response": [1, 3]}, {"message": {"text": "b"}}],
            "inputState": {}, "customTitle": "Title", "none": null,
        });
        assert_eq!(document, expected);
    }

    #[test]
    fn what_fits_nowhere_changes_nothing() {
        let mut document = json!({"customTitle": "Title"});
        let before = document.clone();
        assert!(!set(&mut document, &[json!("customTitle"), json!(0)], json!(1)));
        assert!(!extend(&mut document, &[json!("customTitle")], json!([1]), None));
        assert!(!set(&mut document, &[json!(true)], json!(1)));
        remove(&mut document, &[]);
        assert_eq!(document, before);
        assert!(!set(&mut document, &[json!("requests"), json!(u64::MAX)], json!(1)));
        assert!(!set(&mut document, &[json!("requests"), json!(1_u64 << 40)], json!(1)));
    }
}
