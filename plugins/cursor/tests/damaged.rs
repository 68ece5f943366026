//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use std::path::Path;

use lore_plugin_cursor::Cursor;
use lore_plugin_sdk::{Event, Source, fixture, native};
use proptest::prelude::*;

/// The fixtures' files whose name ends so, by their path.
fn files(end: &str) -> Vec<(String, Vec<u8>)> {
    let cases = fixture::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
        .expect("the fixtures can be read");
    let files = cases.into_iter().flat_map(|case| case.files);
    files.filter(|(path, _)| path.ends_with(end)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_is_counted_once(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..100),
    ) {
        let mut bytes: Vec<u8> = files(".jsonl").into_iter().flat_map(|(_, bytes)| bytes).collect();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.push(b'\n');
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
        let source = Source::memory("projects/a/agent-transcripts/damaged.jsonl", bytes);
        let batch = native::read_all::<Cursor>(&source).expect("the path tells that it is ours");
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        prop_assert_eq!(counted as usize + problems, lines);
    }

    #[test]
    fn any_database_is_survived(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        for (path, mut bytes) in files(".vscdb").into_iter().chain(files(".db")) {
            // Behind the header, so that it is still a database.
            let start = 100.min(bytes.len());
            for (at, byte) in &damage {
                let at = start + at.index(bytes.len() - start);
                bytes[at] = *byte;
            }
            let _ = native::read_all::<Cursor>(&Source::memory(path, bytes));
        }
    }
}
