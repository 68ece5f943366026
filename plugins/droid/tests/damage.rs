//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use lore_plugin_droid::Droid;
use lore_plugin_sdk::damage;
use proptest::prelude::*;

/// Named as the tool does it, so that a damaged first line does not hide whose file it is.
const PATH: &str = "sessions/01900000-0000-4000-8000-000000000001.jsonl";

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_line_is_counted_once(
        name in prop::sample::select(vec!["session", "sub-agent", "log"]),
        written in prop::collection::vec(any::<(usize, u8)>(), 0..100),
        cut in prop::collection::vec((any::<usize>(), 1_usize..40), 0..10),
    ) {
        let bytes = damage::lines(&damage::file(FIXTURES, name, ".jsonl"), &written, &cut);
        damage::counts_every_line::<Droid>(PATH, bytes);
    }
}
