//! Transcripts of the agent: the events of [`lore_plugin_copilot_events`].
//!
//! A chat names the transcript of its answers in their metadata, so the chat of a transcript is found
//! by looking for the transcript's id in the chats beside it. That is done for each reading: a chat
//! may be written after its transcript.

use lore_plugin_copilot_events::{Host, Log};
use lore_plugin_sdk::{ParseError, Source};
use serde_json::Value;

use crate::{chat, place};

/// How much of the chats is searched for one transcript, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// How deep a transcript lies in the store of its workspace.
const LEVELS: usize = 3;

/// Begins a transcript.
pub(crate) fn start(source: &Source, is_named: bool) -> Result<Log, ParseError> {
    let log = Log::new(Host::Editor, &source.stem(), is_named);
    if !is_named {
        return Ok(log);
    }
    Ok(log.told_as(chat_of(source)?).in_directory(place::folder(source, LEVELS)))
}

/// The id of the chat that a transcript belongs to, if there is one.
fn chat_of(source: &Source) -> Result<Option<String>, ParseError> {
    let id = source.stem();
    let chats = source.find(&place::in_store(&source.path(), LEVELS, "chatSessions/*"))?;
    let is_own = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.rsplit_once('.').is_some_and(|(stem, _)| stem == id)
    };
    if chats.iter().any(is_own) {
        return Ok(Some(id));
    }
    let quoted = format!("\"{id}\"");
    let mut left = MOST_BYTES;
    for path in chats {
        let Ok(chat) = source.open(&path) else { continue };
        let size = chat.size();
        if size > left {
            continue;
        }
        left -= size;
        let bytes = chat.read_whole(size)?;
        if contains(&bytes, quoted.as_bytes()) {
            return Ok(Some(id_of(&chat, &bytes)));
        }
    }
    Ok(None)
}

/// The id of a chat: a document, or the first line of a log.
fn id_of(chat: &Source, bytes: &[u8]) -> String {
    let first = || bytes.split(|byte| *byte == b'\n').next();
    let document = match serde_json::from_slice::<Value>(bytes) {
        Ok(document) => document,
        Err(_) => first().and_then(|line| serde_json::from_slice(line).ok()).unwrap_or_default(),
    };
    let document = if document["v"].is_object() { &document["v"] } else { &document };
    chat::id(chat, document)
}

/// Whether a text in quotes stands in a file.
fn contains(bytes: &[u8], quoted: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'"') {
        if rest[at..].starts_with(quoted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
