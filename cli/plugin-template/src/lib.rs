//! Reads the sessions of My Tool.
//!
//! The format is invented, to have something that works: one JSON object a line.
//!
//! ```text
//! {"kind":"start","id":"8d1f","time":"2026-01-05T09:00:00Z","directory":"/home/ada/kettle"}
//! {"kind":"user","time":"2026-01-05T09:00:10Z","text":"Why does it whistle?"}
//! {"kind":"assistant","time":"2026-01-05T09:00:20Z","text":"The lid is loose.","model":"m-1"}
//! {"kind":"edit","time":"2026-01-05T09:00:30Z","path":"lid.rs","before":"loose","after":"tight"}
//! {"kind":"heartbeat"}
//! ```
//!
//! Put your tool's format in its place.

use lore_plugin_sdk::{json, prelude::*, time};
use serde_json::Value;

/// The plugin: what it is, where the tool's files lie, and what becomes of each line.
pub struct Plugin;

impl Watcher for Plugin {
    /// What must be known to read the next line: here the session's id. Lore keeps it, so that a
    /// file that has grown is read on where it ended.
    type State = String;

    fn info() -> WatcherInfo {
        WatcherInfo::new("my-tool", "My Tool", env!("CARGO_PKG_VERSION")).location(
            // Where the tool keeps its files. For a real one write a place in the home directory,
            // such as "~/.my-tool"; this is the sample beside this crate.
            concat!(env!("CARGO_MANIFEST_DIR"), "/sample"),
            // The environment variable that moves it, if the tool has one.
            Some("MY_TOOL_HOME"),
            // The files below it that hold sessions; the plugin can open nothing above it.
            "**/*.jsonl",
            Growth::AppendOnly,
        )
    }

    fn start(source: &Source) -> Result<String, ParseError> {
        // Until the file says its session's id, its name stands for it.
        Ok(source.stem())
    }

    /// Takes in one line. Every line is counted once: as kept, as skipped on purpose, as unknown (and
    /// then kept as it is), or as a problem.
    fn line(id: &mut String, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        // What is no JSON is a problem, which `json` notes.
        let Some(record) = line.json::<Value>(out) else { return Ok(()) };
        let kind = json::text(&record["kind"]);
        // The same at every reading, and another one for every message.
        let key = line.offset().to_string();
        match kind {
            "start" => {
                *id = json::text(&record["id"]).to_owned();
                let mut session = Session::new(id.as_str());
                session.started = time::parse(&record["time"]);
                session.directory = record["directory"].as_str().map(Into::into);
                out.kept(kind);
                out.session(session);
            }
            "user" | "assistant" => {
                let role = if kind == "user" { Role::User } else { Role::Assistant };
                let text = Block::Text(json::text(&record["text"]).to_owned());
                out.kept(kind);
                out.message(message(id, key, role, &record, text));
            }
            "edit" => {
                let (path, before) = (json::text(&record["path"]), json::text(&record["before"]));
                let edit = Edit::replace(path, before, json::text(&record["after"]));
                let tool_use = Block::ToolUse(ToolUse {
                    id: key.clone(),
                    name: kind.to_owned(),
                    input: json::compact(&record),
                    edits: vec![edit],
                    reads: Vec::new(),
                    command: None,
                });
                out.kept(kind);
                out.message(message(id, key, Role::Assistant, &record, tool_use));
            }
            "heartbeat" => out.skipped(kind),
            // A file that does not even begin as it should is another tool's.
            "" if line.offset() == 0 => return Err(ParseError::NotMine),
            // A newer version of the tool: nothing is lost, and Lore tells of it.
            _ => {
                let other = Block::Other(json::compact(&record));
                out.unknown(kind);
                out.message(message(id, key, Role::System, &record, other));
            }
        }
        Ok(())
    }
}

fn message(id: &str, key: String, role: Role, record: &Value, block: Block) -> Message {
    let mut message = Message::new(id, key, role);
    message.at = time::parse(&record["time"]);
    message.model = record["model"].as_str().map(Into::into);
    message.content.push(block);
    message
}

lore_plugin_sdk::register!(Plugin);
