//! Tool calls as the model made them: what they edit, read and run.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, json, patch, shell};
use serde_json::{Map, Value};

use crate::search_replace;

/// A call of which nothing but its JSON is known.
pub(crate) fn opaque(id: String, name: &str, input: &Value) -> ToolUse {
    ToolUse {
        id,
        name: name.to_owned(),
        input: json::compact_elided(input.clone()),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    }
}

/// A call of the tool `name`. Arguments of an unexpected shape stay in `input` alone, as do those
/// of a call that was cut off.
pub(crate) fn call(id: String, name: &str, input: &Value, is_complete: bool) -> ToolUse {
    let mut tool = opaque(id, name, input);
    let Value::Object(fields) = input else { return tool };
    if !is_complete {
        return tool;
    }
    let arguments = Arguments(fields);
    match name {
        "execute_command" => run(&mut tool, &arguments),
        "read_file"
        | "simple_read_file"
        | "list_files"
        | "search_files"
        | "codebase_search"
        | "list_code_definition_names" => tool.reads = reads(&arguments),
        _ => tool.edits = edits(name, &arguments),
    }
    tool
}

/// A command with what it certainly does to files.
pub(crate) fn command(tool: &mut ToolUse, command: String, directory: Option<&str>) {
    tool.edits = shell::edits(&command);
    tool.reads = shell::reads(&command);
    tool.command = Some(command);
    let Some(directory) = directory.filter(|directory| !matches!(*directory, "" | ".")) else {
        return;
    };
    let join = |path: &mut String| {
        let is_absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
        if !is_absolute {
            *path = format!("{}/{path}", directory.trim_end_matches(['/', '\\']));
        }
    };
    tool.edits.iter_mut().for_each(|edit| join(&mut edit.path));
    tool.reads.iter_mut().for_each(join);
}

/// The edits that a text describes: SEARCH/REPLACE blocks, a patch, hunks of a unified diff, or the
/// whole file.
pub(crate) fn edits_of_text(path: &str, text: &str) -> Vec<Edit> {
    if search_replace::has_blocks(text) {
        search_replace::edits(path, text)
    } else if text.contains("*** Begin Patch") {
        patch::edits(text)
    } else if text.lines().any(|line| line.starts_with("@@ ")) {
        patch::unified(path, text)
    } else {
        vec![Edit::create(path, text)]
    }
}

struct Arguments<'a>(&'a Map<String, Value>);

impl<'a> Arguments<'a> {
    /// The first of these that is a text.
    fn text(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.0.get(*name)?.as_str())
    }

    fn path(&self) -> Option<&'a str> {
        let path = self.text(&["path", "file_path", "absolutePath", "target_file"])?.trim();
        (!path.is_empty()).then_some(path)
    }

    /// The objects of a list, that may stand in a text as JSON.
    fn objects(&self, name: &str) -> Vec<Map<String, Value>> {
        let list = match self.0.get(name) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(value) => value.clone(),
            None => Value::Null,
        };
        let Value::Array(items) = list else { return Vec::new() };
        let object = |item| match item {
            Value::Object(fields) => Some(fields),
            _ => None,
        };
        items.into_iter().filter_map(object).collect()
    }
}

fn run(tool: &mut ToolUse, arguments: &Arguments<'_>) {
    if let Some(text) = arguments.text(&["command"]) {
        command(tool, text.to_owned(), arguments.text(&["cwd"]));
    }
}

fn reads(arguments: &Arguments<'_>) -> Vec<String> {
    let mut reads: Vec<String> = arguments.path().map(str::to_owned).into_iter().collect();
    for file in arguments.objects("files") {
        reads.extend(Arguments(&file).path().map(str::to_owned));
    }
    let in_elements = arguments.text(&["args", "files"]).unwrap_or_default();
    reads.extend(elements(in_elements, "path").map(|path| path.trim().to_owned()));
    reads
}

fn edits(name: &str, arguments: &Arguments<'_>) -> Vec<Edit> {
    let path = arguments.path();
    match name {
        "apply_patch" | "edit_file_codex" => {
            arguments.text(&["patch", "input"]).map(patch::edits).unwrap_or_default()
        }
        "replace_in_file" | "apply_diff" | "edit_file_roo" => match path {
            Some(path) => {
                let diff = arguments.text(&["diff"]).unwrap_or_default();
                search_replace::edits(path, diff)
            }
            None => of_files(arguments.text(&["args"]).unwrap_or_default()),
        },
        "write_to_file" | "write_file" | "new_rule" => both(path, arguments.text(&["content"]))
            .map(|(path, content)| Edit::create(path, content))
            .into_iter()
            .collect(),
        "insert_content" | "append_to_file" => both(path, arguments.text(&["content"]))
            .map(|(path, content)| Edit::replace(path, "", content))
            .into_iter()
            .collect(),
        "delete_file" => path.map(|path| Edit::delete(path, None)).into_iter().collect(),
        "search_and_replace" | "edit_file_anthropic" => path.map_or_else(Vec::new, |path| {
            let mut edits: Vec<Edit> = ["edits", "operations"]
                .iter()
                .flat_map(|name| arguments.objects(name))
                .filter_map(|fields| replacement(path, &Arguments(&fields)))
                .collect();
            edits.extend(replacement(path, arguments));
            edits
        }),
        "search_replace" | "edit_file" | "edit" | "edit_file_grok" | "edit_file_gemini"
        | "fast_edit_file" => path.map_or_else(Vec::new, |path| {
            let sketch = || {
                // The rest of the file is left out of it, so what was replaced is not known.
                Some(Edit {
                    path: path.to_owned(),
                    kind: EditKind::Replace,
                    before: None,
                    after: Some(arguments.text(&["code_edit"])?.to_owned()),
                    to: None,
                })
            };
            replacement(path, arguments).or_else(sketch).into_iter().collect()
        }),
        _ => Vec::new(),
    }
}

fn both<'a>(path: Option<&'a str>, text: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    Some((path?, text?))
}

/// With nothing to replace, the file is made. What a regular expression found is not known.
fn replacement(path: &str, arguments: &Arguments<'_>) -> Option<Edit> {
    let before = arguments.text(&["old_string", "old_text", "old_str", "search"])?;
    let after = arguments.text(&["new_string", "new_text", "new_str", "replace"])?;
    let by_expression = arguments.text(&["use_regex"]) == Some("true")
        || arguments.0.get("use_regex") == Some(&Value::Bool(true));
    Some(match before {
        "" => Edit::create(path, after),
        _ if by_expression => Edit { before: None, ..Edit::replace(path, before, after) },
        _ => Edit::replace(path, before, after),
    })
}

/// The edits of several files: `<file><path>…</path><diff><content>…</content></diff></file>`.
fn of_files(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for file in elements(text, "file") {
        let Some(path) = elements(file, "path").next() else { continue };
        for content in elements(file, "content") {
            let content = content.trim();
            let content = content.strip_prefix("<![CDATA[").unwrap_or(content);
            let content = content.strip_suffix("]]>").unwrap_or(content);
            edits.extend(search_replace::edits(path.trim(), content));
        }
    }
    edits
}

/// What stands inside of each element of this name.
pub(crate) fn elements<'a>(text: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, inside) = rest.split_once(open.as_str())?;
        let (inside, after) = inside.split_once(close.as_str())?;
        rest = after;
        Some(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(name: &str, input: Value, expected: &[Edit]) {
        assert_eq!(call("1".into(), name, &input, true).edits, expected, "{name} {input}");
        assert_eq!(call("1".into(), name, &input, false).edits, [], "{name} cut off");
    }

    #[test]
    fn every_editing_tool_tells_its_edits() {
        let blocks = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE";
        let replaced = [Edit::replace("f", "a", "b")];
        check("write_to_file", json!({"path": "f", "content": "x"}), &[Edit::create("f", "x")]);
        check("write_to_file", json!({"path": " ", "content": "x"}), &[]);
        for name in ["replace_in_file", "apply_diff"] {
            let edit = [Edit::replace("f", "a\n", "b\n")];
            check(name, json!({"path": "f", "diff": blocks}), &edit);
        }
        let files = format!(
            "<file><path>f</path><diff><content>\n{blocks}\n</content><start_line>1</start_line></diff></file>"
        );
        check("apply_diff", json!({"args": files}), &[Edit::replace("f", "a\n", "b\n")]);
        check(
            "insert_content",
            json!({"path": "f", "content": "x"}),
            &[Edit::replace("f", "", "x")],
        );
        check("delete_file", json!({"path": "f"}), &[Edit::delete("f", None)]);
        check("search_and_replace", json!({"path": "f", "search": "a", "replace": "b"}), &replaced);
        let edits = json!({"path": "f", "edits": [{"old_text": "a", "new_text": "b"}, 1]});
        check("search_and_replace", edits, &replaced);
        let operations =
            json!({"path": "f", "operations": "[{\"search\": \"a\", \"replace\": \"b\"}]"});
        check("search_and_replace", operations, &replaced);
        let expression = json!({"path": "f", "search": "a+", "replace": "b", "use_regex": "true"});
        let unknown = Edit { before: None, ..Edit::replace("f", "", "b") };
        check("search_and_replace", expression, &[unknown]);
        let strings = json!({"file_path": "f", "old_string": "a", "new_string": "b"});
        check("edit_file", strings.clone(), &replaced);
        check("search_replace", strings, &replaced);
        let made = json!({"file_path": "f", "old_string": "", "new_string": "b"});
        check("edit_file", made, &[Edit::create("f", "b")]);
        let patch = "*** Begin Patch\n*** Delete File: f\n*** End Patch";
        check("apply_patch", json!({"input": patch}), &[Edit::delete("f", None)]);
        let sketch = Edit { before: None, ..Edit::replace("f", "", "b") };
        check("edit_file", json!({"target_file": "f", "code_edit": "b"}), &[sketch]);
        check("browser_action", json!({"action": "launch"}), &[]);
    }

    #[test]
    fn commands_run_in_their_directory() {
        let input = json!({"command": "cat a.txt && cat > b <<'E'\nx\nE", "cwd": "sub/"});
        let tool = call("1".into(), "execute_command", &input, true);
        assert_eq!(tool.command.as_deref(), input["command"].as_str());
        assert_eq!(tool.reads, ["sub/a.txt"]);
        assert_eq!(tool.edits, [Edit::create("sub/b", "x\n")]);
    }

    #[test]
    fn reads_are_named_in_every_way() {
        let reads = |input: Value| call("1".into(), "read_file", &input, true).reads;
        assert_eq!(reads(json!({"path": "a"})), ["a"]);
        assert_eq!(reads(json!({"files": [{"path": "a"}, {"path": "b"}]})), ["a", "b"]);
        assert_eq!(reads(json!({"args": "<file><path>a</path></file>"})), ["a"]);
    }

    #[test]
    fn a_text_shows_which_kind_of_change_it_is() {
        assert_eq!(edits_of_text("f", "all\n"), [Edit::create("f", "all\n")]);
        assert_eq!(
            edits_of_text("f", "@@ -1,1 +1,1 @@\n-a\n+b\n"),
            [Edit::replace("f", "a\n", "b\n")]
        );
    }
}
