//! A session's document: what it says about the session, and which form its history has.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, Source, Usage, json, uri};
use serde_json::Value;

use crate::{history, timeline};

/// The key of the message that holds what the session used.
const USAGE: &str = "usage";

/// Whether the path is that of a session or of their list.
pub(crate) fn is_named(source: &Source) -> bool {
    let path = source.path();
    let mut names = path.rsplit('/');
    let (name, directory) = (names.next().unwrap_or_default(), names.next());
    let stem = name.strip_suffix(".json").unwrap_or_default();
    directory == Some("sessions") && (stem == "sessions" || is_uuid(stem))
}

/// Whether a document is a session of Continue.
pub(crate) fn is_session(document: &Value) -> bool {
    let is_current = document["sessionId"].is_string() && document["history"].is_array();
    let has_facts = document["workspaceDirectory"].is_string() || document["title"].is_string();
    is_current && has_facts
        || document["history"]["timeline"].is_array() && document["session_info"].is_object()
}

/// Takes in a session. `stem` is the file's name without its extension.
pub(crate) fn take(mut document: Value, stem: &str, out: &mut Output) {
    if document["session_info"].is_object() {
        return timeline::take(document, stem, out);
    }
    let id = match json::text(&document["sessionId"]) {
        "" => stem.to_owned(),
        id => id.to_owned(),
    };
    let entries = match document.get_mut("history").map(Value::take) {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    let mut session = Session::new(id.as_str());
    session.title = title(&document["title"]);
    session.directory = directory(&document["workspaceDirectory"]);
    session.model =
        entries.iter().rev().find_map(history::model).or_else(|| some(&document["chatModelTitle"]));
    out.session(session);
    out.kept("session");
    if let Some(message) = total(&id, &mut document, &entries) {
        out.message(message);
    }
    history::take(&id, entries, out);
}

/// A title, unless it only says that there is none yet.
pub(crate) fn title(title: &Value) -> Option<String> {
    some(title).filter(|title| !matches!(title.as_str(), "New Session" | "Untitled Session"))
}

/// A directory: a path, or the URI of one.
pub(crate) fn directory(directory: &Value) -> Option<String> {
    let directory = some(directory)?;
    if directory.contains("://") { uri::path(&directory) } else { Some(directory) }
}

/// Tokens, of a response or of a whole session.
pub(crate) fn usage(used: &Value) -> Option<Usage> {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let details = &used["promptTokensDetails"];
    used["promptTokens"].is_u64().then(|| Usage {
        input: count(&used["promptTokens"]),
        output: count(&used["completionTokens"]),
        cache_read: count(&details["cachedTokens"]),
        cache_write: count(&details["cacheWriteTokens"]),
    })
}

/// What the session used in all, as far as its entries do not tell it of themselves.
fn total(id: &str, document: &mut Value, entries: &[Value]) -> Option<Message> {
    let used = document.get_mut("usage").map(Value::take).filter(Value::is_object)?;
    let mut message = Message::new(id, USAGE, Role::System);
    message.injected = true;
    message.usage = usage(&used).map(|total| {
        let told = entries.iter().filter_map(|entry| usage(&entry["message"]["usage"]));
        told.fold(total, |left, told| Usage {
            input: left.input.saturating_sub(told.input),
            output: left.output.saturating_sub(told.output),
            cache_read: left.cache_read.saturating_sub(told.cache_read),
            cache_write: left.cache_write.saturating_sub(told.cache_write),
        })
    });
    message.content.push(Block::Other(json::compact(&used)));
    Some(message)
}

/// A text that is not empty.
pub(crate) fn some(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
