//! Every file of a corpus of real session files, if there is one: `LORE_CORPUS` names a directory
//! with one directory for each tool.

use std::path::{Path, PathBuf};

use lore_plugin_claude_code::ClaudeCode;
use lore_plugin_sdk::fixture::Parsed;
use lore_plugin_sdk::{Batch, Event, ParseError, Source, native};

/// The corpus, or nothing: then there is nothing to prove.
fn corpus() -> Option<PathBuf> {
    let corpus = std::env::var_os("LORE_CORPUS").map(PathBuf::from);
    if corpus.is_none() {
        eprintln!("skipped: LORE_CORPUS names no corpus");
    }
    corpus
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).expect("the corpus is readable").flatten() {
        match entry.path() {
            path if path.is_dir() => files.extend(self::files(&path)),
            path => files.push(path),
        }
    }
    files.sort();
    files
}

fn source(root: &Path, path: &Path, bytes: &[u8]) -> Source {
    let relative = |path: &Path| {
        path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned()
    };
    let meta = path.with_extension("meta.json");
    let source = Source::memory(relative(path), bytes);
    match std::fs::read(&meta) {
        Ok(bytes) if meta != path => source.with_sibling(relative(&meta), bytes),
        _ => source,
    }
}

fn parsed(batches: impl IntoIterator<Item = Batch>) -> Parsed {
    let mut parsed = Parsed::default();
    batches.into_iter().for_each(|batch| parsed.push(batch));
    parsed
}

#[test]
fn every_line_is_counted_once() {
    let Some(root) = corpus().map(|corpus| corpus.join("claude-code")) else { return };
    for path in files(&root) {
        let bytes = std::fs::read(&path).expect("the file is readable");
        let name = path.display();
        let batch = native::read_all::<ClaudeCode>(&source(&root, &path, &bytes))
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted = batch.counts.iter().map(|count| count.records as usize).sum::<usize>();
        let read = &bytes[..batch.position as usize];
        let is_document = serde_json::from_slice::<serde_json::Value>(&bytes).ok();
        let records = match is_document.filter(|_| path.extension().is_some_and(|e| e == "json")) {
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
    let Some(root) = corpus().map(|corpus| corpus.join("claude-code")) else { return };
    for path in files(&root) {
        let bytes = std::fs::read(&path).expect("the file is readable");
        let whole = source(&root, &path, &bytes);
        let once = parsed(native::read_all::<ClaudeCode>(&whole));
        for cut in (1..8).map(|eighth| bytes.len() * eighth / 8) {
            let first = native::read_all::<ClaudeCode>(&source(&root, &path, &bytes[..cut]))
                .unwrap_or_else(|error| panic!("{} up to {cut}: {error:?}", path.display()));
            let second = native::read_rest::<ClaudeCode>(&whole, Some(&first.checkpoint));
            let twice = parsed([first].into_iter().chain(second));
            assert!(once == twice, "{} differs if cut at {cut}", path.display());
        }
    }
}

#[test]
fn files_of_other_tools_are_refused() {
    let Some(corpus) = corpus() else { return };
    let mut taken = Vec::new();
    for path in files(&corpus) {
        if path.starts_with(corpus.join("claude-code")) {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the file is readable");
        match native::read_all::<ClaudeCode>(&source(&corpus, &path, &bytes)) {
            Err(ParseError::NotMine) => {}
            other => {
                let batch = other.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
                if !(batch.events.is_empty() && batch.counts.is_empty()) {
                    taken.push(path);
                }
            }
        }
    }
    assert!(taken.is_empty(), "taken for ours: {taken:#?}");
}
