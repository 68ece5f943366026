//! Real files, where there are some.

use std::collections::BTreeMap;

use lore_plugin_cline::Cline;
use lore_plugin_sdk::{Batch, Block, Event, Role, Source, corpus, native};
use serde_json::Value;

fn is_cline(name: &str) -> bool {
    name.starts_with("cline/")
}

fn files() -> BTreeMap<String, Vec<u8>> {
    corpus::files(is_cline).into_iter().collect()
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
    corpus::read::<Cline>(&source(files, name))
}

#[test]
fn every_record_is_accounted_for() {
    let files = files();
    for (name, bytes) in &files {
        let batch = read(&files, name);
        let records: Vec<Value> = serde_json::from_slice(bytes).expect("a list");
        let counted: usize = batch.counts.iter().map(|count| count.records as usize).sum();
        assert_eq!(counted, records.len(), "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let unknown = |event: &Event| matches!(event, Event::Problem(_));
        assert!(!batch.events.iter().any(unknown), "{name}");
        let mut keys: Vec<_> =
            native::messages(&batch).iter().map(|message| &message.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), native::messages(&batch).len(), "{name}: a key is not unique");
    }
}

/// What only `ui_messages.json` tells is told once, piece by piece.
#[test]
fn each_entry_is_told_once() {
    let files = files();
    for (name, bytes) in &files {
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
        let messages = native::messages(&batch);
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
    let files = files();
    for name in files.keys() {
        let Some(folder) = name.strip_suffix("api_conversation_history.json") else { continue };
        if !files.contains_key(&format!("{folder}ui_messages.json")) {
            continue;
        }
        assert!(read(&files, name).events.is_empty(), "{name}");
        let both = read(&files, &format!("{folder}ui_messages.json"));
        let both = native::messages(&both);
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
    let files = files();
    for (name, bytes) in &files {
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
    corpus::refuses_foreign::<Cline>(is_cline);
}
