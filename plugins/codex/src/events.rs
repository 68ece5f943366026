//! Events: what was shown while the session ran. Most of it mirrors response items.

use std::borrow::Cow;
use std::collections::BTreeMap;

use lore_plugin_sdk::patch;
use lore_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::items::{self, Said};
use crate::outputs::Outcome;
use crate::record::{self, Content, Item, Raw};
use crate::state::State;
use crate::utterance::{Stream, Voice};
use crate::{calls, meta};

/// Takes in one event; `written` gives it as JSON.
pub(crate) fn event<'w>(
    state: &mut State,
    item: &Item<'_>,
    written: impl Fn() -> &'w str,
    out: &mut Output,
) {
    let kind = record::text(item.kind).unwrap_or_default();
    match kind.as_ref() {
        "user_message" => {
            let mut content = Content::read(item.message);
            let images = item.images.map_or("", RawValue::get);
            if !matches!(images, "" | "[]") {
                content.others.push(record::elided(images));
            }
            say(state, "user_message", Stream::Event, Voice::User, content, out);
        }
        "agent_message" => {
            let content = Content::read(item.message);
            say(state, "agent_message", Stream::Event, Voice::Assistant, content, out);
        }
        "agent_reasoning" | "agent_reasoning_raw_content" => {
            let content = Content::read(item.text);
            say(state, "agent_reasoning", Stream::Event, Voice::Reasoning, content, out);
        }
        "item_completed" => completed(state, item, written, out),
        "token_count" => match state.tokens.response(item.info) {
            Some(usage) => {
                state.session(out);
                state.spend(usage, out);
                out.kept("token_count");
            }
            None => out.skipped("token_count"),
        },
        "thread_name_updated" if meta::name(state, item, out) => out.kept("thread_name_updated"),
        "thread_name_updated" => out.skipped("thread_name_updated"),
        "exec_command_end" => command(state, "exec_command_end", item, item.call_id, out),
        "patch_apply_end" => change(state, "patch_apply_end", item, item.call_id, out),
        "mcp_tool_call_end" | "dynamic_tool_call_response" => {
            remote(state, "mcp_tool_call_end", item, item.call_id, out);
        }
        "task_complete" | "turn_complete" => {
            state.release(out);
            out.skipped("task_complete");
        }
        "turn_aborted" => {
            notice(state, "turn_aborted", item, written(), out);
            state.release(out);
        }
        "error"
        | "warning"
        | "stream_error"
        | "guardian_assessment"
        | "guardian_warning"
        | "entered_review_mode"
        | "exited_review_mode"
        | "thread_goal_updated"
        | "thread_rolled_back"
        | "undo_completed"
        | "sub_agent_activity"
        | "model_reroute"
        | "deprecation_notice" => notice(state, &kind, item, written(), out),
        kind if kind.starts_with("collab_") && kind.ends_with("_end") => {
            notice(state, "collab_end", item, written(), out);
        }
        // They begin, repeat or measure what other records tell: see `docs/tools/codex.md`.
        "task_started"
        | "turn_started"
        | "context_compacted"
        | "thread_settings_applied"
        | "session_configured"
        | "shutdown_complete"
        | "background_event"
        | "plan_update"
        | "turn_diff"
        | "item_started"
        | "raw_response_item"
        | "web_search_end"
        | "image_generation_end"
        | "view_image_tool_call"
        | "terminal_interaction"
        | "dynamic_tool_call_request"
        | "agent_reasoning_section_break"
        | "mcp_startup_update"
        | "mcp_startup_complete"
        | "hook_started"
        | "hook_completed" => {
            out.skipped(&kind);
        }
        kind if ["_begin", "_delta", "_request"].iter().any(|end| kind.ends_with(end)) => {
            out.skipped(kind);
        }
        "" => items::unknown(state, "event_msg", written(), out),
        kind => items::unknown(state, kind, written(), out),
    }
}

fn say(
    state: &mut State,
    kind: &str,
    stream: Stream,
    voice: Voice,
    content: Content<'_>,
    out: &mut Output,
) {
    let role = if voice == Voice::User { Role::User } else { Role::Assistant };
    let injected = voice == Voice::User
        && !content.texts.is_empty()
        && content.texts.iter().all(|text| items::is_injected(text));
    let said = Said { stream, voice, role, injected };
    if !content.is_empty() && items::say(state, &said, content, out) {
        out.kept(kind);
    } else {
        out.skipped(kind);
    }
}

/// An item that is told as a whole, for programs that do not read response items.
fn completed<'w>(
    state: &mut State,
    item: &Item<'_>,
    written: impl Fn() -> &'w str,
    out: &mut Output,
) {
    let kind = "item_completed";
    let Some(inner) = record::fields::<Item<'_>>(item.item) else {
        return items::unknown(state, kind, written(), out);
    };
    let stream = Stream::Completed;
    let content = Content::read(inner.content.or(inner.text));
    match record::text(inner.kind).as_deref() {
        Some("UserMessage") => say(state, kind, stream, Voice::User, content, out),
        Some("AgentMessage" | "Plan") => say(state, kind, stream, Voice::Assistant, content, out),
        Some("Reasoning") => {
            let mut content = Content::read(inner.summary_text);
            content.add(inner.raw_content);
            say(state, kind, stream, Voice::Reasoning, content, out);
        }
        Some("CommandExecution") => command(state, kind, &inner, inner.id, out),
        Some("FileChange") => change(state, kind, &inner, inner.id, out),
        Some("McpToolCall" | "DynamicToolCall") => remote(state, kind, &inner, inner.id, out),
        Some("Sleep" | "ContextCompaction") => out.skipped(kind),
        _ if record::text(inner.id).is_some_and(|id| state.knows_call(&id)) => out.skipped(kind),
        _ => notice(state, kind, item, written(), out),
    }
}

fn command(state: &mut State, kind: &str, item: &Item<'_>, id: Raw<'_>, out: &mut Output) {
    let text = record::some_text(item.aggregated_output).unwrap_or_else(|| printed(item));
    let outcome = Outcome::told(text, item.exit_code, None);
    ended(state, kind, item, id, outcome, out, |id, directory| calls::command(item, id, directory));
}

/// Both outputs of a program.
fn printed(item: &Item<'_>) -> String {
    [item.stdout, item.stderr].into_iter().filter_map(record::some_text).collect()
}

fn change(state: &mut State, kind: &str, item: &Item<'_>, id: Raw<'_>, out: &mut Output) {
    let outcome = Outcome::told(printed(item), None, item.success);
    let failed = record::flag(item.success) == Some(false)
        || matches!(record::text(item.status).as_deref(), Some("failed" | "declined"));
    ended(state, kind, item, id, outcome, out, |id, _| {
        let changes = item.changes.map_or("null", RawValue::get).to_owned();
        let mut call = calls::opaque("apply_patch", id, changes);
        if !failed {
            call.edits = edits(item.changes);
        }
        call
    });
}

fn remote(state: &mut State, kind: &str, item: &Item<'_>, id: Raw<'_>, out: &mut Output) {
    let invoked = record::fields::<Item<'_>>(item.invocation);
    let invoked = invoked.as_ref().unwrap_or(item);
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Answer<'a> {
        #[serde(borrow, rename = "Ok")]
        ok: Raw<'a>,
        #[serde(borrow, rename = "Err")]
        error: Raw<'a>,
    }
    let answer = record::fields::<Answer<'_>>(item.result).unwrap_or_default();
    let error = answer.error.or(item.error);
    let told = item.content_items.or(error).or(answer.ok).or(item.result);
    let mut outcome = Outcome::read(told);
    outcome.fail_if(error.is_some() || record::flag(item.success) == Some(false));
    ended(state, kind, item, id, outcome, out, |id, _| {
        let tool = record::text(invoked.tool).unwrap_or_default();
        let name = match record::text(invoked.server) {
            Some(server) => format!("mcp__{server}__{tool}"),
            None => tool.into_owned(),
        };
        let arguments = invoked.arguments.map_or("null", RawValue::get);
        calls::opaque(&name, id, record::elided(arguments))
    });
}

/// The end of a call. A response item told of most calls; those that a script or a person made are
/// told here alone, and become one message of call and result.
fn ended(
    state: &mut State,
    kind: &str,
    item: &Item<'_>,
    id: Raw<'_>,
    outcome: Outcome,
    out: &mut Output,
    tool_use: impl FnOnce(String, Option<&str>) -> ToolUse,
) {
    let id = record::some_text(id).unwrap_or_default();
    if state.knows_call(&id) {
        return out.skipped(kind);
    }
    let call = tool_use(id.clone(), state.directory.as_deref());
    let link = state.extend_tip(&["ended", &id, &call.name, &call.input, &outcome.text]);
    state.remember_call(&id);
    let mut message = state.message(link, Role::Assistant, out);
    message.content.push(Block::ToolUse(call));
    message.content.push(Block::ToolResult(outcome.answer(id, item.status)));
    state.write(link, message, out);
    out.kept(kind);
}

/// Something that happened to the session: neither written by a person nor by the model.
fn notice(state: &mut State, kind: &str, item: &Item<'_>, written: &str, out: &mut Output) {
    let link = state.extend_tip(&[kind, written]);
    let mut message = state.message(link, Role::System, out);
    message.injected = true;
    message.content.push(match record::some_text(item.message.or(item.text)) {
        Some(text) => Block::Text(text),
        None => Block::Other(record::elided(written)),
    });
    state.write(link, message, out);
    out.kept(kind);
}

/// The changes of a patch that was applied, by path.
fn edits(changes: Raw<'_>) -> Vec<Edit> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Change<'a> {
        #[serde(borrow, rename = "type")]
        kind: Raw<'a>,
        #[serde(borrow)]
        content: Raw<'a>,
        #[serde(borrow)]
        unified_diff: Raw<'a>,
        #[serde(borrow)]
        move_path: Raw<'a>,
        // Older programs name the kind by a field.
        #[serde(borrow)]
        add: Raw<'a>,
        #[serde(borrow)]
        update: Raw<'a>,
        #[serde(borrow)]
        delete: Raw<'a>,
    }
    let changes: BTreeMap<Cow<'_, str>, &RawValue> = record::fields(changes).unwrap_or_default();
    let mut edits = Vec::new();
    for (path, change) in changes {
        let Some(change) = record::fields::<Change<'_>>(Some(change)) else { continue };
        let kind = record::text(change.kind).unwrap_or_else(|| {
            let old = [(change.add, "add"), (change.update, "update"), (change.delete, "delete")];
            old.iter().find(|(field, _)| field.is_some()).map_or("", |(_, kind)| kind).into()
        });
        let inner = change.add.or(change.update).or(change.delete);
        let change = record::fields::<Change<'_>>(inner).unwrap_or(change);
        let hunks =
            || patch::unified(&path, &record::text(change.unified_diff).unwrap_or_default());
        match kind.as_ref() {
            "add" => {
                let after = record::text(change.content).map(Cow::into_owned);
                let after = after.or_else(|| hunks().into_iter().map(|hunk| hunk.after).collect());
                edits.extend(after.map(|after| Edit::create(path, after)));
            }
            "update" => {
                edits.extend(hunks());
                let moved = record::some_text(change.move_path);
                edits.extend(moved.map(|to| Edit::rename(path, to)));
            }
            "delete" => {
                edits.push(Edit::delete(path, record::text(change.content).map(Cow::into_owned)));
            }
            _ => {}
        }
    }
    edits
}
