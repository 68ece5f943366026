//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use std::path::Path;

use lore_plugin_pi::Pi;
use lore_plugin_sdk::{Event, Source, fixture, native};
use proptest::prelude::*;

/// Named as the tool does it, so that a damaged first line does not hide whose file it is.
const PATH: &str = "sessions/2026-03-01T10-00-00-000Z_a.jsonl";

/// The lines of the fixture `name`.
fn lines(name: &str) -> Vec<u8> {
    let cases = fixture::cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"))
        .expect("the fixtures are readable");
    let case = cases.into_iter().find(|case| case.name == name).expect("the case is there");
    let session = case.files.into_iter().find(|(path, _)| path.ends_with(".jsonl"));
    session.expect("it has a session").1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_line_is_counted_once(
        name in prop::sample::select(vec!["tree", "first-version", "fork"]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..100),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..40), 0..10),
    ) {
        // The first line stays, so that the file is still known for what it is.
        let mut bytes = lines(name);
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

        let source = Source::memory(PATH, bytes);
        let batch = native::read_all::<Pi>(&source).expect("the first line is the tool's");
        let problems = batch.events.iter().filter(|e| matches!(e, Event::Problem(_))).count();
        let counted: u32 = batch.counts.iter().map(|count| count.records).sum();
        prop_assert_eq!(counted as usize + problems, lines);
    }
}
