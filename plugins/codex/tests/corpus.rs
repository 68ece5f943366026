//! Real files, where there are some.

use std::collections::BTreeMap;

use lore_plugin_codex::Codex;
use lore_plugin_sdk::{Block, Event, Role, Source, corpus, native};

fn is_codex(name: &str) -> bool {
    name.starts_with("codex/")
}

fn is_json(name: &str) -> bool {
    name.ends_with(".json") || name.ends_with(".jsonl")
}

fn rollouts() -> Vec<(String, Vec<u8>)> {
    corpus::files(|name| is_codex(name) && is_json(name))
}

#[test]
fn every_line_is_accounted_for() {
    for (name, bytes) in rollouts() {
        let batch = corpus::read::<Codex>(&Source::memory(&name, bytes.as_slice()));
        let counted: u64 = batch.counts.iter().map(|count| u64::from(count.records)).sum();
        let is_problem = |event: &&Event| matches!(event, Event::Problem(_));
        let problems = batch.events.iter().filter(is_problem).count() as u64;
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        assert_eq!(counted + problems, lines.count() as u64, "{name}");
        assert_eq!(batch.position, bytes.len() as u64, "{name}");
        let sessions = batch.events.iter().filter(|event| matches!(event, Event::Session(_)));
        assert!(sessions.count() > 0, "{name} tells of no session");
    }
}

/// The rollouts tell dialogue in two streams: 43 and 255 answers of the model stand in each of
/// them, and the prompts of people are those that both tell.
#[test]
fn what_is_said_twice_is_one_message() {
    let expected = BTreeMap::from([
        ("019c8a4c-ed82-79a1-aa28-7738fc5ab61a", (43, 59, 10, 105)),
        ("019c8a59-e9dd-71f0-9ae3-4079fe9726a9", (255, 199, 46, 372)),
        ("019c8a70-dda7-7f33-98ea-f30553347322", (1, 1, 4, 1)),
        ("019c8bfe-ec25-79e0-97d7-bda6a9c575ff", (6, 6, 3, 5)),
        ("01996135-afde-7911-97f0-d863511eca56", (9, 0, 2, 21)),
    ]);
    for (name, bytes) in rollouts() {
        let messages =
            native::remaining(&[corpus::read::<Codex>(&Source::memory(&name, bytes.as_slice()))]);
        let Some(session) = messages.first().map(|message| message.session.as_str()) else {
            continue;
        };
        let Some(expected) = expected.get(session) else { continue };
        let count = |role, is: fn(&Block) -> bool| {
            messages.iter().filter(|m| m.role == role && m.content.iter().any(is)).count()
        };
        let is_text = |block: &Block| matches!(block, Block::Text(_));
        let found = (
            count(Role::Assistant, is_text),
            count(Role::Assistant, |block| matches!(block, Block::Thinking(_))),
            count(Role::User, is_text),
            count(Role::Assistant, |block| matches!(block, Block::ToolUse(_))),
        );
        assert_eq!(found, *expected, "{name}");
    }
}

#[test]
fn reading_in_two_steps_gives_the_same() {
    corpus::reads_the_same_in_two_steps::<Codex>(&rollouts(), |name, bytes| {
        Source::memory(name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<Codex>(|name| is_codex(name) || !is_json(name));
}
