//! A thread: what it says about its session, and its messages in their order.

use lore_plugin_sdk::{Output, Session, json, time, uri};
use serde_json::Value;

use crate::messages::{self, Conversation};
use crate::times::Times;

/// Whether a text has the form of a thread's id: `T-` and something after it.
pub(crate) fn is_id(text: &str) -> bool {
    text.strip_prefix("T-").is_some_and(|rest| !rest.is_empty())
}

/// Whether a document is a thread. A file that is called like one need not say its id.
pub(crate) fn is_thread(document: &Value, is_named: bool) -> bool {
    let has_messages = document["messages"].is_array();
    match document["id"].as_str() {
        Some(id) => is_id(id) && (has_messages || document["created"].is_number()),
        None => is_named && has_messages,
    }
}

/// Takes in a thread. `stem` is the file's name without its extension.
pub(crate) fn take(mut thread: Value, stem: &str, out: &mut Output) {
    let said = match thread.get_mut("messages").map(Value::take) {
        Some(Value::Array(messages)) => messages,
        _ => Vec::new(),
    };
    let id = some_text(&thread["id"]).unwrap_or_else(|| stem.to_owned());
    out.session(session(&id, &thread, &said));
    out.kept("thread");
    let mut conversation = Conversation::new(id, Times::of(&thread));
    for (place, message) in said.into_iter().enumerate() {
        messages::take(&mut conversation, place, message, out);
    }
}

fn session(id: &str, thread: &Value, messages: &[Value]) -> Session {
    let environment = &thread["env"]["initial"];
    let tree = &environment["trees"][0];
    let repository = &tree["repository"];
    let mut models =
        messages.iter().rev().filter_map(|message| some_text(&message["usage"]["model"]));
    Session {
        title: some_text(&thread["title"]),
        started: time::parse(&thread["created"]),
        directory: uri::path(json::text(&tree["uri"])),
        // A commit that is checked out without a branch has a reference of another form.
        branch: json::text(&repository["ref"]).strip_prefix("refs/heads/").map(Into::into),
        commit: some_text(&repository["sha"]),
        repository: some_text(&repository["url"]),
        tool_version: some_text(&environment["platform"]["clientVersion"]),
        model: models.next(),
        ..Session::new(id)
    }
}

/// A text that is not empty.
pub(crate) fn some_text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}
