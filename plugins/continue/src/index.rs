//! The list of sessions: their titles, directories, and when they began.

use lore_plugin_sdk::{Output, Session, json, time};
use serde_json::Value;

use crate::session;

/// Whether a list is the list of sessions. An empty one tells nothing but by its name.
pub(crate) fn is_index(list: &[Value], is_named: bool) -> bool {
    match list.first() {
        Some(first) => id(first).is_some() && !created(first).is_null(),
        None => is_named,
    }
}

/// Takes in the list.
pub(crate) fn take(list: &[Value], out: &mut Output) {
    for (place, entry) in list.iter().enumerate() {
        let Some(id) = id(entry) else {
            out.problem(0, format!("entry {place} of the list names no session"));
            continue;
        };
        let directory = ["workspaceDirectory", "workspace_directory"];
        out.session(Session {
            title: session::title(&entry["title"]),
            started: time::parse(created(entry)),
            directory: directory.iter().find_map(|name| session::directory(&entry[*name])),
            ..Session::new(id)
        });
        out.kept("listed-session");
    }
}

fn id(entry: &Value) -> Option<&str> {
    let id = |name: &str| Some(json::text(&entry[name])).filter(|id| !id.is_empty());
    id("sessionId").or_else(|| id("session_id"))
}

/// Milliseconds as a string, in old lists seconds with a fraction.
fn created(entry: &Value) -> &Value {
    let created = &entry["dateCreated"];
    if created.is_null() { &entry["date_created"] } else { created }
}
