//! The lines of a rollout: whose file it is, and which kind of record goes where.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::time;

use crate::record::{self, Item, Raw, Record};
use crate::state::State;
use crate::{events, items, meta};

/// Begins a rollout, of which only the path is known.
pub(crate) fn start(source: &Source) -> State {
    let stem = source.stem();
    State::new(uuid_at_end(&stem).unwrap_or(&stem), stem.starts_with("rollout-"))
}

/// Takes in one line.
pub(crate) fn line(state: &mut State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
    let text = line.text();
    let record = match serde_json::from_str::<Record<'_>>(text) {
        Ok(record) => record,
        Err(_) if !state.accepted && !state.is_named => return Err(ParseError::NotMine),
        Err(_) => {
            // Valid JSON of a shape that is not expected is kept, anything else is a problem.
            if let Some(value) = line.json::<serde_json::Value>(out) {
                let at = time::parse(&value["timestamp"]);
                state.at = at.or(state.at);
                items::unknown(state, "line", text, out);
            }
            return Ok(());
        }
    };
    state.at = time(record.timestamp.or(record.created_at)).or(state.at);
    let kind = record::text(record.kind).unwrap_or_default();
    if let Some(payload) = &record.payload {
        if !state.accepted && !state.is_named && !is_known(&kind, payload) {
            return Err(ParseError::NotMine);
        }
        state.accepted = true;
        envelope(state, &kind, payload, text, out);
        return Ok(());
    }
    let item: Item<'_> = serde_json::from_str(text).unwrap_or_default();
    if !state.accepted && (is_foreign(&item) || !state.is_named && !is_bare(&record, &item)) {
        return Err(ParseError::NotMine);
    }
    state.accepted = true;
    bare(state, &kind, &item, text, out);
    Ok(())
}

/// Milliseconds since the epoch.
pub(crate) fn time(raw: Raw<'_>) -> Option<i64> {
    match record::text(raw) {
        Some(text) => time::parse_text(&text),
        None => time::parse(&serde_json::from_str(raw?.get()).ok()?),
    }
}

/// `019c8a4c-ed82-79a1-aa28-7738fc5ab61a` of `rollout-2026-02-23T12-40-23-019c8a4c-…`.
fn uuid_at_end(stem: &str) -> Option<&str> {
    let uuid = stem.get(stem.len().checked_sub(36)?..)?;
    let is_uuid = uuid.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    is_uuid.then_some(uuid)
}

/// Whether a line with an envelope is Codex's.
fn is_known(kind: &str, payload: &Item<'_>) -> bool {
    match kind {
        "session_meta" | "turn_context" | "compacted" | "world_state" => true,
        "inter_agent_communication" | "inter_agent_communication_metadata" => true,
        "response_item" | "event_msg" => payload.kind.is_some() || payload.role.is_some(),
        _ => false,
    }
}

/// Whether a line has what every line of Claude Code has.
fn is_foreign(item: &Item<'_>) -> bool {
    item.session_id_of_others.is_some() || item.uuid.is_some()
}

/// Whether a line without an envelope can be Codex's: the head of an older rollout, an item, or what
/// a person or model said with a time.
fn is_bare(record: &Record<'_>, item: &Item<'_>) -> bool {
    let is_said = matches!(record::text(item.role).as_deref(), Some("user" | "assistant"));
    match record::text(record.kind).as_deref() {
        None if item.role.is_none() => is_head(item),
        None => {
            is_said
                && record.timestamp.or(record.created_at).is_some()
                && record::text(item.content.or(item.message)).is_some()
        }
        Some("message") => is_said && item.content.is_some_and(|c| c.get().starts_with('[')),
        Some("reasoning") => item.summary.is_some(),
        Some("function_call" | "custom_tool_call" | "local_shell_call") => item.call_id.is_some(),
        Some(_) => false,
    }
}

fn is_head(item: &Item<'_>) -> bool {
    item.id.is_some()
        && item.timestamp.is_some()
        && (item.instructions.is_some() || item.git.is_some())
}

fn envelope(state: &mut State, kind: &str, payload: &Item<'_>, text: &str, out: &mut Output) {
    match kind {
        "response_item" => items::item(state, payload, || record::payload(text), out),
        "event_msg" => events::event(state, payload, || record::payload(text), out),
        "turn_context" => {
            meta::turn(state, payload, out);
            out.kept("turn_context");
        }
        "session_meta" => {
            if meta::head(state, record::payload(text), out) {
                out.kept("session_meta");
            } else {
                out.skipped("session_meta");
            }
        }
        "compacted" => items::compacted(state, payload, out),
        "inter_agent_communication" => items::from_agent(state, kind, payload, out),
        "inter_agent_communication_metadata" => {
            out.skipped("inter_agent_communication_metadata");
        }
        "world_state" => out.skipped("world_state"),
        _ => items::unknown(state, kind, text, out),
    }
}

/// A line of an older rollout, or one record of the oldest.
pub(crate) fn bare(state: &mut State, kind: &str, item: &Item<'_>, text: &str, out: &mut Output) {
    if kind.is_empty() && item.record_type.is_some() {
        out.skipped("state");
    } else if kind.is_empty()
        && item.role.is_none()
        && item.id.is_some()
        && item.timestamp.is_some()
    {
        if meta::head(state, text, out) {
            out.kept("session_meta");
        } else {
            out.skipped("session_meta");
        }
    } else if kind == "error" {
        events::event(state, item, || text, out);
    } else {
        items::item(state, item, || text, out);
    }
}
