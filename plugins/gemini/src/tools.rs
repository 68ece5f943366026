//! Tool calls: what they edit, read and run, and what came of them.

use lore_plugin_sdk::{Edit, ToolResult, ToolUse, json, shell};
use serde_json::Value;

/// A call `{id, name, args, result, status, resultDisplay}`, and its result if it is known.
pub(crate) fn call(call: &Value, otherwise: &str) -> (ToolUse, Option<ToolResult>) {
    let id = call["id"].as_str().unwrap_or(otherwise).to_owned();
    let (name, args) = (json::text(&call["name"]), &call["args"]);
    let mut tool = ToolUse {
        id: id.clone(),
        name: name.to_owned(),
        input: if args.is_null() { "{}".to_owned() } else { json::compact_elided(args.clone()) },
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let text = |name: &str| args[name].as_str();
    let display = &call["resultDisplay"];
    let path = text("file_path").or(text("absolute_path")).or(text("path"));
    match name {
        "write_file" => {
            if let (Some(path), Some(content)) = (edited(path, display), text("content")) {
                let before = display["originalContent"].as_str().filter(|text| !text.is_empty());
                let before = before.map(str::to_owned);
                tool.edits.push(Edit { before, ..Edit::create(path, content) });
            }
        }
        "replace" | "edit" => {
            if let (Some(path), Some(before), Some(after)) =
                (edited(path, display), text("old_string"), text("new_string"))
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
            tool.reads.extend(text("dir_path").or(path).map(str::to_owned));
        }
        "run_shell_command" => {
            if let Some(command) = text("command") {
                let inside = text("dir_path").or(text("directory")).unwrap_or_default();
                run(&mut tool, command, inside);
            }
        }
        _ => {}
    }
    let result = result(call, id, tool.command.is_some());
    (tool, result)
}

/// What the model was told, as the result of the call that it names.
pub(crate) fn response(response: &Value, otherwise: &str) -> ToolResult {
    let (content, failed) = told(&response["response"]);
    let exit_status = match response["name"].as_str() {
        Some("run_shell_command") => exit_status(&content, false),
        _ => None,
    };
    let is_error = failed || exit_status.is_some_and(|status| status != 0);
    let id = response["id"].as_str().unwrap_or(otherwise).to_owned();
    ToolResult { id, content, is_error, exit_status }
}

/// The path as the call names it, or in full where only the result does.
fn edited<'a>(path: Option<&'a str>, display: &'a Value) -> Option<&'a str> {
    let full = display["filePath"].as_str().filter(|full| !full.is_empty());
    let path = path.filter(|path| !path.is_empty());
    if path.is_some_and(is_absolute) { path } else { full.or(path) }
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

/// The result of a call that came to its end; the results of calls under way follow later.
fn result(call: &Value, id: String, is_command: bool) -> Option<ToolResult> {
    let (status, result) = (json::text(&call["status"]), &call["result"]);
    let is_over = matches!(status, "success" | "error" | "cancelled");
    if !is_over && result.is_null() {
        return None;
    }
    let parts = match result {
        Value::Array(parts) => parts.as_slice(),
        part => std::slice::from_ref(part),
    };
    let own = |part: &&Value| part["functionResponse"]["id"].as_str() == Some(id.as_str());
    let answers = parts.iter().filter(|part| part["functionResponse"].is_object()).count();
    let mut texts = Vec::new();
    let mut is_error = matches!(status, "error" | "cancelled");
    for part in parts {
        // What came of several calls may stand in each of them.
        if part.is_null() || (answers > 1 && part["functionResponse"].is_object() && !own(&part)) {
            continue;
        }
        let (text, failed) = match &part["functionResponse"]["response"] {
            Value::Null => (json::content(part), false),
            response => told(response),
        };
        is_error |= failed;
        texts.push(text);
    }
    texts.retain(|text| !text.is_empty());
    let content = match texts.is_empty() {
        true => json::text(&call["resultDisplay"]).to_owned(),
        false => texts.join("\n"),
    };
    let exit_status = if is_command { exit_status(&content, status == "success") } else { None };
    is_error |= exit_status.is_some_and(|status| status != 0);
    Some(ToolResult { id, content, is_error, exit_status })
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

/// The exit status that is told below a command's output. Newer versions do not mention success:
/// then a command succeeded if there is no word of anything else.
fn exit_status(content: &str, succeeded: bool) -> Option<i32> {
    let told = content.lines().rev().find_map(|line| line.strip_prefix("Exit Code: "));
    if let Some(code) = told {
        return code.trim().parse().ok();
    }
    let notices = ["Error: ", "Signal: ", "Background PIDs: "];
    let is_plain = !content.lines().any(|line| notices.iter().any(|n| line.starts_with(n)));
    (succeeded && content.starts_with("Output: ") && is_plain).then_some(0)
}
