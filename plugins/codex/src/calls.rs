//! Tool calls: what they ran, wrote and read.

use std::borrow::Cow;

use lore_plugin_sdk::{Edit, ToolUse, patch, shell};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::record::{self, Item, Raw};

/// Arguments of the tools that are known.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Arguments<'a> {
    #[serde(borrow)]
    command: Raw<'a>,
    #[serde(borrow)]
    cmd: Raw<'a>,
    #[serde(borrow)]
    workdir: Raw<'a>,
    #[serde(borrow)]
    working_directory: Raw<'a>,
    #[serde(borrow)]
    patch: Raw<'a>,
    #[serde(borrow)]
    input: Raw<'a>,
    #[serde(borrow)]
    path: Raw<'a>,
    #[serde(borrow)]
    file_path: Raw<'a>,
    #[serde(borrow)]
    dir_path: Raw<'a>,
}

/// Tools that run a command.
const SHELLS: [&str; 8] = [
    "shell",
    "shell_command",
    "exec_command",
    "local_shell",
    "container.exec",
    "unified_exec",
    "run_shell_command",
    "bash",
];

/// Tools that read what they name.
const READERS: [&str; 4] = ["read_file", "view_image", "list_dir", "grep_files"];

/// A call of a tool with arguments: JSON, or a string that holds JSON.
pub(crate) fn function(item: &Item<'_>, id: String, directory: Option<&str>) -> ToolUse {
    let name = name(item);
    let written = item.arguments.or(item.input).or(item.action);
    let decoded = record::text(written);
    let json = match &decoded {
        Some(text) => text,
        None => written.map_or("{}", RawValue::get),
    };
    let mut call = tool_use(id, &name, String::new());
    let arguments = serde_json::from_str::<Arguments<'_>>(json).ok();
    if let Some(arguments) = arguments {
        read_arguments(&mut call, &name, &arguments, directory);
        call.input = json.to_owned();
    } else if is_json(json) {
        call.input = json.to_owned();
    } else {
        // What is no JSON is kept as a JSON string.
        call.input = written.map_or("null", RawValue::get).to_owned();
    }
    if call.input.len() > 1024 && call.input.contains(";base64,") {
        call.input = record::elided(&call.input);
    }
    call
}

/// A call of a tool whose input is free text.
pub(crate) fn custom(item: &Item<'_>, id: String) -> ToolUse {
    let name = name(item);
    let mut call = tool_use(id, &name, item.input.map_or("null", RawValue::get).to_owned());
    if name == "apply_patch"
        && let Some(text) = record::text(item.input)
    {
        call.edits = patch::edits(&text);
    }
    call
}

/// A call of which nothing but its JSON is known.
pub(crate) fn opaque(name: &str, id: String, input: String) -> ToolUse {
    tool_use(id, name, input)
}

/// A command that an event tells of.
pub(crate) fn command(item: &Item<'_>, id: String, directory: Option<&str>) -> ToolUse {
    let arguments = Arguments { command: item.command, workdir: item.cwd, ..Arguments::default() };
    let mut call = tool_use(id, "exec_command", String::new());
    read_arguments(&mut call, "exec_command", &arguments, directory);
    call.input = item.command.map_or("null", RawValue::get).to_owned();
    call
}

fn tool_use(id: String, name: &str, input: String) -> ToolUse {
    ToolUse {
        id,
        name: name.to_owned(),
        input,
        edits: Vec::new(),
        reads: Vec::new(),
        command: None,
    }
}

fn name(item: &Item<'_>) -> String {
    #[derive(Deserialize)]
    struct Function<'a> {
        #[serde(borrow, default)]
        name: Raw<'a>,
    }
    record::some_text(item.name)
        .or_else(|| record::some_text(record::fields::<Function<'_>>(item.function)?.name))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn read_arguments(
    call: &mut ToolUse,
    name: &str,
    arguments: &Arguments<'_>,
    directory: Option<&str>,
) {
    if SHELLS.contains(&name) {
        let command = arguments.command.or(arguments.cmd);
        call.command = match record::text(command) {
            Some(command) => Some(command.into_owned()),
            None => command
                .and_then(|list| serde_json::from_str::<Vec<Cow<'_, str>>>(list.get()).ok())
                .map(|list| shell::command(&list)),
        };
        if let Some(command) = &call.command {
            call.edits = shell::edits(command);
            call.reads = shell::reads(command);
        }
    } else if name == "apply_patch" {
        if let Some(text) = record::text(arguments.patch.or(arguments.input)) {
            call.edits = patch::edits(&text);
        }
    } else if READERS.contains(&name) {
        let path = arguments.file_path.or(arguments.path).or(arguments.dir_path);
        call.reads.extend(record::some_text(path));
    }
    let workdir = record::text(arguments.workdir.or(arguments.working_directory));
    if let Some(workdir) = workdir.filter(|workdir| {
        !workdir.is_empty() && workdir != "." && Some(workdir.as_ref()) != directory
    }) {
        place_in(&workdir, call);
    }
}

/// Joins the paths of a call to the directory that it ran in, if that is not the message's.
fn place_in(workdir: &str, call: &mut ToolUse) {
    let join = |path: &mut String| {
        let is_absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
        if !is_absolute {
            *path = format!("{}/{path}", workdir.trim_end_matches('/'));
        }
    };
    for Edit { path, to, .. } in &mut call.edits {
        join(path);
        to.iter_mut().for_each(join);
    }
    call.reads.iter_mut().for_each(join);
}
