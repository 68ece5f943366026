//! The files of one task: which of them tells it, and how they are read together.

use lore_plugin_sdk::{Cursor, Output, ParseError, Session, Source, read_document};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::{self, Voice};
use crate::entry::Entry;
use crate::facts;
use crate::place::{Place, Program};
use crate::story::Story;
use crate::turns::Steps;

const ENTRIES: &str = "ui_messages.json";
const MESSAGES: &str = "api_conversation_history.json";
/// The old name of either of them.
const OLD: &str = "claude_messages.json";

/// The largest file beside the source that is read, in bytes.
const LIMIT: u64 = 32 << 20;

/// Bytes at the start that tell whether it is worth reading the rest.
const HEAD: u32 = 4096;

/// What a file holds.
#[derive(Debug, PartialEq)]
enum Shape {
    Entries,
    Messages,
    Nothing,
    Other,
}

/// Reads a file of a task.
pub(crate) fn read<S: Serialize + DeserializeOwned>(
    program: Program,
    source: &Source,
    cursor: &mut Cursor<S>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let place = Place::of(&source.path());
    let is_named = matches!(place.name.as_str(), ENTRIES | MESSAGES | OLD);
    if !is_named && !may_be_entries(source)? {
        return Err(ParseError::NotMine);
    }
    let Some(document) = read_document::<Box<RawValue>>(source, cursor, out)? else {
        // Cut off or broken; under a foreign name it is nobody's.
        return if is_named { Ok(true) } else { Err(ParseError::NotMine) };
    };
    let Some(list) = list(document.get()) else {
        if !is_named || place.name == ENTRIES {
            return Err(ParseError::NotMine);
        }
        if document.get().trim_end_matches('}').trim() == "{" {
            out.skipped("empty");
        } else {
            out.problem(0, "not a list of messages");
        }
        return Ok(true);
    };
    match shape(&list) {
        Shape::Other => return Err(ParseError::NotMine),
        Shape::Nothing if !is_named => return Err(ParseError::NotMine),
        Shape::Nothing => {}
        _ if place.is_open() && is_of_roo(&list) != (program == Program::RooCode) => {
            return Err(ParseError::NotMine);
        }
        Shape::Messages if !is_named => return Err(ParseError::NotMine),
        Shape::Entries if place.name != OLD || !is_told(source, &place, &[ENTRIES]) => {
            tell_entries(source, &place, &list, is_named, out);
        }
        Shape::Entries => list.iter().for_each(|_| out.skipped("entry")),
        Shape::Messages => {
            let better: &[&str] =
                if place.name == OLD { &[ENTRIES, MESSAGES] } else { &[ENTRIES, OLD] };
            if is_told(source, &place, better) {
                list.iter().for_each(|json| out.skipped(api::voice_of(json.get()).kind()));
            } else {
                tell_messages(source, &place, &list, out);
            }
        }
    }
    Ok(true)
}

/// Whether the file begins as a list of objects with what each entry has.
fn may_be_entries(source: &Source) -> Result<bool, ParseError> {
    let head = source.read(0, HEAD)?;
    let head = String::from_utf8_lossy(&head);
    let begin = head.trim_start_matches('\u{feff}').trim_start();
    let begin = begin.strip_prefix('[').map(str::trim_start);
    Ok(begin.is_some_and(|begin| begin.starts_with('{'))
        && head.contains("\"ts\"")
        && (head.contains("\"say\"") || head.contains("\"ask\"")))
}

/// The elements of a list, or of the list in newer files of messages.
fn list(json: &str) -> Option<Vec<&RawValue>> {
    #[derive(Deserialize)]
    struct Versioned<'a> {
        #[serde(borrow)]
        messages: Vec<&'a RawValue>,
    }
    let versioned = || serde_json::from_str::<Versioned<'_>>(json).map(|file| file.messages);
    serde_json::from_str(json).or_else(|_| versioned()).ok()
}

fn shape(list: &[&RawValue]) -> Shape {
    let is_entry = |json: &&&RawValue| Entry::read(json.get(), true).is_some();
    let is_message = |json: &&&RawValue| api::voice_of(json.get()) != Voice::Unknown;
    if list.is_empty() {
        Shape::Nothing
    } else if list.iter().find(is_entry).is_some() {
        Shape::Entries
    } else if list.iter().find(is_message).is_some() {
        Shape::Messages
    } else {
        Shape::Other
    }
}

/// Whether there is something that only Roo Code writes.
fn is_of_roo(list: &[&RawValue]) -> bool {
    const MARKS: [&str; 7] = [
        "\"apiProtocol\":",
        "\"checkpoint_saved\"",
        "\"contextCondense\":",
        "\"isAnswered\":",
        "\"isProtected\":",
        "\"condenseId\":",
        "\"isSummary\":",
    ];
    list.iter().any(|json| MARKS.iter().any(|mark| json.get().contains(mark)))
}

/// Whether one of these files beside the source tells the task better than it: `ui_messages.json`
/// before messages, and entries before messages under the old name.
fn is_told(source: &Source, place: &Place, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let Some(text) = beside(source, place, name) else { return false };
        match *name {
            OLD => list(&text).is_some_and(|list| shape(&list) == Shape::Entries),
            _ => serde_json::from_str::<Vec<IgnoredAny>>(&text).is_ok_and(|list| !list.is_empty()),
        }
    })
}

/// The text of a file beside the source; nothing if it is not there or too large.
fn beside(source: &Source, place: &Place, name: &str) -> Option<String> {
    let bytes = source.open(&format!("{}{name}", place.folder)).ok()?.read_whole(LIMIT).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn tell_entries(
    source: &Source,
    place: &Place,
    entries: &[&RawValue],
    is_named: bool,
    out: &mut Output,
) {
    let first = || {
        let first = entries.iter().find_map(|json| Entry::read(json.get(), true)?.at);
        first.map(|at| at.to_string())
    };
    let session = known(source, place, first);
    let steps = Steps::read(&session.id, entries, out);
    let started = steps.started;
    let names = if place.name == OLD { [MESSAGES, MESSAGES] } else { [MESSAGES, OLD] };
    let text = names.iter().filter(|_| is_named).find_map(|name| {
        let text = beside(source, place, name)?;
        let is_usable = list(&text).is_some_and(|list| shape(&list) == Shape::Messages);
        is_usable.then_some(text)
    });
    let list = text.as_deref().and_then(list).unwrap_or_default();
    let mut messages = api::messages(&list);
    let story = Story::of_steps(&session.id, steps.steps, &mut messages);
    tell(session.clone(), started, story, out);
}

fn tell_messages(source: &Source, place: &Place, list: &[&RawValue], out: &mut Output) {
    let mut messages = api::messages(list);
    for message in &messages {
        match message.voice {
            Voice::Unknown => out.unknown(Voice::Unknown.kind()),
            voice if message.parts.is_empty() && message.usage.is_none() => {
                out.skipped(voice.kind());
            }
            voice => out.kept(voice.kind()),
        }
    }
    let started = messages.iter().filter_map(|message| message.at).min();
    let session = known(source, place, || started.map(|at| at.to_string()));
    let story = Story::of_messages(&session.id, &mut messages);
    tell(session.clone(), started, story, out);
}

/// What the path and the files beside the source tell of the task. Without a folder of its own, its
/// name is what its history item says, or else what is `found` in it.
fn known(source: &Source, place: &Place, found: impl Fn() -> Option<String>) -> Session {
    let mut session = facts::beside(source, &place.folder, "");
    let id = place.task.clone().or(Some(session.id).filter(|id| !id.is_empty())).or_else(found);
    session.id = id.unwrap_or_else(|| source.stem());
    session
}

fn tell(mut session: Session, started: Option<i64>, story: Story<'_>, out: &mut Output) {
    let Story { environment, messages, .. } = story;
    let is_part = session.parent.is_some();
    let model = messages.iter().rev().find_map(|message| message.model.clone());
    session.started = started.or_else(|| facts::started(&session.id));
    session.directory = session.directory.or(environment.directory);
    session.model = model.or(session.model);
    (session.branch, session.commit) = (environment.branch, environment.commit);
    session.repository = environment.repository;
    out.session(session);
    for mut message in messages {
        message.sidechain |= is_part;
        out.message(message);
    }
}
