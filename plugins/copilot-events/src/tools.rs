//! Calls of the agent's tools: what they edit, read and run.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, json, patch, shell};
use serde_json::Value;

/// A call of the tool `name`. Arguments are an object, or a string that holds one.
pub fn tool_use(id: &str, name: &str, arguments: &Value) -> ToolUse {
    let decoded = arguments.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let arguments = decoded.as_ref().unwrap_or(arguments);
    let mut call = ToolUse {
        id: id.to_owned(),
        name: name.to_owned(),
        input: json::compact_elided(arguments.clone()),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let text = |name: &str| arguments[name].as_str();
    let path = text("path").or(text("filePath"));
    match name {
        "bash" | "shell" | "local_shell" | "powershell" | "run_in_terminal" => {
            call.command = text("command").map(str::to_owned);
            // PowerShell's here-strings are no heredocs.
            if let Some(command) = &call.command
                && name != "powershell"
            {
                call.edits = shell::edits(command);
                call.reads = shell::reads(command);
            }
        }
        "apply_patch" => {
            let patch = arguments.as_str().or(text("input")).or(text("patch"));
            call.edits = patch.map(patch::edits).unwrap_or_default();
        }
        "view" | "read_file" | "grep" | "glob" | "rg" | "list_dir" | "copilot_readFile" => {
            call.reads.extend(path.map(str::to_owned));
        }
        "create" | "create_file" | "write" | "write_file" => {
            let content = text("file_text").or(text("content"));
            call.edits.extend(path.zip(content).map(|(path, text)| Edit::create(path, text)));
        }
        "edit" | "str_replace" | "replace_string_in_file" | "edit_file" => {
            call.edits.extend(path.and_then(|path| replacement(path, arguments)));
        }
        "multi_replace_string_in_file" => {
            for change in arguments["replacements"].as_array().into_iter().flatten() {
                let path = change["filePath"].as_str().or(path);
                call.edits.extend(path.and_then(|path| replacement(path, change)));
            }
        }
        "insert" => call.edits.extend(path.and_then(|path| insertion(path, arguments))),
        "insert_edit_into_file" => {
            // The code is an outline of the file as it shall be, with comments for what stays.
            call.edits.extend(path.zip(text("code")).map(|(path, code)| part(path, code)));
        }
        "str_replace_editor" => match (text("command"), path) {
            (Some("view"), Some(path)) => call.reads.push(path.to_owned()),
            (Some("create"), Some(path)) => {
                call.edits.extend(text("file_text").map(|text| Edit::create(path, text)));
            }
            (Some("str_replace"), Some(path)) => call.edits.extend(replacement(path, arguments)),
            (Some("insert"), Some(path)) => call.edits.extend(insertion(path, arguments)),
            _ => {}
        },
        _ => {}
    }
    call
}

/// The exit status that the last line of a result tells: `<exited with exit code 1>`, or `Command
/// exited with code 1`.
pub fn exit_status(content: &str) -> Option<i32> {
    let line = content.trim_end().lines().next_back()?.trim_end_matches(['>', '.']);
    let code = ["exited with exit code ", "completed with exit code ", "exited with code "]
        .iter()
        .find_map(|words| line.rsplit_once(words))?;
    code.1.trim().parse().ok()
}

/// With nothing to replace, the tool makes the file.
fn replacement(path: &str, arguments: &Value) -> Option<Edit> {
    let text = |names: [&str; 3]| names.iter().find_map(|name| arguments[*name].as_str());
    let before = text(["old_str", "oldString", "old_string"])?;
    let after = text(["new_str", "newString", "new_string"]).unwrap_or_default();
    Some(match before {
        "" => Edit::create(path, after),
        _ => Edit::replace(path, before, after),
    })
}

fn insertion(path: &str, arguments: &Value) -> Option<Edit> {
    let text = arguments["new_str"].as_str().or(arguments["insert_text"].as_str())?;
    Some(Edit::replace(path, "", text))
}

/// A text that is in the file afterwards, in the place of one that is not told.
fn part(path: &str, after: &str) -> Edit {
    Edit { kind: EditKind::Replace, ..Edit::create(path, after) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_editing_tool_has_its_edits() {
        let call = |name, arguments| tool_use("1", name, &arguments).edits;
        let create = [Edit::create("a", "text")];
        assert_eq!(call("create", json!({"path": "a", "file_text": "text"})), create);
        assert_eq!(call("create_file", json!({"filePath": "a", "content": "text"})), create);
        let by_string = json!("{\"path\": \"a\", \"file_text\": \"text\"}");
        assert_eq!(call("create", by_string), create);
        let replace = [Edit::replace("a", "one", "two")];
        assert_eq!(call("edit", json!({"path": "a", "old_str": "one", "new_str": "two"})), replace);
        let arguments = json!({"filePath": "a", "oldString": "one", "newString": "two"});
        assert_eq!(call("replace_string_in_file", arguments.clone()), replace);
        let several = json!({"explanation": "why", "replacements": [arguments]});
        assert_eq!(call("multi_replace_string_in_file", several), replace);
        let editor = |command| {
            json!({
                "command": command, "path": "a", "file_text": "text",
                "old_str": "one", "new_str": "two", "insert_line": 3,
            })
        };
        assert_eq!(call("str_replace_editor", editor("create")), create);
        assert_eq!(call("str_replace_editor", editor("str_replace")), replace);
        let inserted = [Edit::replace("a", "", "two")];
        assert_eq!(call("str_replace_editor", editor("insert")), inserted);
        assert_eq!(call("str_replace_editor", editor("undo_edit")), []);
        let patch = "*** Begin Patch\n*** Add File: a\n+text\n*** End Patch";
        assert_eq!(call("apply_patch", json!({ "input": patch })), [Edit::create("a", "text\n")]);
        assert_eq!(call("apply_patch", json!(patch)), [Edit::create("a", "text\n")]);
        assert_eq!(call("edit", json!({"path": 1})), []);
        assert_eq!(call("create", json!(null)), []);
    }

    #[test]
    fn what_is_read_and_run_is_told() {
        let call = tool_use("1", "bash", &json!({"command": "cat a"}));
        assert_eq!((call.command.as_deref(), call.reads), (Some("cat a"), vec!["a".to_owned()]));
        let call = tool_use("1", "powershell", &json!({"command": "cat a"}));
        assert_eq!((call.command.as_deref(), call.reads.len()), (Some("cat a"), 0));
        assert_eq!(tool_use("1", "view", &json!({"path": "a"})).reads, ["a"]);
    }

    #[test]
    fn the_exit_status_stands_at_the_end() {
        assert_eq!(exit_status("a\n<exited with exit code 0>"), Some(0));
        assert_eq!(exit_status("<command with shellId: 1 completed with exit code 2>\n"), Some(2));
        assert_eq!(exit_status("Command exited with code 255"), Some(255));
        assert_eq!(exit_status("exited with exit code 1\nlater"), None);
        assert_eq!(exit_status(""), None);
    }
}
