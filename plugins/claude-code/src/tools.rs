//! Tool calls: what they edit, read and run, and how commands ended.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, shell};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::record::Text;

/// The arguments of all tools that are understood.
#[derive(Deserialize, Default)]
struct Input<'a> {
    #[serde(borrow)]
    file_path: Option<Text<'a>>,
    notebook_path: Option<Text<'a>>,
    path: Option<Text<'a>>,
    content: Option<String>,
    old_string: Option<String>,
    new_string: Option<String>,
    #[serde(default)]
    edits: Vec<Replacement>,
    new_source: Option<String>,
    edit_mode: Option<Text<'a>>,
    command: Option<String>,
}

#[derive(Deserialize)]
struct Replacement {
    old_string: Option<String>,
    new_string: Option<String>,
}

/// A call of the tool `name`. Arguments of an unexpected shape stay in `input` alone.
pub(crate) fn tool_use(id: String, name: String, json: &str) -> ToolUse {
    let is_understood = matches!(
        name.as_str(),
        "Write"
            | "Edit"
            | "MultiEdit"
            | "NotebookEdit"
            | "Read"
            | "NotebookRead"
            | "Grep"
            | "Glob"
            | "LS"
            | "Bash"
            | "bash"
            | "PowerShell"
    );
    let input: Input<'_> = match is_understood {
        true => serde_json::from_str(json).unwrap_or_default(),
        false => Input::default(),
    };
    let mut tool = ToolUse {
        id,
        name,
        input: json.to_owned(),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    match tool.name.as_str() {
        "Write" => {
            if let (Some(path), Some(content)) = (input.file_path, input.content) {
                tool.edits.push(Edit::create(path, content));
            }
        }
        "Edit" => {
            if let Some(path) = &input.file_path {
                tool.edits.extend(replacement(path, input.old_string, input.new_string));
            }
        }
        "MultiEdit" => {
            if let Some(path) = &input.file_path {
                let edits = input.edits.into_iter();
                tool.edits = edits
                    .filter_map(|edit| replacement(path, edit.old_string, edit.new_string))
                    .collect();
            }
        }
        "NotebookEdit" => tool.edits.extend(cell(input)),
        "Read" => tool.reads.extend(input.file_path.map(String::from)),
        "NotebookRead" => tool.reads.extend(input.notebook_path.map(String::from)),
        "Grep" | "Glob" | "LS" => tool.reads.extend(input.path.map(String::from)),
        _ => {
            // PowerShell's here-strings are no heredocs.
            if let Some(command) = input.command.as_deref()
                && tool.name != "PowerShell"
            {
                tool.edits = shell::edits(command);
                tool.reads = shell::reads(command);
            }
            tool.command = input.command;
        }
    }
    tool
}

/// With nothing to replace, the tool makes the file.
fn replacement(path: &str, before: Option<String>, after: Option<String>) -> Option<Edit> {
    let after = after?;
    Some(match before? {
        before if before.is_empty() => Edit::create(path, after),
        before => Edit::replace(path, before, after),
    })
}

/// A cell of a notebook: the call names it, but does not say what stood in it.
fn cell(input: Input<'_>) -> Option<Edit> {
    let (before, after) = match input.edit_mode.as_deref() {
        Some("insert") => (Some(String::new()), input.new_source?),
        Some("delete") => (None, String::new()),
        _ => (None, input.new_source?),
    };
    Some(Edit {
        path: input.notebook_path?.into(),
        kind: EditKind::Replace,
        before,
        after: Some(after),
        to: None,
    })
}

/// The exit status of a command, where the result tells it: a failed one begins with it, and one
/// that came to its end without a word about its status succeeded.
pub(crate) fn exit_status(
    content: &str,
    is_error: bool,
    outcome: Option<&RawValue>,
) -> Option<i32> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Ran {
        stdout: Option<IgnoredAny>,
        interrupted: Option<bool>,
        #[serde(rename = "is_error")]
        is_error: Option<bool>,
        /// Why a status other than 0 is no failure: `grep` found nothing, say.
        return_code_interpretation: Option<IgnoredAny>,
        /// It still runs.
        background_task_id: Option<IgnoredAny>,
    }
    let content = content.strip_prefix("Error: ").unwrap_or(content);
    if let Some(rest) = content.strip_prefix("Exit code ") {
        return rest.split_ascii_whitespace().next()?.parse().ok();
    }
    let ran: Ran = serde_json::from_str(outcome?.get()).ok()?;
    let succeeded = ran.stdout.is_some()
        && !is_error
        && ran.is_error != Some(true)
        && ran.interrupted != Some(true)
        && ran.return_code_interpretation.is_none()
        && ran.background_task_id.is_none();
    succeeded.then_some(0)
}
