//! Real files, where there are some.

use lore_plugin_droid::Droid;
use lore_plugin_sdk::{Block, Event, corpus, native};

fn is_droid(name: &str) -> bool {
    name.starts_with("droid/")
}

fn is_session(name: &str) -> bool {
    name.ends_with(".jsonl")
}

#[test]
fn every_line_is_counted_once() {
    let files = corpus::files(is_droid);
    for (name, bytes) in files.iter().filter(|(name, _)| is_session(name)) {
        let batch = corpus::read::<Droid>(&corpus::beside(&files, name, bytes));
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted as usize, lines.count(), "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let text = String::from_utf8_lossy(bytes);
        let lines_of = |kind: &str| {
            text.lines().filter(|line| line.starts_with(&format!("{{\"type\":\"{kind}\""))).count()
        };
        let mut expected = lines_of("message");
        for kind in ["tool_call", "tool_result", "completion", "error"] {
            expected += lines_of(kind);
        }
        let messages = native::messages(&batch);
        let said = messages.iter().filter(|m| m.key != "settings" && !m.key.ends_with("/context"));
        assert_eq!(said.count(), expected, "{name}");
        let count = |is: fn(&Block) -> bool| {
            messages.iter().flat_map(|message| &message.content).filter(|block| is(block)).count()
        };
        let calls = text.matches("\"type\":\"tool_use\"").count() + lines_of("tool_call");
        assert_eq!(count(|block| matches!(block, Block::ToolUse(_))), calls, "{name}");
        assert_eq!(count(|block| matches!(block, Block::ToolResult(_))), calls, "{name}");
    }
}

#[test]
fn settings_give_model_and_tokens() {
    let files = corpus::files(is_droid);
    for (name, _) in files.iter().filter(|(name, _)| !is_session(name)) {
        let session = name.replace(".settings.json", ".jsonl");
        let (_, bytes) = files.iter().find(|(name, _)| *name == session).expect("its session");
        let batch = corpus::read::<Droid>(&corpus::beside(&files, &session, bytes));
        let is_told = |event: &Event| match event {
            Event::Session(session) => session.model.is_some(),
            Event::Message(message) => message.usage.is_some_and(|used| used.output > 0),
            Event::Problem(_) | Event::Memory(_) => false,
        };
        assert_eq!(batch.events.iter().filter(|event| is_told(event)).count(), 2, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    let files = corpus::files(is_droid);
    let (sessions, _): (Vec<_>, Vec<_>) =
        files.iter().cloned().partition(|(name, _)| is_session(name));
    corpus::reads_the_same_in_two_steps::<Droid>(&sessions, |name, bytes| {
        corpus::beside(&files, name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Droid>(|name| is_droid(name) && is_session(name));
}
