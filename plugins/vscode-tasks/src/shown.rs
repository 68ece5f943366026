//! Tool calls as the person was shown them, in `ui_messages.json`: where nothing else tells them.
//!
//! The names are those that the model called the tools by, as far as the entry tells.

use lore_plugin_sdk::{Edit, ToolUse};
use serde_json::{Value, json};

use crate::entry::Entry;
use crate::{search_replace, tools};

/// The call that an entry shows.
pub(crate) fn call(entry: &Entry, id: String) -> ToolUse {
    match entry.kind.as_str() {
        "command" => {
            let input = json!({"command": entry.text});
            tools::call(id, "execute_command", &input, !entry.is_partial)
        }
        "tool" => tool(entry, id),
        "use_mcp_server" => {
            let input = input_of(entry);
            let is_resource = input["type"] == "access_mcp_resource";
            let name = if is_resource { "access_mcp_resource" } else { "use_mcp_tool" };
            tools::opaque(id, name, &input)
        }
        "browser_action_launch" => {
            let input = json!({"action": "launch", "url": entry.text});
            tools::opaque(id, "browser_action", &input)
        }
        kind => tools::opaque(id, kind, &input_of(entry)),
    }
}

/// The entry's text if it is JSON, or else as a string.
fn input_of(entry: &Entry) -> Value {
    match entry.text.trim() {
        "" => json!({}),
        text => serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)),
    }
}

fn tool(entry: &Entry, id: String) -> ToolUse {
    let input = input_of(entry);
    let text = |name: &str| input[name].as_str();
    let shown = text("tool").unwrap_or("tool");
    let content = text("content").filter(|content| !content.is_empty());
    let diff = text("diff").filter(|diff| !diff.is_empty());
    let name = match shown {
        "readFile" => "read_file",
        "newFileCreated" => "write_to_file",
        "editedExistingFile" if content.or(diff).is_some_and(search_replace::has_blocks) => {
            "replace_in_file"
        }
        "editedExistingFile" => "write_to_file",
        "appliedDiff" => "apply_diff",
        "insertContent" => "insert_content",
        "searchAndReplace" => "search_and_replace",
        "fileDeleted" | "deleteFile" => "delete_file",
        "listFilesTopLevel" | "listFilesRecursive" => "list_files",
        "listCodeDefinitionNames" => "list_code_definition_names",
        "searchFiles" => "search_files",
        "codebaseSearch" => "codebase_search",
        "webFetch" => "web_fetch",
        "webSearch" => "web_search",
        "fetchInstructions" => "fetch_instructions",
        "updateTodoList" => "update_todo_list",
        "switchMode" => "switch_mode",
        "newTask" => "new_task",
        "summarizeTask" => "summarize_task",
        "useSkill" => "use_skill",
        other => other,
    };
    let mut tool = tools::opaque(id, name, &input);
    let path = text("path").filter(|path| !path.is_empty());
    match (name, path) {
        // What is still being written is not certain.
        _ if entry.is_partial => {}
        ("read_file", _) => tool.reads = reads(&input),
        (
            "list_files" | "search_files" | "list_code_definition_names" | "codebase_search",
            path,
        ) => {
            tool.reads.extend(path.map(str::to_owned));
        }
        ("delete_file", Some(path)) => tool.edits.push(Edit::delete(path, None)),
        ("insert_content", Some(path)) => match (diff, content) {
            (Some(diff), _) if diff.contains("@@ ") => {
                tool.edits = tools::edits_of_text(path, diff);
            }
            (_, content) => {
                tool.edits.extend(content.map(|content| Edit::replace(path, "", content)));
            }
        },
        ("apply_diff", Some(path)) => {
            // Of a few words in place of the diff nothing can be told.
            let is_diff = |text: &&str| search_replace::has_blocks(text) || text.contains("@@ ");
            if let Some(diff) = [diff, content].into_iter().flatten().find(is_diff) {
                tool.edits = tools::edits_of_text(path, diff);
            }
        }
        ("search_and_replace", Some(path)) => {
            tool.edits = diff.or(content).map_or_else(Vec::new, |diff| {
                if diff.contains("@@ ") { tools::edits_of_text(path, diff) } else { Vec::new() }
            });
        }
        ("write_to_file" | "replace_in_file", Some(path)) => {
            if let Some(text) = content.or(diff) {
                tool.edits = tools::edits_of_text(path, text);
            }
        }
        _ => {}
    }
    for file in input["batchDiffs"].as_array().into_iter().flatten() {
        tool.edits.extend(batch_edits(file));
    }
    tool
}

fn reads(input: &Value) -> Vec<String> {
    let path = |value: &Value| value["path"].as_str().map(str::to_owned);
    match input["batchFiles"].as_array() {
        Some(files) if !files.is_empty() => files.iter().filter_map(path).collect(),
        _ => path(input).into_iter().collect(),
    }
}

fn batch_edits(file: &Value) -> Vec<Edit> {
    let Some(path) = file["path"].as_str() else { return Vec::new() };
    let diffs = file["diffs"].as_array().into_iter().flatten();
    let blocks: Vec<Edit> = diffs
        .filter_map(|diff| diff["content"].as_str())
        .flat_map(|diff| search_replace::edits(path, diff))
        .collect();
    match file["content"].as_str() {
        Some(content) if blocks.is_empty() && content.contains("@@ ") => {
            tools::edits_of_text(path, content)
        }
        _ => blocks,
    }
}
