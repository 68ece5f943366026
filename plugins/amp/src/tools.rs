//! Tool calls: what they edit, read and run.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, json, patch, shell};
use serde_json::Value;

use crate::thread::some_text;

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
    let path = some_text(&input["path"]);
    match name {
        "create_file" => {
            if let (Some(path), Some(content)) = (path, input["content"].as_str()) {
                call.edits.push(Edit::create(path, content));
            }
        }
        "edit_file" => call.edits.extend(path.and_then(|path| replacement(path, input))),
        // It takes back the last change to the file, which the call does not repeat.
        "undo_edit" => call.edits.extend(path.map(unknown_change)),
        "apply_patch" => {
            let texts = [input, &input["input"], &input["patch"], &input["patchText"]];
            let patch = texts.into_iter().find_map(Value::as_str);
            call.edits = patch.map(patch::edits).unwrap_or_default();
        }
        "Read" | "Grep" | "list_directory" => call.reads.extend(path),
        "Bash" | "shell_command" => run(&mut call, input),
        _ => {}
    }
    call
}

fn replacement(path: String, input: &Value) -> Option<Edit> {
    let after = input["new_str"].as_str()?;
    Some(match input["old_str"].as_str()? {
        "" => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}

fn unknown_change(path: String) -> Edit {
    Edit { path, kind: EditKind::Replace, before: None, after: None, to: None }
}

fn run(call: &mut ToolUse, input: &Value) {
    let Some(command) = some_text(&input["cmd"]).or_else(|| some_text(&input["command"])) else {
        return;
    };
    let directory = some_text(&input["cwd"]).or_else(|| some_text(&input["workdir"]));
    let below = |path: String| match &directory {
        Some(directory) if !is_absolute(&path) => {
            format!("{}/{path}", directory.trim_end_matches('/'))
        }
        _ => path,
    };
    call.edits = shell::edits(&command)
        .into_iter()
        .map(|edit| Edit { path: below(edit.path), to: edit.to.map(below), ..edit })
        .collect();
    call.reads = shell::reads(&command).into_iter().map(below).collect();
    call.command = Some(command);
}

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1) == Some(&b':')
}
