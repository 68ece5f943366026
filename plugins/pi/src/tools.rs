//! Tool calls: what they edit, read and run, and how commands ended.

use lore_plugin_sdk::{Edit, ToolUse, json, shell};
use serde_json::Value;

use crate::content::some;

/// A call of the tool `name`.
pub(crate) fn tool_use(id: &str, name: &str, arguments: &Value) -> ToolUse {
    let mut call = ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: json::compact_elided(arguments.clone()),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let path = some(&arguments["path"]);
    match name {
        "write" => {
            if let (Some(path), Some(content)) = (path, arguments["content"].as_str()) {
                call.edits.push(Edit::create(path, content));
            }
        }
        "edit" => {
            if let Some(path) = path {
                let several = arguments["edits"].as_array().into_iter().flatten();
                let edits = several.chain([arguments]);
                call.edits = edits.filter_map(|edit| replacement(&path, edit)).collect();
            }
        }
        "read" | "grep" | "find" | "ls" => call.reads.extend(path),
        "bash" => {
            if let Some(command) = some(&arguments["command"]) {
                call.edits = shell::edits(&command);
                call.reads = shell::reads(&command);
                call.command = Some(command);
            }
        }
        _ => {}
    }
    call
}

/// A call that was cut off has no new text.
fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    Some(Edit::replace(path, edit["oldText"].as_str()?, edit["newText"].as_str()?))
}

/// The exit status of a command that failed: the last line of its output tells it.
pub(crate) fn exit_status(output: &str) -> Option<i32> {
    let last = output.trim_end().lines().next_back()?;
    last.strip_prefix("Command exited with code ")?.parse().ok()
}
