//! Parses every session file below the directories given, and prints how fast.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lore_plugin_claude_code::ClaudeCode;
use lore_plugin_sdk::{Source, native};

fn main() {
    let mut files = Vec::new();
    for root in std::env::args().skip(1) {
        find(Path::new(&root), &mut files);
    }
    let (mut bytes, mut events) = (0, 0);
    let mut time = std::time::Duration::ZERO;
    for path in files {
        let content = std::fs::read(&path).expect("the file is readable");
        bytes += content.len();
        let source = Source::memory(path.to_string_lossy(), content);
        let start = Instant::now();
        events += native::read_all::<ClaudeCode>(&source).map_or(0, |batch| batch.events.len());
        time += start.elapsed();
    }
    let megabytes = bytes as f64 / 1e6;
    println!("{megabytes:.1} MB, {events} events: {:.0} MB/s", megabytes / time.as_secs_f64());
}

fn find(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).expect("the directory is readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
}
