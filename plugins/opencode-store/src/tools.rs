//! Tool calls: one part tells the call and, once it has ended, its result.

use lore_plugin_sdk::{Block, Edit, ToolResult, ToolUse, json, patch, shell};
use serde_json::Value;

/// The blocks of a `tool` part: the call, its result if there is one, and what came with it.
pub(crate) fn blocks(part: &str, mut data: Value, directory: Option<&str>) -> Vec<Block> {
    let id = match json::text(&data["callID"]) {
        "" => part.to_owned(),
        id => id.to_owned(),
    };
    let name = json::text(&data["tool"]).to_owned();
    let mut state = take(&mut data, "state");
    let failed = state["status"] == "error";
    let input = take(&mut state, "input");
    let mut call = ToolUse {
        id: id.clone(),
        name,
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
        input: String::new(),
    };
    read_arguments(&mut call, &input, directory);
    if failed && call.command.is_none() {
        // It ended before it changed anything.
        call.edits.clear();
    }
    if let [Edit { before: before @ None, .. }] = call.edits.as_mut_slice() {
        *before = previous_text(&state);
    }
    call.input = match input {
        Value::Null => "{}".to_owned(),
        input => json::compact_elided(input),
    };
    let mut blocks = vec![Block::ToolUse(call)];
    blocks.extend(result(id, &mut state, failed));
    if let Value::Array(attachments) = take(&mut state, "attachments") {
        blocks.extend(attachments.into_iter().map(|file| Block::Other(json::compact_elided(file))));
    }
    blocks
}

fn result(id: String, state: &mut Value, failed: bool) -> Option<Block> {
    let content = match (take(state, "output"), take(state, "error")) {
        (Value::Null, Value::Null) if failed || state["status"] == "completed" => Value::Null,
        (Value::Null, Value::Null) => return None,
        (Value::Null, error) => error,
        (output, _) => output,
    };
    let exit_status = state["metadata"]["exit"].as_i64().and_then(|exit| i32::try_from(exit).ok());
    let is_error = failed || exit_status.is_some_and(|status| status != 0);
    let content = json::content(&content);
    Some(Block::ToolResult(ToolResult { id, content, is_error, exit_status }))
}

/// What stood in the one file that a call wrote as a whole, where the result tells it.
fn previous_text(state: &Value) -> Option<String> {
    let before = state["metadata"]["filediff"]["before"].as_str()?;
    (!before.is_empty()).then(|| before.to_owned())
}

fn read_arguments(call: &mut ToolUse, input: &Value, directory: Option<&str>) {
    let text = |field: &str| input[field].as_str();
    match call.name.as_str() {
        "edit" => {
            if let Some(path) = text("filePath") {
                call.edits.extend(replacement(path, input));
            }
        }
        "multiedit" => {
            let edits = input["edits"].as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(path) = text("filePath") {
                call.edits.extend(edits.iter().filter_map(|edit| replacement(path, edit)));
            }
        }
        "write" => {
            if let (Some(path), Some(content)) = (text("filePath"), text("content")) {
                call.edits.push(Edit::create(path, content));
            }
        }
        "patch" | "apply_patch" => {
            call.edits.extend(text("patchText").map(patch::edits).unwrap_or_default());
        }
        "read" => call.reads.extend(text("filePath").map(str::to_owned)),
        "list" | "glob" | "grep" => call.reads.extend(text("path").map(str::to_owned)),
        "bash" => {
            if let Some(command) = text("command") {
                call.edits = shell::edits(command);
                call.reads = shell::reads(command);
                call.command = Some(command.to_owned());
            }
            let ran_in = text("workdir").or_else(|| text("cwd"));
            if let Some(ran_in) = ran_in.filter(|ran_in| Some(*ran_in) != directory) {
                place_in(ran_in, call);
            }
        }
        _ => {}
    }
}

/// With nothing to replace the tool writes the file; some writers give its new text as `content`.
fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    match (edit["oldString"].as_str(), edit["newString"].as_str()) {
        (Some(""), Some(after)) => Some(Edit::create(path, after)),
        (Some(before), Some(after)) => Some(Edit::replace(path, before, after)),
        _ => edit["content"].as_str().map(|content| Edit::create(path, content)),
    }
}

/// Joins relative paths to the directory that a command ran in.
fn place_in(directory: &str, call: &mut ToolUse) {
    let join = |path: &mut String| {
        let is_absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
        if !is_absolute && !directory.is_empty() {
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
