//! Real files, where there are some.

use lore_plugin_claude_code::ClaudeCode;
use lore_plugin_sdk::{Event, corpus};

fn is_own(name: &str) -> bool {
    name.starts_with("claude-code/")
}

#[test]
fn every_line_is_counted_once() {
    let files = corpus::files(is_own);
    for (name, bytes) in &files {
        let batch = corpus::read::<ClaudeCode>(&corpus::beside(&files, name, bytes));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted = batch.counts.iter().map(|count| count.records as usize).sum::<usize>();
        let read = &bytes[..batch.position as usize];
        let is_document = serde_json::from_slice::<serde_json::Value>(bytes).ok();
        let records = match is_document.filter(|_| name.ends_with(".json")) {
            Some(document) => document["loglines"].as_array().map_or(1, Vec::len),
            None => {
                read.split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()).count()
            }
        };
        assert_eq!(counted + problems, records, "{name}");
        // What is left is a line that is still being written.
        assert!(!bytes[read.len()..].contains(&b'\n'), "{name}");
    }
}

#[test]
fn a_file_read_as_it_grows_gives_the_same() {
    let files = corpus::files(is_own);
    corpus::reads_the_same_in_two_steps::<ClaudeCode>(&files, |name, bytes| {
        corpus::beside(&files, name, bytes)
    });
}

#[test]
fn files_of_other_tools_are_refused() {
    corpus::refuses_foreign::<ClaudeCode>(is_own);
}
