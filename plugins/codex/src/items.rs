//! Response items: what the model was given and what it gave.

use std::borrow::Cow;

use lore_plugin_sdk::prelude::*;
use serde_json::value::RawValue;

use crate::outputs::Outcome;
use crate::record::{self, Content, Item, Raw};
use crate::state::State;
use crate::utterance::{Stream, Telling, Voice};
use crate::{calls, chain};

/// The longest name of an unknown kind that is counted, in characters.
const KIND: usize = 64;

/// Takes in one response item; `written` gives it as JSON.
pub(crate) fn item<'w>(
    state: &mut State,
    item: &Item<'_>,
    written: impl Fn() -> &'w str,
    out: &mut Output,
) {
    let kind = record::text(item.kind);
    match kind.as_deref() {
        Some("message") => message(state, item, out),
        None if item.role.is_some() => message(state, item, out),
        Some("reasoning") => reasoning(state, item, out),
        Some("function_call" | "tool_call") => {
            let id = call_id(item);
            let arguments = item.arguments.map_or("", RawValue::get);
            call(state, "function_call", &id, arguments, out, |id, directory| {
                calls::function(item, id, directory)
            });
        }
        Some("custom_tool_call") => {
            let input = item.input.map_or("", RawValue::get);
            call(state, "custom_tool_call", &call_id(item), input, out, |id, _| {
                calls::custom(item, id)
            });
        }
        Some("local_shell_call") => {
            let action = item.action.map_or("", RawValue::get);
            call(state, "local_shell_call", &call_id(item), action, out, |id, directory| {
                let name = serde_json::value::to_raw_value("local_shell").ok();
                calls::function(&Item { name: name.as_deref(), ..shell_of(item) }, id, directory)
            });
        }
        Some(kind @ ("web_search_call" | "tool_search_call" | "image_generation_call")) => {
            let kind = match kind {
                "web_search_call" => "web_search_call",
                "tool_search_call" => "tool_search_call",
                _ => "image_generation_call",
            };
            let written = written();
            let input = match item.action.or(item.arguments) {
                Some(action) => record::elided(action.get()),
                None => record::elided(written),
            };
            call(state, kind, &call_id(item), written, out, |id, _| {
                calls::opaque(kind.trim_end_matches("_call"), id, input)
            });
        }
        Some("function_call_output" | "custom_tool_call_output") => {
            result(state, "function_call_output", item, item.output, out);
        }
        Some("tool_search_output") => result(state, "tool_search_output", item, item.tools, out),
        Some("tool_result" | "function_result") => {
            result(state, "function_call_output", item, item.result.or(item.output), out);
        }
        Some("agent_message") => from_agent(state, "inter_agent_message", item, out),
        // Opaque, or repeated elsewhere: see `docs/tools/codex.md`.
        Some("ghost_snapshot") => out.skipped("ghost_snapshot"),
        Some("compaction" | "compaction_summary" | "context_compaction") => {
            out.skipped("compaction");
        }
        Some("additional_tools") => out.skipped("additional_tools"),
        Some(kind) => unknown(state, kind, written(), out),
        None => unknown(state, "response_item", written(), out),
    }
}

fn call_id<'a>(item: &Item<'a>) -> Cow<'a, str> {
    record::text(item.call_id).or_else(|| record::text(item.id)).unwrap_or_default()
}

/// The item with the action of a local shell call in the place of its arguments.
fn shell_of<'a>(item: &Item<'a>) -> Item<'a> {
    Item { arguments: item.action, ..Item::default() }
}

/// Text blocks, and the other parts as they are.
fn blocks(content: Content<'_>) -> Vec<Block> {
    let texts = content.texts.into_iter().map(|text| Block::Text(text.into_owned()));
    texts.chain(content.others.into_iter().map(Block::Other)).collect()
}

fn message(state: &mut State, item: &Item<'_>, out: &mut Output) {
    let content = Content::read(item.content.or(item.message).or(item.text));
    if content.is_empty() {
        return out.skipped("message");
    }
    let role = record::text(item.role);
    let (role, voice) = match role.as_deref() {
        Some("user") => (Role::User, Voice::User),
        Some("assistant") => (Role::Assistant, Voice::Assistant),
        _ => {
            let mut parts = vec!["context"];
            parts.extend(content.texts.iter().map(AsRef::as_ref));
            let link = state.extend(&parts);
            let mut message = state.message(link, Role::System, out);
            message.injected = true;
            message.content = blocks(content);
            state.write(link, message, out);
            return out.kept("message");
        }
    };
    let injected = role == Role::User
        && content.others.is_empty()
        && content.texts.iter().all(|text| is_injected(text));
    let said = Said { stream: Stream::Item, voice, role, injected };
    say(state, &said, content, out);
    out.kept("message");
}

fn reasoning(state: &mut State, item: &Item<'_>, out: &mut Output) {
    let mut content = Content::read(item.summary);
    content.add(item.content);
    if content.texts.is_empty() {
        return out.skipped("reasoning");
    }
    let said = Said {
        stream: Stream::Item,
        voice: Voice::Reasoning,
        role: Role::Assistant,
        injected: false,
    };
    say(state, &said, content, out);
    out.kept("reasoning");
}

/// How something is said.
pub(crate) struct Said {
    pub(crate) stream: Stream,
    pub(crate) voice: Voice,
    pub(crate) role: Role,
    pub(crate) injected: bool,
}

/// Takes in one telling of an utterance; returns whether it made or completed a message.
pub(crate) fn say(state: &mut State, said: &Said, content: Content<'_>, out: &mut Output) -> bool {
    let is_item = said.stream == Stream::Item;
    let whole: Cow<'_, str> = match content.texts.as_slice() {
        [one] => Cow::Borrowed(one),
        parts => Cow::Owned(parts.concat()),
    };
    let mut texts: Vec<u64> = content.texts.iter().map(|text| chain::text(text)).collect();
    if texts.len() != 1 {
        texts.push(chain::text(&whole)); // other streams tell the parts as one
    }
    let telling = Telling {
        stream: said.stream,
        voice: said.voice,
        texts: &texts,
        at: state.at,
        injected: said.injected,
        place: state.messages,
    };
    let voice = match said.voice {
        Voice::User => "user",
        Voice::Assistant => "assistant",
        Voice::Reasoning => "reasoning",
    };
    let repeated = state.utterances.repeat(&telling);
    let link = match repeated {
        Some(known) => known.link,
        None => state.next(&[voice, &whole]),
    };
    if repeated.is_none()
        && said.stream == Stream::Event
        && said.voice == Voice::Reasoning
        && let Some(thought) = state.held_thought()
    {
        // Events tell the parts of one reasoning one by one.
        thought.content.extend(content.texts.iter().map(|t| Block::Thinking(t.to_string())));
        return true;
    }
    if is_item {
        state.extend(&[voice, &whole]);
    } else if repeated.is_none() {
        state.set_tip(link);
    }
    if let Some(known) = repeated
        && (!is_item || known.complete)
    {
        // A person's own words are shown as such, whatever they look like.
        let shown = said.voice == Voice::User && said.stream == Stream::Event;
        return match state.held(link).filter(|message| shown && message.injected) {
            Some(message) => {
                message.injected = false;
                true
            }
            None => false,
        };
    }
    let mut message = state.message(link, said.role, out);
    message.injected = said.injected;
    message.content = match said.voice {
        Voice::Reasoning => {
            content.texts.into_iter().map(|text| Block::Thinking(text.into_owned())).collect()
        }
        _ => blocks(content),
    };
    match repeated {
        Some(known) => {
            message.usage = known.usage;
            state.rewrite(link, message, out);
        }
        None => {
            state.utterances.remember(&telling, link);
            state.write(link, message, out);
        }
    }
    true
}

/// Whether the tool wrote this under the user's role: one of the texts that it is known to put in,
/// or nothing but one element.
pub(crate) fn is_injected(text: &str) -> bool {
    const BEGINNINGS: [&str; 12] = [
        "<environment_context>",
        "<user_instructions>",
        "# AGENTS.md instructions",
        "<INSTRUCTIONS>",
        "<turn_aborted>",
        "<subagent_notification>",
        "<skill>",
        "<skills_instructions>",
        "<permissions instructions>",
        "<collaboration_mode>",
        "<user_shell_command>",
        "<hook_prompt",
    ];
    let text = text.trim();
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) || is_one_element(text)
}

fn is_one_element(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('<') else { return false };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = &inner[..inner.find(|c| !is_name(c)).unwrap_or(0)];
    !name.is_empty()
        && text
            .strip_suffix('>')
            .and_then(|text| text.strip_suffix(name))
            .is_some_and(|text| text.ends_with("</"))
}

fn call(
    state: &mut State,
    kind: &str,
    id: &str,
    input: &str,
    out: &mut Output,
    tool_use: impl FnOnce(String, Option<&str>) -> ToolUse,
) {
    let link = state.extend(&[kind, id, input]);
    // A call without an id gets one, so that a result can answer it.
    let id = if id.is_empty() { chain::key(link) } else { id.to_owned() };
    state.remember_call(&id);
    let mut message = state.message(link, Role::Assistant, out);
    let tool_use = tool_use(id, state.directory.as_deref());
    message.content.push(Block::ToolUse(tool_use));
    state.write(link, message, out);
    out.kept(kind);
}

fn result(state: &mut State, kind: &str, item: &Item<'_>, output: Raw<'_>, out: &mut Output) {
    let id = record::text(item.call_id).unwrap_or_default();
    let link = state.extend(&[kind, &id, output.map_or("", RawValue::get)]);
    let id = if id.is_empty() { state.last_call.clone() } else { id.into_owned() };
    let mut outcome = Outcome::read(output);
    let others = std::mem::take(&mut outcome.others);
    let mut message = state.message(link, Role::User, out);
    message.content.push(Block::ToolResult(outcome.answer(id, item.status)));
    message.content.extend(others.into_iter().map(Block::Other));
    state.write(link, message, out);
    out.kept(kind);
}

/// What another agent wrote to this one.
pub(crate) fn from_agent(state: &mut State, kind: &str, item: &Item<'_>, out: &mut Output) {
    let content = Content::read(item.content);
    if content.is_empty() {
        return out.skipped(kind);
    }
    let link = state.extend(&[kind, &content.texts.concat()]);
    let mut message = state.message(link, Role::User, out);
    message.injected = true;
    message.content = blocks(content);
    state.write(link, message, out);
    out.kept(kind);
}

/// A compaction: its summary. The history that it keeps stands above already.
pub(crate) fn compacted(state: &mut State, item: &Item<'_>, out: &mut Output) {
    let Some(summary) = record::some_text(item.message) else {
        return out.skipped("compacted");
    };
    let link = state.extend(&["compacted", &summary]);
    let mut message = state.message(link, Role::System, out);
    message.injected = true;
    message.content.push(Block::Text(summary));
    state.write(link, message, out);
    out.kept("compacted");
}

/// Keeps a record of unknown kind as it is.
pub(crate) fn unknown(state: &mut State, kind: &str, written: &str, out: &mut Output) {
    let end = kind.char_indices().nth(KIND).map_or(kind.len(), |(at, _)| at);
    let kind = &kind[..end];
    let link = state.extend_tip(&[kind, written]);
    let mut message = state.message(link, Role::System, out);
    message.injected = true;
    message.content.push(Block::Other(record::elided(written)));
    state.write(link, message, out);
    out.unknown(kind);
}
