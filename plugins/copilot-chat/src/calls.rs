//! Tool calls of an answer, their results, and the edits that the editor made.

use lore_plugin_copilot_events::tools;
use lore_plugin_sdk::json;
use lore_plugin_sdk::prelude::*;
use serde_json::{Value, json};

use crate::place;

/// A tool whose call outlines an edit, which the editor then works out.
const OUTLINED: &str = "insert_edit_into_file";

/// A call of a round, whose arguments are JSON in a string.
pub(crate) fn of_round(call: &Value) -> ToolUse {
    let (id, name) = (json::text(&call["id"]), json::text(&call["name"]));
    tools::tool_use(id, name, &call["arguments"])
}

/// A call as the editor shows it: its arguments are not told, except for commands.
pub(crate) fn of_part(part: &Value) -> ToolUse {
    let data = &part["toolSpecificData"];
    let name = json::text(&part["toolId"]);
    let command = match &data["commandLine"] {
        Value::String(command) => Some(command.as_str()),
        command => command["userEdited"].as_str().or(command["original"].as_str()),
    };
    let id = json::text(&part["toolCallId"]);
    match command {
        Some(command) => {
            let call = tools::tool_use(id, "run_in_terminal", &json!({ "command": command }));
            ToolUse { name: name.to_owned(), ..call }
        }
        None => {
            let message = match json::text(&part["pastTenseMessage"]["value"]) {
                "" => &part["invocationMessage"],
                _ => &part["pastTenseMessage"],
            };
            let message = message["value"].as_str().or(message.as_str()).unwrap_or_default();
            tools::tool_use(id, name, &json!({ "message": message }))
        }
    }
}

/// The result of a call that only the editor shows, if there is any.
pub(crate) fn result_of_part(part: &Value) -> Option<ToolResult> {
    let terminal = &part["toolSpecificData"]["terminalCommandOutput"]["text"];
    let details = &part["resultDetails"];
    let content = match (terminal.as_str(), details) {
        (Some(text), _) => text.to_owned(),
        (None, Value::Null) => return None,
        (None, details) if details["output"].is_array() => {
            let output = details["output"].as_array().into_iter().flatten();
            output.map(|part| json::text(&part["value"])).collect::<Vec<_>>().join("\n")
        }
        (None, details) => json::compact_elided(details.clone()),
    };
    let exit_status = exit_status(part);
    let is_error = details["isError"] == true || exit_status.is_some_and(|status| status != 0);
    Some(ToolResult {
        id: json::text(&part["toolCallId"]).to_owned(),
        content,
        is_error,
        exit_status,
    })
}

/// The result of the call `id` of a round.
pub(crate) fn result(id: &str, result: &Value, parts: &[Value]) -> ToolResult {
    let mut content = String::new();
    for part in result["content"].as_array().into_iter().flatten() {
        push_words(&mut content, &part["value"]);
    }
    let shown = parts.iter().find(|part| part["toolCallId"] == id);
    let exit_status = shown.and_then(exit_status).or_else(|| tools::exit_status(&content));
    let is_error = content.starts_with("ERROR while calling tool")
        || exit_status.is_some_and(|status| status != 0);
    ToolResult { id: id.to_owned(), content, is_error, exit_status }
}

fn exit_status(part: &Value) -> Option<i32> {
    let code = part["toolSpecificData"]["terminalCommandState"]["exitCode"].as_i64()?;
    i32::try_from(code).ok()
}

/// Words of a result: a text, or a tree with texts at its leaves.
fn push_words(content: &mut String, value: &Value) {
    if let Some(text) = value.as_str() {
        return content.push_str(text);
    }
    let node = if value["node"].is_object() { &value["node"] } else { value };
    if let Some(text) = node["text"].as_str() {
        if node["lineBreakBefore"] == true && !content.is_empty() && !content.ends_with('\n') {
            content.push('\n');
        }
        content.push_str(text);
    }
    for child in node["children"].as_array().into_iter().flatten() {
        push_words(content, child);
    }
}

/// Adds the edits that the editor made where no call of the answer tells them: in modes without
/// tools, and where the model outlined them only.
pub(crate) fn add_edits(content: &mut Vec<Block>, parts: &[Value], answer: &str) {
    for (at, part) in parts.iter().enumerate() {
        if part["kind"] != "textEditGroup" {
            continue;
        }
        let Some(path) = place::of_uri(&part["uri"]) else { continue };
        let edits = made(&path, part);
        let calls = || {
            content.iter().filter_map(|block| match block {
                Block::ToolUse(call) if call.name != OUTLINED => Some(call),
                _ => None,
            })
        };
        let is_told = calls().any(|call| call.edits.iter().any(|edit| is_same(&edit.path, &path)));
        if is_told || edits.is_empty() {
            continue;
        }
        for block in content.iter_mut() {
            if let Block::ToolUse(call) = block
                && call.name == OUTLINED
            {
                call.edits.retain(|edit| !is_same(&edit.path, &path));
            }
        }
        content.push(Block::ToolUse(ToolUse {
            id: format!("{answer}-edit-{at}"),
            name: "textEdit".to_owned(),
            input: json!({ "path": path }).to_string(),
            edits,
            reads: Vec::new(),
            command: None,
        }));
    }
}

/// The texts that came into a file; what they replaced is told by its lines only.
fn made(path: &str, group: &Value) -> Vec<Edit> {
    let edits = group["edits"].as_array().into_iter().flatten();
    let edits = edits.flat_map(|edit| match edit {
        Value::Array(edits) => edits.as_slice(),
        edit => std::slice::from_ref(edit),
    });
    let texts = edits.filter_map(|edit| edit["text"].as_str()).filter(|text| !text.is_empty());
    let made = |text| Edit { kind: EditKind::Replace, ..Edit::create(path, text) };
    texts.map(made).collect()
}

/// Whether two paths are the same file on any system.
fn is_same(a: &str, b: &str) -> bool {
    let plain = |path: &str| path.replace('\\', "/").trim_start_matches('/').to_owned();
    plain(a) == plain(b)
}
