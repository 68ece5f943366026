//! What becomes of a record: a message, news about its session, or a count.

use lore_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::State;
use crate::content::{blocks, is_injected, of_line};
use crate::record::{Content, Record, Said, Text};
use crate::session::{Envelope, Title};
use crate::{loose, recognise};

/// The name of the model in messages that the tool made itself.
const NO_MODEL: &str = "<synthetic>";

/// Takes in one line. It is counted once, whatever it is.
pub(crate) fn take(state: &mut State, line: &Line<'_>, out: &mut Output) {
    let Ok(record) = serde_json::from_str::<Record<'_>>(line.text()) else {
        return misfit(state, line, out);
    };
    let session = record.session_id.as_deref();
    let titled = match record.kind.as_deref() {
        Some(kind @ ("user" | "assistant")) if record.message.is_some() => {
            out.kept(kind);
            let role = if kind == "user" { Role::User } else { Role::Assistant };
            return said(state, record, role, line, out);
        }
        Some("attachment") if record.attachment.is_some() => {
            out.kept("attachment");
            return attachment(state, &record, line, out);
        }
        Some("summary") => {
            let (Some(summary), Some(leaf)) = (&record.summary, &record.leaf_uuid) else {
                return misfit(state, line, out);
            };
            let (is_about_this_file, news) = state.sessions.summary(leaf, summary);
            if is_about_this_file {
                out.kept("summary")
            } else {
                out.skipped("summary")
            }
            return news.into_iter().for_each(|session| out.session(session));
        }
        Some("agent-name") => (Title::AgentName, &record.agent_name),
        Some("ai-title") => (Title::Generated, &record.ai_title),
        Some("custom-title") => (Title::Chosen, &record.custom_title),
        // They repeat other records, or tell how the program was set at the time.
        Some(
            kind @ ("agent-setting"
            | "atis-latch"
            | "bridge-session"
            | "file-history-delta"
            | "file-history-snapshot"
            | "last-prompt"
            | "mode"
            | "permission-mode"
            | "progress"
            | "queue-operation"
            | "started"),
        ) => return out.skipped(kind),
        None if record.message.as_ref().is_some_and(|said| said.usage.is_some()) => {
            out.kept("untyped");
            let role = record.message.as_ref().and_then(|said| said.role.as_deref());
            let role = if role == Some("user") { Role::User } else { Role::Assistant };
            return said(state, record, role, line, out);
        }
        _ => return misfit(state, line, out),
    };
    let (from, Some(title)) = titled else { return misfit(state, line, out) };
    out.kept(record.kind.as_deref().unwrap_or_default());
    if let Some(news) = state.sessions.title(session, from, title) {
        out.session(news);
    }
}

/// What a message has beside its envelope.
struct Body<'a> {
    parent: Option<&'a str>,
    role: Role,
    is_injected: bool,
    is_sidechain: bool,
    content: Vec<Block>,
    usage: Option<Usage>,
}

fn push(
    state: &mut State,
    envelope: &Envelope<'_>,
    body: Body<'_>,
    line: &Line<'_>,
    out: &mut Output,
) {
    let (news, place) = state.sessions.take(envelope);
    if let Some(session) = news {
        out.session(session);
    }
    out.message(Message {
        session: place.id.to_owned(),
        key: envelope.uuid.map_or_else(|| format!("@{}", line.offset()), str::to_owned),
        parent: body.parent.map(str::to_owned),
        role: body.role,
        injected: body.is_injected,
        sidechain: body.is_sidechain || place.is_agent,
        at: envelope.at,
        model: envelope.model.map(str::to_owned),
        directory: place.directory,
        branch: place.branch,
        content: body.content,
        usage: body.usage,
    });
}

/// A message of a person, the model or a tool.
fn said(state: &mut State, mut record: Record<'_>, role: Role, line: &Line<'_>, out: &mut Output) {
    let Some(Said { id, model, content, usage, .. }) = record.message.take() else { return };
    let tokens = usage.as_ref();
    let request = record.request_id.as_deref();
    let usage = tokens.and_then(|tokens| state.counted.add(id.as_deref(), request, tokens));
    let content = blocks(content, record.tool_use_result, || of_line(line.text()));
    let is_made_up = model.as_deref() == Some(NO_MODEL);
    let is_set = |flag: Option<bool>| flag == Some(true);
    let is_injected = if role == Role::Assistant {
        is_made_up || is_set(record.is_api_error_message)
    } else {
        let is_result = content.iter().any(|block| matches!(block, Block::ToolResult(_)));
        (is_set(record.is_meta) && !is_result)
            || is_set(record.is_compact_summary)
            || is_set(record.is_visible_in_transcript_only)
            || is_from_task(record.origin)
            || is_injected(&content)
    };
    let envelope = Envelope {
        model: model.as_deref().filter(|_| !is_made_up),
        is_conversation: true,
        ..record.envelope()
    };
    let body = Body {
        parent: record.parent(),
        role,
        is_injected,
        is_sidechain: is_set(record.is_sidechain),
        content,
        usage,
    };
    push(state, &envelope, body, line, out);
}

/// Context that the tool put in, or a prompt that was typed while the model was at work.
fn attachment(state: &mut State, record: &Record<'_>, line: &Line<'_>, out: &mut Output) {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Queued<'a> {
        #[serde(borrow, rename = "type")]
        kind: Text<'a>,
        #[serde(default)]
        prompt: Content<'a>,
        command_mode: Option<Text<'a>>,
        is_meta: Option<bool>,
        origin: Option<&'a RawValue>,
    }
    let Some(json) = record.attachment else { return };
    let (mut role, mut injected, mut content) = (Role::System, true, Vec::new());
    if let Ok(queued) = serde_json::from_str::<Queued<'_>>(json.get())
        && &*queued.kind == "queued_command"
    {
        role = Role::User;
        content = blocks(queued.prompt, None, || prompt(json));
        injected = queued.is_meta == Some(true)
            || queued.command_mode.as_deref() == Some("task-notification")
            || is_from_task(queued.origin)
            || is_injected(&content);
    }
    if content.is_empty() {
        content.push(Block::Other(loose::json(json)));
    }
    let body = Body {
        parent: record.parent(),
        role,
        is_injected: injected,
        is_sidechain: record.is_sidechain == Some(true),
        content,
        usage: None,
    };
    push(state, &record.envelope(), body, line, out);
}

/// The `prompt` of an attachment, as it stands.
fn prompt(attachment: &RawValue) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct Attachment<'a> {
        #[serde(borrow)]
        prompt: &'a RawValue,
    }
    serde_json::from_str::<Attachment<'_>>(attachment.get()).ok().map(|json| json.prompt)
}

/// A background task reports under the user's role.
fn is_from_task(origin: Option<&RawValue>) -> bool {
    origin.is_some_and(|origin| origin.get().contains("task-notification"))
}

/// A record without a form of its own: a notice of the tool, one of an unknown kind, or one of an
/// unexpected shape.
fn misfit(state: &mut State, line: &Line<'_>, out: &mut Output) {
    let record = match serde_json::from_str::<Value>(line.text()) {
        Ok(record) if record.is_object() => record,
        Ok(_) => return out.problem(line.offset(), "no JSON object"),
        Err(error) => return out.problem(line.offset(), format!("not JSON: {error}")),
    };
    if recognise::is_prompt(&record) {
        return out.skipped("history");
    }
    let (mut role, mut injected) = (Role::System, true);
    let is_notice = match record["type"].as_str() {
        Some(
            kind
            @ ("system" | "frame-link" | "pr-link" | "relocated" | "result" | "worktree-state"),
        ) => {
            out.kept(kind);
            true
        }
        kind => {
            match kind {
                Some("user") => (role, injected) = (Role::User, false),
                Some("assistant") => (role, injected) = (Role::Assistant, false),
                _ => {}
            }
            out.unknown(&kind.unwrap_or("untyped").chars().take(64).collect::<String>());
            false
        }
    };
    let envelope = loose::envelope(&record);
    let parent = record["parentUuid"].as_str().or(record["logicalParentUuid"].as_str());
    let content = match is_notice {
        true => loose::notice(record.clone()),
        false => vec![loose::whole(record.clone())],
    };
    let is_sidechain = record["isSidechain"] == Value::Bool(true);
    let body = Body { parent, role, is_injected: injected, is_sidechain, content, usage: None };
    push(state, &envelope, body, line, out);
}
