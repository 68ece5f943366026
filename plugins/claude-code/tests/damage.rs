//! Damaged files: whatever the bytes are, nothing panics and no line is lost.

use std::path::Path;

use lore_plugin_claude_code::ClaudeCode;
use lore_plugin_sdk::{damage, fixture};
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
        written in prop::collection::vec(any::<(usize, u8)>(), 0..200),
        cut in prop::collection::vec((any::<usize>(), 1_usize..40), 0..20),
    ) {
        let bytes = damage::lines(&sessions(), &written, &cut);
        damage::counts_every_line::<ClaudeCode>("projects/a/damaged.jsonl", bytes);
    }
}
