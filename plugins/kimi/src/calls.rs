//! Tool calls: what they edit, read and run, and what came of them.

use lore_plugin_sdk::{Edit, EditKind, ToolResult, ToolUse, json, patch, shell};
use serde_json::Value;

/// A call of the tool `name`. Kimi CLI writes the arguments as a text of JSON.
pub(crate) fn call(id: &str, name: &str, arguments: &Value) -> ToolUse {
    let parsed = arguments.as_str().map(serde_json::from_str::<Value>);
    let input = match (&parsed, arguments) {
        (Some(Ok(parsed)), _) => json::compact_elided(parsed.clone()),
        (_, Value::Null) => "{}".to_owned(),
        (_, arguments) => json::compact_elided(arguments.clone()),
    };
    let arguments = match &parsed {
        Some(Ok(parsed)) => parsed,
        _ => arguments,
    };
    let mut tool = ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input,
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let text = |name: &str| arguments[name].as_str();
    let path = text("path").or(text("file_path"));
    match name {
        "WriteFile" | "Write" => {
            if let (Some(path), Some(content)) = (path, text("content")) {
                tool.edits.push(match text("mode") {
                    Some("append") => appended(path, content),
                    _ => Edit::create(path, content),
                });
            }
        }
        "StrReplaceFile" | "Edit" => {
            let edits = match &arguments["edit"] {
                Value::Array(edits) => edits.as_slice(),
                Value::Null => std::slice::from_ref(arguments),
                edit => std::slice::from_ref(edit),
            };
            let replacement = |edit: &Value| replacement(path?, edit);
            tool.edits = edits.iter().filter_map(replacement).collect();
        }
        "PatchFile" => {
            if let (Some(path), Some(diff)) = (path, text("diff")) {
                tool.edits = patch::unified(path, diff);
            }
        }
        "ReadFile" | "Read" | "ReadMediaFile" => tool.reads.extend(path.map(str::to_owned)),
        "Glob" | "Grep" => tool.reads.extend(path.or(text("directory")).map(str::to_owned)),
        "Shell" | "Bash" => {
            if let Some(command) = text("command") {
                run(&mut tool, command, text("cwd").unwrap_or_default());
            }
        }
        _ => {}
    }
    tool
}

/// A result of which the text is told. What Kimi CLI says about it stands above the output, in an
/// element `<system>`.
pub(crate) fn result(id: &str, content: String, is_error: bool) -> ToolResult {
    let notice = content.strip_prefix("<system>").and_then(|rest| rest.split("</system>").next());
    let notice = notice.unwrap_or_default();
    let code = notice.split_once("failed with exit code: ").map(|(_, rest)| rest);
    let exit_status = match code {
        Some(code) => code.split(|char: char| !(char.is_ascii_digit() || char == '-')).next(),
        None if notice.starts_with("Command executed successfully") => Some("0"),
        None => None,
    };
    ToolResult {
        id: id.to_owned(),
        exit_status: exit_status.and_then(|code| code.parse().ok()),
        is_error: is_error || notice.starts_with("ERROR"),
        content,
    }
}

fn appended(path: &str, content: &str) -> Edit {
    Edit {
        path: path.to_owned(),
        kind: EditKind::Replace,
        before: None,
        after: Some(content.to_owned()),
        to: None,
    }
}

fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    let text = |name: &str, other: &str| edit[name].as_str().or(edit[other].as_str());
    let (before, after) = (text("old", "old_string")?, text("new", "new_string")?);
    Some(match before {
        // With nothing to replace, there was no file.
        "" => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}

fn run(tool: &mut ToolUse, command: &str, inside: &str) {
    let join = |path: &mut String| {
        let is_absolute = path.starts_with(['/', '\\', '~']) || path.get(1..2) == Some(":");
        if !inside.is_empty() && !is_absolute {
            *path = format!("{}/{path}", inside.trim_end_matches('/'));
        }
    };
    tool.edits = shell::edits(command);
    for edit in &mut tool.edits {
        join(&mut edit.path);
        edit.to.iter_mut().for_each(join);
    }
    tool.reads = shell::reads(command);
    tool.reads.iter_mut().for_each(join);
    tool.command = Some(command.to_owned());
}
