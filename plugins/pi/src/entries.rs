//! The entries of a session, one a line.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, json, time};
use serde_json::Value;

use crate::content::{self, some};
use crate::key;
use crate::messages;
use crate::state::{self, State};

/// Takes in one record.
pub(crate) fn take(state: &mut State, record: Value, out: &mut Output) {
    let kind = json::text(&record["type"]).to_owned();
    match kind.as_str() {
        "session" => head(state, &record, out),
        "message" if record["message"].is_object() => messages::take(state, record, out),
        "model_change" => {
            step(state, &record);
            state.use_model(some(&record["modelId"]), out);
            out.kept("model_change");
        }
        "session_info" => {
            step(state, &record);
            let title = json::text(&record["name"]).trim();
            if title.is_empty() {
                return out.skipped("session_info");
            }
            let id = state.session(out);
            out.session(Session { title: Some(title.to_owned()), ..Session::new(id) });
            out.kept("session_info");
        }
        // How hard the model thinks, bookmarks, and what extensions remember.
        "thinking_level_change" | "label" | "custom" => {
            step(state, &record);
            out.skipped(&kind);
        }
        "compaction" | "compactionSummary" | "branch_summary" | "branchSummary"
            if record["summary"].is_string() =>
        {
            let summary = json::text(&record["summary"]).to_owned();
            notice(state, &kind, &record, vec![Block::Text(summary)], out);
        }
        "custom_message" if !record["content"].is_null() => {
            let blocks = content::blocks(record["content"].clone());
            notice(state, &kind, &record, blocks, out);
        }
        // Tokens that no message has.
        "usage" if record["usage"].is_object() => {
            let whole = json::compact_elided(record.clone());
            notice(state, &kind, &record, vec![Block::Other(whole)], out);
        }
        _ => unknown(state, record, out),
    }
}

/// A record of no known kind.
pub(crate) fn unknown(state: &mut State, record: Value, out: &mut Output) {
    let kind = record["type"].as_str().unwrap_or("record").to_owned();
    let mut message = injected(state, &record, out);
    message.content.push(Block::Other(json::compact_elided(record)));
    out.unknown(&kind);
    out.message(message);
}

fn head(state: &mut State, record: &Value, out: &mut Output) {
    if state.id.is_some() {
        return out.skipped("session");
    }
    let own = state.session_id(json::text(&record["id"]));
    let parent = some(&record["parentSession"]).or_else(|| some(&record["branchedFrom"]));
    let session = Session {
        parent: parent.map(|path| session_of(&path)).filter(|parent| *parent != own),
        started: time::parse(&record["timestamp"]),
        directory: some(&record["cwd"]),
        model: some(&record["modelId"]),
        ..Session::new(own)
    };
    state.begin(session, out);
    out.kept("session");
}

/// The session in a file, by the file's path.
fn session_of(path: &str) -> String {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = name.strip_suffix(".jsonl").unwrap_or(name);
    state::session_in(stem).unwrap_or(stem).to_owned()
}

fn notice(state: &mut State, kind: &str, record: &Value, content: Vec<Block>, out: &mut Output) {
    let mut message = injected(state, record, out);
    message.usage = messages::usage(&record["usage"]);
    message.content = content;
    out.kept(kind);
    out.message(message);
}

/// An empty message of the system.
fn injected(state: &mut State, record: &Value, out: &mut Output) -> Message {
    let hash = key::of_entry(record);
    let parent = state.enter(record["id"].as_str(), record["parentId"].as_str(), Some(hash));
    let mut message = state.message(hash, Role::System, out);
    message.parent = parent;
    message.at = time::parse(&record["timestamp"]);
    message
}

/// Goes on to an entry that is no message.
fn step(state: &mut State, record: &Value) {
    state.enter(record["id"].as_str(), record["parentId"].as_str(), None);
}
