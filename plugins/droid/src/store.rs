//! The lines of a session as Droid keeps it.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, json, time};
use serde_json::Value;

use crate::content;
use crate::state::State;

/// How the title of a session begins that a sub-agent was started with.
const SUB_AGENT: &str = "# Task Tool Invocation";

/// Takes in one record.
pub(crate) fn take(state: &mut State, offset: u64, record: Value, out: &mut Output) {
    match json::text(&record["type"]) {
        "session_start" => {
            start(state, &record, out);
            out.kept("session_start");
        }
        "message" if record["message"].is_object() => message(state, offset, record, out),
        // It repeats the call that changed the list.
        "todo_state" => out.skipped("todo_state"),
        "compaction_state" => {
            let mut message = told(state, offset, &record, Role::System, out);
            message.content.push(match summary(&record) {
                Some(summary) => Block::Text(summary.to_owned()),
                None => Block::Other(json::compact_elided(record)),
            });
            out.kept("compaction_state");
            out.message(message);
        }
        _ => unknown(state, offset, record, out),
    }
}

/// A record of no known kind.
pub(crate) fn unknown(state: &mut State, offset: u64, record: Value, out: &mut Output) {
    let mut message = told(state, offset, &record, Role::System, out);
    out.unknown(record["type"].as_str().unwrap_or("record"));
    message.content.push(Block::Other(json::compact_elided(record)));
    out.message(message);
}

/// An empty message with what every record tells about itself.
fn told(state: &mut State, offset: u64, record: &Value, role: Role, out: &mut Output) -> Message {
    let key = some(&record["id"]).unwrap_or_else(|| format!("@{offset}"));
    let mut message = state.message(key, role, out);
    message.at = time::parse(&record["timestamp"]);
    // The first message answers the session.
    message.parent =
        some(&record["parentId"]).filter(|parent| state.session.as_ref() != Some(parent));
    message
}

fn start(state: &mut State, record: &Value, out: &mut Output) {
    let inner = &record["session"];
    let first = |names: &[&str]| {
        names.iter().find_map(|name| some(&record[*name]).or_else(|| some(&inner[*name])))
    };
    let id = first(&["id"]).unwrap_or_else(|| state.name.clone());
    let prompt = first(&["title"]);
    state.sidechain = prompt.as_ref().is_some_and(|prompt| prompt.starts_with(SUB_AGENT));
    let title = first(&["sessionTitle"]).filter(|title| title != "New Session");
    let started = ["timestamp", "created_at"];
    let session = Session {
        title: title.or(prompt),
        started: first(&started).and_then(|at| time::parse_text(&at)),
        directory: first(&["cwd", "workspace_root"]),
        // An integer is the version of the format.
        tool_version: first(&["version"]),
        ..Session::new(state.session.clone().unwrap_or(id))
    };
    state.begin(session, out);
}

fn message(state: &mut State, offset: u64, mut record: Value, out: &mut Output) {
    let content = record.pointer_mut("/message/content").map(Value::take).unwrap_or_default();
    let role = match json::text(&record["message"]["role"]) {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::System,
    };
    let mut message = told(state, offset, &record, role, out);
    if role == Role::Assistant {
        message.model = some(&record["message"]["model"]);
    }
    message.content = content::blocks(content);
    out.kept("message");
    content::tell(message, out);
}

fn summary(record: &Value) -> Option<&str> {
    let summary = &record["summary"];
    let texts = [summary, &summary["body"], &summary["text"], &record["summaryText"]];
    texts.into_iter().find_map(Value::as_str).filter(|text| !text.is_empty())
}

/// A text that is not empty.
pub(crate) fn some(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(Into::into)
}
