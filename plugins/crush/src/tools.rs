//! Tool calls and their results.

use lore_plugin_sdk::{Edit, EditKind, ToolResult, ToolUse, json, shell};
use serde_json::Value;

/// What stands below the output of a command that was stopped.
const ABORTED: &str = "Command was aborted before completion";

/// A `tool_call`. Its input is JSON within a string, which is cut off while it streams in.
pub(crate) fn call(
    data: &mut Value,
    overwritten: &dyn Fn(&str, &str) -> Option<String>,
) -> ToolUse {
    let input = take(data, "input");
    let arguments = match &input {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        other => other.clone(),
    };
    let mut call = tool_use(json::text(&data["id"]), json::text(&data["name"]));
    read_arguments(&mut call, &arguments);
    if let [edit @ Edit { kind: EditKind::Create, before: None, .. }] = call.edits.as_mut_slice() {
        let text = edit.after.as_deref().unwrap_or_default();
        edit.before = overwritten(&edit.path, text);
    }
    call.input = match (arguments, input) {
        (Value::Null, Value::String(text)) if text.is_empty() => "{}".to_owned(),
        // What is no JSON is kept as a JSON string.
        (Value::Null, input) => json::compact_elided(input),
        (arguments, _) => json::compact_elided(arguments),
    };
    call
}

/// A command that the person ran.
pub(crate) fn own_command(id: &str, data: &Value) -> ToolUse {
    let mut call = tool_use(id, "shell_command");
    let command = json::text(&data["command"]);
    run(&mut call, command);
    call.input = json::compact(&serde_json::json!({ "command": command }));
    call
}

/// A `tool_result`.
pub(crate) fn result(data: &Value) -> ToolResult {
    let content = json::content(&data["content"]);
    let failed = data["is_error"] == true;
    let exit_status = match data["name"].as_str() {
        Some("bash") if !failed => exit_status(&content, &data["metadata"]),
        _ => None,
    };
    ToolResult {
        id: json::text(&data["tool_call_id"]).to_owned(),
        content,
        is_error: failed || exit_status.is_some_and(|status| status != 0),
        exit_status,
    }
}

/// How a command ended: the last line of its output says so if it failed. One that went on in the
/// background has not ended.
fn exit_status(content: &str, metadata: &Value) -> Option<i32> {
    let output = match content.rsplit_once("\n\n<cwd>") {
        Some((output, _)) => output,
        None => content,
    };
    let last = output.lines().next_back().unwrap_or_default();
    if let Some(code) = last.strip_prefix("Exit code ") {
        return code.parse().ok();
    }
    let metadata: Value = serde_json::from_str(json::text(metadata)).ok()?;
    let has_ended = metadata["end_time"].is_number()
        && metadata["background"] != true
        && json::text(&metadata["shell_id"]).is_empty();
    (has_ended && last != ABORTED).then_some(0)
}

fn tool_use(id: &str, name: &str) -> ToolUse {
    ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: String::new(),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    }
}

fn read_arguments(call: &mut ToolUse, arguments: &Value) {
    let text = |field: &str| arguments[field].as_str();
    match call.name.as_str() {
        "edit" => {
            if let Some(path) = text("file_path") {
                call.edits.extend(replacement(path, arguments));
            }
        }
        "multiedit" => {
            let edits = arguments["edits"].as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(path) = text("file_path") {
                call.edits.extend(edits.iter().filter_map(|edit| replacement(path, edit)));
            }
        }
        "write" => {
            if let (Some(path), Some(content)) = (text("file_path"), text("content")) {
                call.edits.push(Edit::create(path, content));
            }
        }
        "view" => call.reads.extend(text("file_path").map(str::to_owned)),
        "ls" | "glob" | "grep" => {
            call.reads.extend(text("path").filter(|path| !path.is_empty()).map(str::to_owned));
        }
        "bash" => {
            if let Some(command) = text("command") {
                run(call, command);
            }
            if let Some(directory) = text("working_dir") {
                place_in(directory, call);
            }
        }
        _ => {}
    }
}

fn run(call: &mut ToolUse, command: &str) {
    call.edits = shell::edits(command);
    call.reads = shell::reads(command);
    call.command = Some(command.to_owned());
}

/// With nothing to replace the tool makes the file; without a new text it takes the old one away.
fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    let after = json::text(&edit["new_string"]);
    Some(match edit["old_string"].as_str() {
        None | Some("") if after.is_empty() => return None,
        None | Some("") => Edit::create(path, after),
        Some(before) => Edit::replace(path, before, after),
    })
}

/// Joins relative paths to the directory that a command ran in.
fn place_in(directory: &str, call: &mut ToolUse) {
    let join = |path: &mut String| {
        let is_absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
        if !is_absolute && !matches!(directory, "" | ".") {
            *path = format!("{}/{path}", directory.trim_end_matches('/'));
        }
    };
    for Edit { path, to, .. } in &mut call.edits {
        join(path);
        to.iter_mut().for_each(join);
    }
    call.reads.iter_mut().for_each(join);
}

/// Takes a field out of a value of any shape.
fn take(value: &mut Value, field: &str) -> Value {
    value.get_mut(field).map(Value::take).unwrap_or_default()
}
