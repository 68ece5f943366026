//! Tool calls: what they edit, read and run, and how commands ended.

use lore_plugin_sdk::{Edit, ToolUse, json, patch, shell};
use serde_json::Value;

use crate::store::some;

/// A call of the tool `name`.
pub(crate) fn tool_use(id: &str, name: &str, input: &Value) -> ToolUse {
    let mut call = ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: json::compact_elided(input.clone()),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let path = ["file_path", "path"].iter().find_map(|name| some(&input[*name]));
    match name {
        "Create" | "Write" => {
            if let (Some(path), Some(content)) = (path, input["content"].as_str()) {
                call.edits.push(Edit::create(path, content));
            }
        }
        "Edit" => call.edits.extend(path.and_then(|path| replacement(&path, input))),
        "MultiEdit" => {
            let edits = ["edits", "changes"].iter().find_map(|name| input[*name].as_array());
            if let (Some(path), Some(edits)) = (path, edits) {
                call.edits = edits.iter().filter_map(|edit| replacement(&path, edit)).collect();
            }
        }
        "ApplyPatch" => {
            let patch =
                [input, &input["input"], &input["patch"]].into_iter().find_map(Value::as_str);
            call.edits = patch.map(patch::edits).unwrap_or_default();
        }
        "Read" | "Grep" | "Glob" => call.reads.extend(path),
        "LS" => call.reads.extend(some(&input["directory_path"]).or(path)),
        "Execute" | "Shell" | "Bash" => {
            if let Some(command) = some(&input["command"]) {
                call.edits = shell::edits(&command);
                call.reads = shell::reads(&command);
                call.command = Some(command);
            }
        }
        _ => {}
    }
    call
}

/// With nothing to replace, the tool makes the file.
fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| edit[name].as_str());
    let after = text(["new_str", "new_string"])?;
    Some(match text(["old_str", "old_string"])? {
        "" => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}

/// The exit status of a command, where its output tells it: in the first line if it failed, in the
/// last one otherwise.
pub(crate) fn exit_status(output: &str) -> Option<i32> {
    let first = output.lines().next()?;
    if let Some(rest) = first.strip_prefix("Error: Command failed (exit code: ") {
        return rest.split(')').next()?.trim().parse().ok();
    }
    let last = output.trim_end().lines().next_back()?;
    last.strip_prefix("[Process exited with code ")?.strip_suffix(']')?.parse().ok()
}
