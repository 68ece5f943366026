//! Tool calls: what they run, write and read.

use lore_plugin_sdk::{Edit, EditKind, ToolUse, json, patch, shell};
use serde_json::Value;

/// A `toolRequest`.
pub(crate) fn call(mut part: Value) -> ToolUse {
    let mut value = take(&mut take(&mut part, "toolCall"), "value");
    let arguments = take(&mut value, "arguments");
    let mut call = ToolUse {
        id: json::text(&part["id"]).to_owned(),
        name: json::text(&value["name"]).to_owned(),
        input: String::new(),
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    };
    // Tools are named for their extension; other extensions may have tools of the same names.
    let name = call.name.clone();
    match name.split_once("__") {
        Some(("developer", tool)) => read_arguments(&mut call, tool, &arguments),
        Some(_) => {}
        None => read_arguments(&mut call, &name, &arguments),
    }
    call.input = match arguments {
        Value::Null => "{}".to_owned(),
        arguments => json::compact_elided(arguments),
    };
    call
}

fn read_arguments(call: &mut ToolUse, tool: &str, arguments: &Value) {
    let text = |field: &str| arguments[field].as_str();
    let path = text("path").filter(|path| !path.is_empty());
    match (tool, path) {
        ("shell", _) => {
            if let Some(command) = text("command") {
                call.edits = shell::edits(command);
                call.reads = shell::reads(command);
                call.command = Some(command.to_owned());
            }
        }
        ("text_editor", Some(path)) => match text("command") {
            Some("view") => call.reads.push(path.to_owned()),
            Some("write") => {
                call.edits.extend(text("file_text").map(|text| Edit::create(path, text)));
            }
            Some("str_replace") => match (text("old_str"), text("new_str"), text("diff")) {
                (Some(before), after, _) => {
                    call.edits.push(Edit::replace(path, before, after.unwrap_or_default()));
                }
                (None, _, Some(diff)) => call.edits = patch::unified(path, diff),
                (None, _, None) => {}
            },
            Some("insert") => {
                let inserted = text("new_str").or_else(|| text("insert_text"));
                call.edits.extend(inserted.map(|after| Edit::replace(path, "", after)));
            }
            _ => {}
        },
        ("write", Some(path)) => {
            let content = text("content").or_else(|| text("file_text"));
            call.edits.extend(content.map(|content| Edit::create(path, content)));
        }
        ("edit", Some(path)) => {
            let before = text("before").or_else(|| text("old_str"));
            let after = text("after").or_else(|| text("new_str"));
            call.edits.extend(after.map(|after| Edit {
                kind: EditKind::Replace,
                before: before.map(str::to_owned),
                ..Edit::create(path, after)
            }));
        }
        ("tree" | "analyze" | "image_processor" | "read_image", Some(path)) => {
            call.reads.push(path.to_owned());
        }
        _ => {}
    }
}

/// Takes a field out of a value of any shape.
pub(crate) fn take(value: &mut Value, field: &str) -> Value {
    value.get_mut(field).map(Value::take).unwrap_or_default()
}
