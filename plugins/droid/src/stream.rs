//! The lines of a log of `droid exec --output-format stream-json`.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, ToolResult, Usage, json, time};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::content;
use crate::state::State;
use crate::store::{self, some};
use crate::tools;

/// Takes in one record.
pub(crate) fn take(state: &mut State, offset: u64, record: Value, out: &mut Output) {
    let id = some(&record["session_id"]).or_else(|| some(&record["sessionId"]));
    if id.is_some() && id != state.session {
        // A log may hold several runs.
        state.begin(Session::new(id.unwrap_or_default()), out);
    }
    let kind = json::text(&record["type"]).to_owned();
    match kind.as_str() {
        "system" if json::text(&record["subtype"]) == "init" => {
            let id = state.session(out);
            out.session(Session {
                started: time::parse(&record["timestamp"]),
                directory: some(&record["cwd"]),
                model: some(&record["model"]),
                ..Session::new(id)
            });
        }
        "message" if record["text"].is_string() => said(state, offset, &record, out),
        "tool_call" if record["toolName"].is_string() => {
            let mut message = told(state, offset, &record, Role::Assistant, out);
            let name = json::text(&record["toolName"]);
            let call = tools::tool_use(call_id(&record), name, &record["parameters"]);
            message.content.push(Block::ToolUse(call));
            out.message(message);
        }
        "tool_result" => {
            let mut message = told(state, offset, &record, Role::User, out);
            message.content.push(Block::ToolResult(result(&record)));
            out.message(message);
        }
        "completion" => completion(state, offset, record, out),
        "error" if record["message"].is_string() => {
            let mut message = told(state, offset, &record, Role::System, out);
            message.content.push(Block::Text(json::text(&record["message"]).to_owned()));
            out.message(message);
        }
        _ => return store::unknown(state, offset, record, out),
    }
    out.kept(&kind);
}

/// Calls and their results share an id, and texts may have none, so keys are places in the log.
fn told(state: &mut State, offset: u64, record: &Value, role: Role, out: &mut Output) -> Message {
    let mut message = state.message(format!("@{offset}"), role, out);
    message.at = time::parse(&record["timestamp"]);
    message
}

fn said(state: &mut State, offset: u64, record: &Value, out: &mut Output) {
    let text = json::text(&record["text"]);
    let role = match json::text(&record["role"]) {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => Role::System,
    };
    if role == Role::Assistant {
        state.answer = digest(text);
    }
    let mut message = told(state, offset, record, role, out);
    message.content = content::blocks(text.into());
    content::tell(message, out);
}

/// The end of a run: the last answer, which most often was told as a message before, and the tokens
/// of the run.
fn completion(state: &mut State, offset: u64, mut record: Value, out: &mut Output) {
    let answer = some(&record["finalText"]).filter(|text| digest(text) != state.answer);
    let role = if answer.is_some() { Role::Assistant } else { Role::System };
    let mut message = told(state, offset, &record, role, out);
    let used = &record["usage"];
    let count = |name: &str| used[name].as_u64().unwrap_or(0);
    message.usage = used.is_object().then(|| Usage {
        input: count("input_tokens"),
        output: count("output_tokens"),
        cache_read: count("cache_read_input_tokens"),
        cache_write: count("cache_creation_input_tokens"),
    });
    match answer {
        Some(answer) => message.content.push(Block::Text(answer)),
        None => {
            record.as_object_mut().and_then(|fields| fields.remove("finalText"));
            message.content.push(Block::Other(json::compact_elided(record)));
        }
    }
    out.message(message);
}

fn result(record: &Value) -> ToolResult {
    let value = &record["value"];
    let status = value["exitCode"].as_i64().and_then(|status| i32::try_from(status).ok());
    let printed = ["stdout", "stderr"].map(|name| json::text(&value[name]));
    let content = if printed.iter().all(|text| text.is_empty()) && status.is_none() {
        json::content(value)
    } else {
        printed.concat()
    };
    let exit_status = status.or_else(|| tools::exit_status(&content));
    ToolResult {
        id: call_id(record).to_owned(),
        is_error: record["isError"].as_bool().unwrap_or(false)
            || exit_status.is_some_and(|status| status != 0),
        content,
        exit_status,
    }
}

fn call_id(record: &Value) -> &str {
    record["toolCallId"].as_str().unwrap_or_else(|| json::text(&record["id"]))
}

fn digest(text: &str) -> u64 {
    xxh3_64(text.trim().as_bytes())
}
