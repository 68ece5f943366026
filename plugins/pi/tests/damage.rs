//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use lore_plugin_pi::Pi;
use lore_plugin_sdk::damage;
use proptest::prelude::*;

/// Named as the tool does it, so that a damaged first line does not hide whose file it is.
const PATH: &str = "sessions/2026-03-01T10-00-00-000Z_a.jsonl";

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_line_is_counted_once(
        name in prop::sample::select(vec!["tree", "first-version", "fork"]),
        written in prop::collection::vec(any::<(usize, u8)>(), 0..100),
        cut in prop::collection::vec((any::<usize>(), 1_usize..40), 0..10),
    ) {
        let bytes = damage::lines(&damage::file(FIXTURES, name, ".jsonl"), &written, &cut);
        damage::counts_every_line::<Pi>(PATH, bytes);
    }
}
