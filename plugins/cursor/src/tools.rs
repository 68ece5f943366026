//! Tool calls: what they edit, read and run. The names and arguments of all stores and versions.

use lore_plugin_sdk::{Edit, ToolUse, json, patch, shell};
use serde_json::Value;

use crate::field;

const PATHS: [&str; 8] = [
    "file_path",
    "path",
    "target_file",
    "targetFile",
    "target_notebook",
    "relativeWorkspacePath",
    "relative_workspace_path",
    "filePath",
];

const DIRECTORIES: [&str; 3] = ["target_directory", "targetDirectory", "directory"];

/// What a tool does, as far as that matters here.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Shell,
    Write,
    Replace,
    Patch,
    Delete,
    Notebook,
    /// The call only sketches what becomes of the file; the result tells.
    Apply,
    Read,
    Search,
    Other,
}

/// What the tool of a name does: `StrReplace`, `search_replace` and `edit_file_v2` are alike.
pub(crate) fn kind(name: &str) -> Kind {
    let plain = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>();
    let plain = plain.to_ascii_lowercase();
    match plain.strip_suffix("v2").unwrap_or(&plain) {
        "shell" | "bash" | "terminal" | "runterminalcmd" | "runterminalcommand" => Kind::Shell,
        "write" | "writefile" | "createfile" => Kind::Write,
        "strreplace" | "searchreplace" | "edit" | "multiedit" | "multistrreplace" => Kind::Replace,
        "applypatch" => Kind::Patch,
        "delete" | "deletefile" => Kind::Delete,
        "editnotebook" => Kind::Notebook,
        "editfile" | "reapply" => Kind::Apply,
        "read" | "readfile" => Kind::Read,
        "grep" | "grepsearch" | "ripgrep" | "ripgreprawsearch" | "glob" | "globfilesearch"
        | "ls" | "listdir" => Kind::Search,
        _ => Kind::Other,
    }
}

/// The name of a tool that is only numbered.
pub(crate) fn name(tool: &Value) -> Option<String> {
    if let Some(name) = tool.as_str() {
        return Some(name.to_owned());
    }
    Some(match tool.as_i64()? {
        3 => "grep_search".into(),
        5 | 40 => "read_file".into(),
        6 | 39 => "list_dir".into(),
        7 => "edit_file".into(),
        9 => "codebase_search".into(),
        11 => "delete_file".into(),
        15 => "run_terminal_cmd".into(),
        38 => "search_replace".into(),
        41 => "grep".into(),
        42 => "glob_file_search".into(),
        number => format!("tool {number}"),
    })
}

/// A call. `input` is what the model wrote, `more` what Cursor made of it.
pub(crate) fn tool_use(id: String, name: String, input: &Value, more: &Value) -> ToolUse {
    let kind = kind(&name);
    let shown = if input.is_null() { more } else { input };
    let mut tool = ToolUse {
        id,
        name,
        input: json::compact_elided(shown.clone()),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    let either = |names: &[&str]| field(input, names).or_else(|| field(more, names));
    let path = either(&PATHS);
    match (kind, path) {
        (Kind::Shell, _) => run(&mut tool, &either),
        (Kind::Write, Some(path)) => {
            let text = ["contents", "content", "file_text", "code_edit"]
                .iter()
                .find_map(|name| input[*name].as_str());
            tool.edits.extend(text.map(|text| Edit::create(path, text)));
        }
        (Kind::Replace, Some(path)) => {
            tool.edits.extend(replacement(path, input));
            let several = input["edits"].as_array().into_iter().flatten();
            tool.edits.extend(several.filter_map(|edit| replacement(path, edit)));
        }
        (Kind::Patch, path) => {
            let text = input.as_str().or_else(|| either(&["patch", "input", "patchText"]));
            let text = text.unwrap_or_default();
            tool.edits = patch::edits(text);
            if let Some(path) = path.filter(|_| tool.edits.is_empty()) {
                tool.edits = patch::unified(path, text);
            }
        }
        (Kind::Delete, Some(path)) => tool.edits.push(Edit::delete(path, None)),
        (Kind::Notebook, Some(path)) => {
            let after = input["new_string"].as_str();
            let before = input["old_string"].as_str();
            if let (Some(before), Some(after)) = (before, after) {
                tool.edits.push(Edit::replace(path, before, after));
            }
        }
        (Kind::Read, Some(path)) => tool.reads.push(path.to_owned()),
        (Kind::Search, _) => {
            tool.reads.extend(either(&DIRECTORIES).or(path).map(str::to_owned));
        }
        _ => {}
    }
    tool
}

/// The path that a call names, for the edits that its result tells of.
pub(crate) fn path<'a>(input: &'a Value, more: &'a Value) -> Option<&'a str> {
    field(input, &PATHS).or_else(|| field(more, &PATHS))
}

fn run<'a>(tool: &mut ToolUse, either: &impl Fn(&[&str]) -> Option<&'a str>) {
    let Some(command) = either(&["command"]) else { return };
    tool.edits = shell::edits(command);
    tool.reads = shell::reads(command);
    tool.command = Some(command.to_owned());
    if let Some(directory) = either(&["working_directory", "workingDirectory", "cwd"]) {
        let join = |path: &mut String| {
            let is_absolute =
                path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
            if !is_absolute {
                *path = format!("{}/{path}", directory.trim_end_matches('/'));
            }
        };
        for Edit { path, to, .. } in &mut tool.edits {
            join(path);
            to.iter_mut().for_each(join);
        }
        tool.reads.iter_mut().for_each(join);
    }
}

/// With nothing to replace, the tool makes the file.
fn replacement(path: &str, edit: &Value) -> Option<Edit> {
    let text = |names: [&str; 2]| names.iter().find_map(|name| edit[*name].as_str());
    let after = text(["new_string", "new_str"])?;
    Some(match text(["old_string", "old_str"])? {
        "" => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn edits(name: &str, input: Value) -> Vec<Edit> {
        tool_use("1".into(), name.into(), &input, &Value::Null).edits
    }

    #[test]
    fn every_editing_tool_tells_its_edits() {
        let replaced = [Edit::replace("a.rs", "one", "two")];
        let replace = json!({"file_path": "a.rs", "old_string": "one", "new_string": "two"});
        assert_eq!(edits("search_replace", replace.clone()), replaced);
        assert_eq!(edits("StrReplace", replace), replaced);
        let several =
            json!({"path": "a.rs", "edits": [{"old_string": "one", "new_string": "two"}]});
        assert_eq!(edits("MultiEdit", several), replaced);
        assert_eq!(
            edits("StrReplace", json!({"path": "b", "old_string": "", "new_string": "new"})),
            [Edit::create("b", "new")]
        );
        assert_eq!(
            edits("Write", json!({"path": "b", "contents": "new"})),
            [Edit::create("b", "new")]
        );
        assert_eq!(edits("Delete", json!({"path": "b"})), [Edit::delete("b", None)]);
        assert_eq!(edits("delete_file", json!({"target_file": "b"})), [Edit::delete("b", None)]);
        let patch = "*** Begin Patch\n*** Update File: a.rs\n@@\n-one\n+two\n*** End Patch";
        let patched = [Edit::replace("a.rs", "one\n", "two\n")];
        assert_eq!(edits("ApplyPatch", json!(patch)), patched);
        assert_eq!(edits("apply_patch", json!({"patch": patch})), patched);
        let unified = json!({"file_path": "a.rs", "patch": "@@ -1 +1 @@\n-one\n+two\n"});
        assert_eq!(edits("apply_patch", unified), patched);
        let cell = json!({"target_notebook": "n", "old_string": "", "new_string": "x = 1"});
        assert_eq!(edits("EditNotebook", cell), [Edit::replace("n", "", "x = 1")]);
        assert_eq!(edits("edit_file", json!({"target_file": "a.rs", "code_edit": "…"})), []);
    }

    #[test]
    fn commands_are_placed_in_their_directory() {
        let input = json!({"command": "cat notes.md", "working_directory": "/home/ada/kite"});
        let tool = tool_use("1".into(), "Shell".into(), &input, &Value::Null);
        assert_eq!(tool.command.as_deref(), Some("cat notes.md"));
        assert_eq!(tool.reads, ["/home/ada/kite/notes.md"]);
    }
}
