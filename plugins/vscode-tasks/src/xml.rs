//! Tool calls that a model writes as elements into its text.
//!
//! ```text
//! I'll create the file.
//! <write_to_file>
//! <path>src/a.rs</path>
//! <content>
//! fn a() {}
//! </content>
//! </write_to_file>
//! ```
//!
//! Only the elements of known tools are calls. What stands in a parameter is not escaped, so it ends
//! at the first closing tag that another parameter or the end of the call follows.

use serde_json::{Map, Value};

/// The tools of Cline, Roo Code and Kilo Code.
const TOOLS: [&str; 46] = [
    "access_mcp_resource",
    "act_mode_respond",
    "append_to_file",
    "apply_diff",
    "apply_patch",
    "ask_followup_question",
    "attempt_completion",
    "browser_action",
    "codebase_search",
    "condense",
    "delete_file",
    "edit_file",
    "execute_command",
    "fast_edit_file",
    "fetch_instructions",
    "generate_explanation",
    "generate_image",
    "insert_code_block",
    "insert_content",
    "list_code_definition_names",
    "list_files",
    "load_mcp_documentation",
    "new_rule",
    "new_task",
    "plan_mode_respond",
    "plan_mode_response",
    "read_command_output",
    "read_file",
    "replace_in_file",
    "report_bug",
    "run_slash_command",
    "search_and_replace",
    "search_files",
    "search_replace",
    "simple_read_file",
    "skill",
    "summarize_task",
    "switch_mode",
    "update_todo_list",
    "use_mcp_tool",
    "use_skill",
    "use_subagents",
    "web_fetch",
    "web_search",
    "write_file",
    "write_to_file",
];

/// Whether a known tool has this name.
pub(crate) fn is_tool(name: &str) -> bool {
    TOOLS.contains(&name)
}

/// A part of a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Thinking(&'a str),
    /// A call; `is_complete` tells whether its end is there.
    Call {
        name: &'a str,
        input: Map<String, Value>,
        is_complete: bool,
    },
}

/// Cuts a text into what is said, thought and called; parts of white space alone are left out.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut said, mut at) = (0, 0);
    while let Some(open) = text[at..].find('<').map(|found| at + found) {
        let Some((name, body)) = tag(&text[open..]) else {
            at = open + 1;
            continue;
        };
        let (part, rest) = match name {
            "thinking" | "think" => thinking(name, body),
            _ if is_tool(name) => call(name, body),
            _ => {
                at = open + 1;
                continue;
            }
        };
        push_text(&mut parts, &text[said..open]);
        parts.push(part);
        at = text.len() - rest.len();
        said = at;
    }
    push_text(&mut parts, &text[said..]);
    parts
}

fn push_text<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

/// The name of the opening tag that the text begins with, and what follows it.
fn tag(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('<')?;
    let end = inside.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))?;
    let rest = inside[end..].strip_prefix('>')?;
    (end > 0).then_some((&inside[..end], rest))
}

fn thinking<'a>(name: &str, body: &'a str) -> (Part<'a>, &'a str) {
    match body.split_once(&format!("</{name}>")) {
        Some((thought, rest)) => (Part::Thinking(thought.trim()), rest),
        None => (Part::Thinking(body.trim()), ""),
    }
}

/// Reads a call from behind its opening tag; returns it and what follows it.
fn call<'a>(name: &'a str, body: &'a str) -> (Part<'a>, &'a str) {
    let close = format!("</{name}>");
    let mut input = Map::new();
    let mut rest = body;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix(&close) {
            return (Part::Call { name, input, is_complete: true }, after);
        }
        if let Some((parameter, value)) = tag(rest) {
            let (value, after) = value_of(parameter, value, &close);
            input.insert(parameter.to_owned(), Value::String(trimmed(parameter, value)));
            match after {
                Some(after) => rest = after,
                None => return (Part::Call { name, input, is_complete: false }, ""),
            }
            continue;
        }
        // Stray words between parameters are passed over.
        match rest.char_indices().skip(1).find(|(_, character)| *character == '<') {
            Some((next, _)) => rest = &rest[next..],
            None => return (Part::Call { name, input, is_complete: false }, ""),
        }
    }
}

/// A parameter's value, and what follows its closing tag; nothing follows if that is missing.
fn value_of<'a>(parameter: &str, text: &'a str, close: &str) -> (&'a str, Option<&'a str>) {
    let end = format!("</{parameter}>");
    let mut first = None;
    let mut at = 0;
    while let Some(found) = text[at..].find(&end).map(|found| at + found) {
        let after = &text[found + end.len()..];
        let next = after.trim_start();
        if next.starts_with(close) || tag(next).is_some_and(|(name, _)| is_parameter(name)) {
            return (&text[..found], Some(after));
        }
        first.get_or_insert((&text[..found], after));
        at = found + end.len();
    }
    match first {
        Some((value, after)) => (value, Some(after)),
        None => (text, None),
    }
}

/// Names of parameters that may follow another one.
fn is_parameter(name: &str) -> bool {
    const PARAMETERS: [&str; 39] = [
        "action",
        "arguments",
        "args",
        "code_edit",
        "command",
        "content",
        "context",
        "coordinate",
        "cwd",
        "diff",
        "end_line",
        "file_pattern",
        "follow_up",
        "ignore_case",
        "instructions",
        "line",
        "line_count",
        "message",
        "mode",
        "mode_slug",
        "operations",
        "options",
        "path",
        "question",
        "reason",
        "recursive",
        "regex",
        "replace",
        "requires_approval",
        "response",
        "result",
        "search",
        "server_name",
        "start_line",
        "task_progress",
        "text",
        "todos",
        "tool_name",
        "url",
    ];
    PARAMETERS.contains(&name)
}

/// Line feeds inside the tags belong to the notation; other white space of a file's text is its own.
fn trimmed(parameter: &str, value: &str) -> String {
    if matches!(parameter, "content" | "diff" | "search" | "replace" | "code_edit") {
        let value = value.strip_prefix("\r\n").or(value.strip_prefix('\n')).unwrap_or(value);
        let value = value.strip_suffix('\n').unwrap_or(value);
        value.strip_suffix('\r').unwrap_or(value).to_owned()
    } else {
        value.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn call(name: &'static str, input: Value, is_complete: bool) -> Part<'static> {
        let Value::Object(input) = input else { panic!("not an object") };
        Part::Call { name, input, is_complete }
    }

    #[test]
    fn calls_stand_between_texts() {
        let text = "<thinking>Hm.</thinking>\nI'll do it.\n\n<write_to_file>\n<path>a.html</path>\n\
            <content>\n  <p>\n</content>\n</p>\n</content>\n<task_progress>- [ ] a</task_progress>\n\
            </write_to_file>\nDone <b>now</b> & <T>.";
        assert_eq!(
            parts(text),
            [
                Part::Thinking("Hm."),
                Part::Text("I'll do it."),
                call(
                    "write_to_file",
                    json!({
                        "path": "a.html",
                        "content": "  <p>\n</content>\n</p>",
                        "task_progress": "- [ ] a",
                    }),
                    true
                ),
                Part::Text("Done <b>now</b> & <T>."),
            ]
        );
    }

    #[test]
    fn a_call_that_is_cut_off_keeps_what_is_there() {
        assert_eq!(
            parts("<write_to_file><path>a</path><content>\nhalf a li"),
            [call("write_to_file", json!({"path": "a", "content": "half a li"}), false)]
        );
        assert_eq!(parts("<read_file>"), [call("read_file", json!({}), false)]);
        assert_eq!(
            parts("<read_file>é file: <path>é</path> </read_file>"),
            [call("read_file", json!({"path": "é"}), true)]
        );
    }

    proptest! {
        #[test]
        fn any_text_is_survived(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("<read_file>"), Just("</read_file>"), Just("<path>"), Just("</path>"), Just("é"),
                    Just("<"), Just(">"), Just("</"), Just("<thinking>"), Just("</thinking>"), Just("\n"),
                    Just("<content>"), Just("</content>"), Just("a b"), Just("<think>"),
                ],
                0..30,
            ),
        ) {
            for part in parts(&pieces.concat()) {
                if let Part::Text(text) = part {
                    prop_assert!(!text.trim().is_empty());
                }
            }
        }

        #[test]
        fn what_is_written_is_read(content in "([a-z<>/é ]{0,9}\n){0,4}[a-z]", path in "[a-z/.]{1,9}") {
            let text = format!(
                "<write_to_file>\n<path>{path}</path>\n<content>\n{content}\n</content>\n</write_to_file>"
            );
            let expected = call("write_to_file", json!({"path": path, "content": content}), true);
            prop_assert_eq!(parts(&text), [expected]);
        }
    }
}
