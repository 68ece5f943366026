//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use std::path::Path;

use lore_plugin_claude_code::ClaudeCode;
use lore_plugin_sdk::{Event, Source, fixture, native};
use proptest::prelude::*;

/// All sessions of the fixtures as one file.
fn sessions() -> Vec<u8> {
    let cases = fixture::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
        .expect("the fixtures are readable");
    let files = cases.iter().flat_map(|case| &case.files);
    let sessions = files.filter(|(path, _)| path.starts_with("projects/"));
    sessions.flat_map(|(_, bytes)| [bytes.as_slice(), b"\n"].concat()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_is_counted_once(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..200),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..40), 0..20),
    ) {
        // The first line stays, so that the file is still known for what it is.
        let mut bytes = sessions();
        let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let first = bytes.drain(..first).collect::<Vec<u8>>();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for (at, length) in cuts {
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + length);
            bytes.drain(at..end);
        }
        let bytes = [first, bytes, b"\n".to_vec()].concat();
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();

        let source = Source::memory("projects/a/damaged.jsonl", bytes);
        let batch = native::read_all::<ClaudeCode>(&source).expect("the first line is ours");
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        prop_assert_eq!(counted as usize + problems, lines);
    }
}
