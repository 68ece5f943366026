//! Real files, where there are some: `LORE_CORPUS` names a directory with one folder for each tool.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, fs};

use lore_plugin_cline::Cline;
use lore_plugin_sdk::{Batch, Block, Event, Message, ParseError, Role, Source, native};
use serde_json::Value;

/// All files of the corpus by their paths; none if there is no corpus.
fn corpus() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    match std::env::var_os("LORE_CORPUS").map(PathBuf::from) {
        Some(root) => read_tree(&root, &root, &mut files),
        None => println!("skipped: LORE_CORPUS is not set"),
    }
    files
}

fn read_tree(root: &Path, directory: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(directory).expect("the corpus can be listed") {
        let path = entry.expect("the corpus can be listed").path();
        if path.is_dir() {
            read_tree(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("it was found below");
            let name = name.to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read(&path).expect("the corpus can be read"));
        }
    }
}

fn is_cline(name: &str) -> bool {
    name.starts_with("cline/")
}

/// A file with those in its folder.
fn source(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Source {
    let folder = &name[..name.rfind('/').map_or(0, |end| end + 1)];
    let source = Source::memory(name, files[name].as_slice());
    files
        .iter()
        .filter(|(other, _)| other.starts_with(folder) && *other != name)
        .fold(source, |source, (other, bytes)| source.with_sibling(other, bytes.as_slice()))
}

fn read(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Batch {
    native::read_all::<Cline>(&source(files, name))
        .unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn messages(batch: &Batch) -> Vec<&Message> {
    let messages = batch.events.iter().filter_map(|event| match event {
        Event::Message(message) => Some(message),
        _ => None,
    });
    messages.collect()
}

#[test]
fn every_record_is_accounted_for() {
    let files = corpus();
    for (name, bytes) in files.iter().filter(|(name, _)| is_cline(name)) {
        let batch = read(&files, name);
        let records: Vec<Value> = serde_json::from_slice(bytes).expect("a list");
        let counted: usize = batch.counts.iter().map(|count| count.records as usize).sum();
        assert_eq!(counted, records.len(), "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let unknown = |event: &Event| matches!(event, Event::Problem(_));
        assert!(!batch.events.iter().any(unknown), "{name}");
        let mut keys: Vec<_> = messages(&batch).iter().map(|message| &message.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), messages(&batch).len(), "{name}: a key is not unique");
    }
}

/// What only `ui_messages.json` tells is told once, piece by piece.
#[test]
fn each_entry_is_told_once() {
    let files = corpus();
    for (name, bytes) in files.iter().filter(|(name, _)| is_cline(name)) {
        let folder = name.trim_end_matches("ui_messages.json");
        let other = format!("{folder}api_conversation_history.json");
        if folder == name || files.contains_key(&other) {
            continue;
        }
        let entries: Vec<Value> = serde_json::from_slice(bytes).expect("a list");
        let count = |kinds: &[&str]| {
            let of_kind = |entry: &&Value| {
                let kind = entry["say"].as_str().or(entry["ask"].as_str()).unwrap_or_default();
                let text = entry["text"].as_str().unwrap_or_default();
                kinds.contains(&kind) && (!text.is_empty() || kind == "load_mcp_documentation")
            };
            entries.iter().filter(of_kind).count()
        };
        let tokens = |entry: &Value, name: &str| {
            let text = entry["text"].as_str().filter(|_| entry["say"] == "api_req_started");
            let request: Value = serde_json::from_str(text.unwrap_or("0")).expect("a request");
            request[name].as_u64().unwrap_or_default()
        };

        let batch = read(&files, name);
        let messages = messages(&batch);
        let blocks = |role: Role, is: fn(&Block) -> bool| {
            let of_role = messages.iter().filter(|m| m.role == role && !m.injected);
            of_role.flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let is_text = |block: &Block| matches!(block, Block::Text(_));
        let prompts = count(&["user_feedback", "task"]) + usize::from(count(&["task"]) == 0);
        assert_eq!(blocks(Role::User, is_text), prompts, "{name}: prompts");
        let said = ["text", "completion_result", "followup", "plan_mode_respond"];
        assert_eq!(blocks(Role::Assistant, is_text) + 1, count(&said), "{name}: answers");
        let calls = ["tool", "command", "use_mcp_server", "load_mcp_documentation"];
        let is_call = |block: &Block| matches!(block, Block::ToolUse(_));
        assert_eq!(blocks(Role::Assistant, is_call), count(&calls), "{name}: calls");
        let is_result = |block: &Block| matches!(block, Block::ToolResult(_));
        let results = blocks(Role::User, is_result);
        assert_eq!(results, count(&calls), "{name}: every call has its result");
        let is_thought = |block: &Block| matches!(block, Block::Thinking(_));
        assert_eq!(blocks(Role::Assistant, is_thought), count(&["reasoning"]), "{name}: thoughts");
        let told: u64 = messages.iter().filter_map(|m| m.usage.map(|usage| usage.output)).sum();
        let spent: u64 = entries.iter().map(|entry| tokens(entry, "tokensOut")).sum();
        assert_eq!(told, spent, "{name}: tokens");
    }
}

#[test]
fn a_task_with_both_files_is_told_by_one() {
    let files = corpus();
    for name in files.keys().filter(|name| is_cline(name)) {
        let Some(folder) = name.strip_suffix("api_conversation_history.json") else { continue };
        if !files.contains_key(&format!("{folder}ui_messages.json")) {
            continue;
        }
        assert!(read(&files, name).events.is_empty(), "{name}");
        let both = read(&files, &format!("{folder}ui_messages.json"));
        let both = messages(&both);
        let blocks = |is: fn(&Block) -> bool| {
            both.iter().flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let sent: Vec<Value> = serde_json::from_slice(&files[name]).expect("a list");
        let answers = sent.iter().filter(|message| message["role"] == "assistant").count();
        let told = both.iter().filter(|message| message.role == Role::Assistant).count();
        assert_eq!(told, answers, "{name}");
        let calls = blocks(|block| matches!(block, Block::ToolUse(_)));
        assert_eq!(blocks(|block| matches!(block, Block::ToolResult(_))), calls, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus();
    for (name, bytes) in files.iter().filter(|(name, _)| is_cline(name)) {
        let whole = read(&files, name);
        for cut in (0..bytes.len()).step_by(bytes.len() / 40 + 1) {
            let mut part = files.clone();
            part.insert(name.clone(), bytes[..cut].to_vec());
            let first = read(&part, name);
            assert!(first.events.is_empty(), "{name}, cut at {cut}");
            let second = native::read_rest::<Cline>(&source(&files, name), Some(&first.checkpoint))
                .unwrap_or_else(|error| panic!("{name} from {cut} on: {error:?}"));
            assert_eq!(second, whole, "{name}, cut at {cut}");
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    for (name, bytes) in corpus() {
        if !is_cline(&name) && !bytes.iter().all(u8::is_ascii_whitespace) {
            let source = Source::memory(&name, bytes);
            let read = native::read_all::<Cline>(&source).map(|batch| batch.events.len());
            assert_eq!(read, Err(ParseError::NotMine), "{name}");
        }
    }
}
