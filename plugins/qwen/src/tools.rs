//! Tool calls: what they edit, read and run, and what came of them.

use lore_plugin_sdk::{Block, Edit, ToolResult, ToolUse, json, shell};
use serde_json::Value;

use crate::parts;

/// A call `{id, name, args}`.
pub(crate) fn call(call: &Value, otherwise: &str) -> ToolUse {
    let (name, args) = (json::text(&call["name"]), &call["args"]);
    let mut tool = ToolUse {
        id: call["id"].as_str().unwrap_or(otherwise).to_owned(),
        name: name.to_owned(),
        input: if args.is_null() { "{}".to_owned() } else { json::compact_elided(args.clone()) },
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let text = |name: &str| args[name].as_str();
    let path = text("file_path").or(text("absolute_path")).or(text("path"));
    match name {
        "write_file" => {
            if let (Some(path), Some(content)) = (path, text("content")) {
                tool.edits.push(Edit::create(path, content));
            }
        }
        "edit" | "replace" => {
            if let (Some(path), Some(before), Some(after)) =
                (path, text("old_string"), text("new_string"))
            {
                tool.edits.push(match before {
                    // With nothing to replace, the tool makes the file.
                    "" => Edit::create(path, after),
                    before => Edit::replace(path, before, after),
                });
            }
        }
        "read_file" => tool.reads.extend(path.map(str::to_owned)),
        "read_many_files" => {
            let lists = ["include", "paths"].into_iter().filter_map(|name| args[name].as_array());
            tool.reads = lists.flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        }
        "list_directory" | "glob" | "grep_search" | "search_file_content" => {
            tool.reads.extend(path.or(text("dir_path")).map(str::to_owned));
        }
        "run_shell_command" => {
            if let Some(command) = text("command") {
                run(&mut tool, command, text("directory").unwrap_or_default());
            }
        }
        _ => {}
    }
    tool
}

/// The results in a record of the type `tool_result`.
pub(crate) fn results(record: &Value, key: &str) -> Vec<Block> {
    let parts = &record["message"]["parts"];
    let parts = parts.as_array().map(Vec::as_slice).unwrap_or_default();
    let outcome = &record["toolCallResult"];
    let answers = parts.iter().filter(|part| part["functionResponse"].is_object()).count();
    let numbered = parts.iter().enumerate();
    let blocks = numbered.flat_map(|(at, part)| {
        let response = &part["functionResponse"];
        if !response.is_object() {
            return parts::blocks(part, key);
        }
        let is_own = answers == 1 || (response["id"] == outcome["callId"]);
        let outcome = if is_own { outcome } else { &Value::Null };
        let otherwise = format!("{key}-part-{at}");
        vec![Block::ToolResult(self::response(response, outcome, &otherwise))]
    });
    blocks.collect()
}

/// What the model was told, and what the program notes of it.
pub(crate) fn response(response: &Value, outcome: &Value, otherwise: &str) -> ToolResult {
    let (mut content, failed) = told(&response["response"]);
    if content.is_empty() {
        content = json::text(&outcome["resultDisplay"]).to_owned();
    }
    let status = outcome["status"].as_str();
    let exit_status = match response["name"].as_str() {
        Some("run_shell_command") => exit_status(&content),
        _ => None,
    };
    let is_error = failed
        || matches!(status, Some("error" | "cancelled"))
        || outcome["errorType"].is_string()
        || exit_status.is_some_and(|status| status != 0);
    let id = response["id"].as_str().unwrap_or(otherwise).to_owned();
    ToolResult { id, content, is_error, exit_status }
}

fn run(tool: &mut ToolUse, command: &str, inside: &str) {
    let join = |path: &mut String| {
        if !inside.is_empty() && !is_absolute(path) {
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

fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\', '~']) || path.as_bytes().get(1) == Some(&b':')
}

/// The text of a response, and whether it is an error.
fn told(response: &Value) -> (String, bool) {
    match response {
        Value::Object(fields) if fields.is_empty() => (String::new(), false),
        Value::Object(fields) => match (fields.get("output"), fields.get("error")) {
            (Some(output), _) => (json::content(output), false),
            (None, Some(error)) => (json::content(error), true),
            (None, None) => (json::compact_elided(response.clone()), false),
        },
        other => (json::content(other), false),
    }
}

/// The exit status that is told below a command's output.
fn exit_status(content: &str) -> Option<i32> {
    let told = content.lines().rev().find_map(|line| line.strip_prefix("Exit Code: "));
    told.and_then(|code| code.trim().parse().ok())
}
