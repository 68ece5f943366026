//! Tool calls: what they edit, read and run.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, json, shell};
use serde_json::Value;

use crate::replace;
use crate::session::some;

/// A call of the tool `name`. The extension and the program have names of their own for much the
/// same tools.
pub(crate) fn tool_use(id: &str, name: &str, arguments: Value) -> ToolUse {
    let mut call = ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: String::new(),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let path = ["filepath", "file_path", "path"].iter().find_map(|name| some(&arguments[*name]));
    let text = |name: &str| arguments[name].as_str().map(str::to_owned);
    match name {
        "create_new_file" | "Write" => {
            if let (Some(path), Some(after)) = (path, text("contents").or_else(|| text("content")))
            {
                call.edits.push(Edit::create(path, after));
            }
        }
        // A sketch of the new text, in which comments stand for what stays.
        "edit_existing_file" => {
            call.edits.extend(path.zip(text("changes")).map(|(path, after)| Edit {
                path,
                kind: EditKind::Replace,
                before: None,
                after: Some(after),
                to: None,
            }));
        }
        "single_find_and_replace" | "Edit" => {
            call.edits.extend(path.and_then(|path| replacement(&path, &arguments)));
        }
        "multi_edit" | "MultiEdit" => {
            if let (Some(path), Some(edits)) = (path, arguments["edits"].as_array()) {
                call.edits = edits.iter().filter_map(|edit| replacement(&path, edit)).collect();
            }
        }
        "search_and_replace_in_file" => {
            let lists = arguments["diffs"].as_array().into_iter().flatten();
            let diffs = lists.chain([&arguments["diff"]]).filter_map(Value::as_str);
            if let Some(path) = path {
                call.edits = diffs.flat_map(|diff| replace::edits(&path, diff)).collect();
            }
        }
        "read_file" | "read_file_range" | "Read" | "Search" => call.reads.extend(path),
        "ls" | "List" | "view_subdirectory" => {
            let names = ["dirPath", "dirpath", "directory_path"];
            call.reads.extend(names.iter().find_map(|name| some(&arguments[*name])).or(path));
        }
        "run_terminal_command" | "Bash" => {
            if let Some(command) = some(&arguments["command"]) {
                call.edits = shell::edits(&command);
                call.reads = shell::reads(&command);
                call.command = Some(command);
            }
        }
        _ => {}
    }
    call.input = json::compact_elided(arguments);
    call
}

fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    let after = edit["new_string"].as_str()?;
    Some(match edit["old_string"].as_str()? {
        "" => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}
