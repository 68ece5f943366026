//! The components that ship give the same records as the plugins' sources: every fixture case, read
//! through the sandbox. `LORE_DIST` names another directory of components.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lore_engine::model::{self, ToolResult};
use lore_engine::plugin::{
    Batch, Event, Limits, Outcome, Plugin, PluginHost, ReadError, SourceFile,
};
use lore_plugin_sdk as sdk;
use lore_plugin_sdk::fixture::{Expected, Parsed, cases};
use tempfile::TempDir;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn load(tool: &str) -> Plugin {
    let dist = env::var_os("LORE_DIST").map_or_else(|| root().join("plugins/dist"), PathBuf::from);
    let path = dist.join(format!("{tool}.wasm"));
    let component = fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()));
    PluginHost::new(None, Limits::default()).load(component).expect("it is a plugin")
}

/// The plugins that ship: the crates that have fixture cases and a component.
fn tools() -> Vec<String> {
    let manifest = fs::read(root().join("plugins/dist/manifest.json")).expect("it is there");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("it is JSON");
    let components = manifest["components"].as_array().expect("a list").iter();
    let shipped = components.filter(|component| component["shipped"] == true);
    shipped.filter_map(|component| component["tool"].as_str().map(str::to_owned)).collect()
}

#[test]
fn every_component_gives_the_same_through_the_sandbox() {
    let tools = tools();
    assert!(tools.len() >= 2, "the manifest names {tools:?}");
    tools.iter().for_each(|tool| check(tool));
}

fn check(tool: &str) {
    let plugin = load(tool);
    assert_eq!(plugin.info().tool, tool);
    let cases = cases(&root().join("plugins").join(tool).join("fixtures")).expect("they are read");
    assert!(!cases.is_empty(), "there are no cases");
    for case in cases {
        let base = TempDir::new().expect("there is room for a test");
        let scratch = TempDir::new().expect("there is room for a test");
        for (path, bytes) in &case.files {
            let path = base.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in the base")).expect("it can be made");
            fs::write(path, bytes).expect("it can be written");
        }
        for (path, expected) in &case.expected {
            let found = read(&plugin, base.path(), path, scratch.path());
            if found != *expected {
                let (expected, found) = (lines(expected), lines(&found));
                let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
                let (expected, found) = (expected.get(same), found.get(same));
                let name = &case.name;
                panic!("{tool}: {name}: {path}: {expected:?} is expected, {found:?} was found");
            }
        }
    }
}

/// The lines of it as JSON.
fn lines(records: &Expected) -> Vec<String> {
    let json = serde_json::to_string_pretty(records).expect("records are plain data");
    json.lines().map(str::to_owned).collect()
}

/// Reads one source to its end, in words of the SDK.
fn read(plugin: &Plugin, base: &Path, path: &str, scratch: &Path) -> Expected {
    let source = SourceFile::open(base, Path::new(path), scratch).expect("it can be opened");
    let mut parsed = Parsed::default();
    let reading = match plugin.read(source, None) {
        Ok(reading) => reading,
        Err(error) => return refused(&error),
    };
    for read in reading {
        match read {
            Ok(read) => parsed.push(batch(read)),
            Err(error) => return refused(&error),
        }
    }
    Expected::Parsed(parsed)
}

fn refused(error: &ReadError) -> Expected {
    match error {
        ReadError::NotMine(_) => Expected::Refused { error: sdk::ParseError::NotMine },
        error => panic!("{error}"),
    }
}

fn batch(batch: Batch) -> sdk::Batch {
    let counts = batch.counts.into_iter().map(|count| sdk::Count {
        kind: count.kind,
        outcome: match count.outcome {
            Outcome::Kept => sdk::Outcome::Kept,
            Outcome::Skipped => sdk::Outcome::Skipped,
            Outcome::Unknown => sdk::Outcome::Unknown,
        },
        records: count.records,
    });
    sdk::Batch {
        counts: counts.collect(),
        events: batch.events.into_iter().map(event).collect(),
        position: batch.position,
        checkpoint: batch.checkpoint,
        done: batch.done,
    }
}

fn event(event: Event) -> sdk::Event {
    match event {
        Event::Session(session) => sdk::Event::Session(sdk::Session {
            id: session.id,
            parent: session.parent,
            lineage: session.lineage,
            title: session.title,
            started: session.started.map(|time| time.0),
            ended: session.ended.map(|time| time.0),
            directory: session.directory,
            branch: session.branch,
            commit: session.commit,
            repository: session.repository,
            tool_version: session.tool_version,
            model: session.model,
        }),
        Event::Message(message) => sdk::Event::Message(sdk::Message {
            session: message.session,
            key: message.key,
            parent: message.parent,
            role: match message.role {
                model::Role::User => sdk::Role::User,
                model::Role::Assistant => sdk::Role::Assistant,
                model::Role::System => sdk::Role::System,
            },
            injected: message.injected,
            sidechain: message.sidechain,
            at: message.at.map(|time| time.0),
            model: message.model,
            directory: message.directory,
            branch: message.branch,
            content: message.content.into_iter().map(block).collect(),
            usage: message.usage.map(|usage| sdk::Usage {
                input: usage.input,
                output: usage.output,
                cache_read: usage.cache_read,
                cache_write: usage.cache_write,
            }),
        }),
        Event::Problem { offset, message } => sdk::Event::Problem(sdk::Problem { offset, message }),
    }
}

fn block(block: model::Block) -> sdk::Block {
    match block {
        model::Block::Text(text) => sdk::Block::Text(text),
        model::Block::Thinking(text) => sdk::Block::Thinking(text),
        model::Block::ToolUse(tool) => sdk::Block::ToolUse(sdk::ToolUse {
            id: tool.id,
            name: tool.name,
            input: tool.input,
            edits: tool.edits.into_iter().map(edit).collect(),
            reads: tool.reads,
            command: tool.command,
        }),
        model::Block::ToolResult(ToolResult { id, content, is_error, exit_status }) => {
            sdk::Block::ToolResult(sdk::ToolResult { id, content, is_error, exit_status })
        }
        model::Block::Other(json) => sdk::Block::Other(json),
    }
}

fn edit(edit: model::FileEdit) -> sdk::Edit {
    sdk::Edit {
        path: edit.path,
        kind: match edit.kind {
            model::EditKind::Create => sdk::EditKind::Create,
            model::EditKind::Replace => sdk::EditKind::Replace,
            model::EditKind::Delete => sdk::EditKind::Delete,
            model::EditKind::Rename => sdk::EditKind::Rename,
        },
        before: edit.before,
        after: edit.after,
        to: edit.to,
    }
}
