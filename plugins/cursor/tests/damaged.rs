//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use std::path::Path;

use lore_plugin_cursor::Cursor;
use lore_plugin_sdk::{Source, damage, fixture, native};
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
        written in prop::collection::vec(any::<(usize, u8)>(), 0..100),
    ) {
        let lines: Vec<u8> = files(".jsonl").into_iter().flat_map(|(_, bytes)| bytes).collect();
        // The first line, which stays, is an empty one: the path tells whose file it is.
        let bytes = [b"\n", lines.as_slice()].concat();
        let bytes = damage::lines(&bytes, &written, &[]);
        damage::counts_every_line::<Cursor>("projects/a/agent-transcripts/damaged.jsonl", bytes);
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
