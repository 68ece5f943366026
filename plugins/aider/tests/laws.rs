//! What holds for any history, sensible or not.

use lore_plugin_aider::Aider;
use lore_plugin_sdk::{Batch, Source, native};
use proptest::prelude::*;

const NAME: &str = ".aider.chat.history.md";

fn any_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\n".to_owned()),
        (0u8..3)
            .prop_map(|second| format!("\n# aider chat started at 2026-03-01 09:00:0{second}\n\n")),
        "[a-c]{1,3}".prop_map(|text| format!("\n#### {text}  \n")),
        "[a-cé]{1,3}".prop_map(|text| format!("\n{text}\n\n")),
        "[a-c> `#=]{0,6}".prop_map(|text| format!("{text}\n")),
        prop::sample::select(vec![
            "> Aider v0.1.0  \n",
            "> Model: m with diff edit format  \n",
            "> open\n",
            ">  \n",
            "> Tokens: 1.2k sent, 3 received.  \n",
            "> Applied edit to a  \n",
            "#### <blank>  \n",
            "####  \n",
            "> ^C again to exit  \n",
            "a\n```\n<<<<<<< SEARCH\n",
            "=======\n",
            ">>>>>>> REPLACE\n```\n",
            "```\n",
            "   \n",
            "\r\n",
            "> Create new file? y  \n",
        ])
        .prop_map(str::to_owned),
    ]
}

fn read(bytes: &[u8], checkpoint: Option<&[u8]>) -> Batch {
    native::read_rest::<Aider>(&Source::memory(NAME, bytes), checkpoint).expect("it has the name")
}

fn counted(batches: &[Batch]) -> u64 {
    let counts = batches.iter().flat_map(|batch| &batch.counts);
    counts.map(|count| u64::from(count.records)).sum()
}

proptest! {
    #[test]
    fn steps_give_what_the_whole_gives(
        lines in prop::collection::vec(any_line(), 0..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = lines.concat().into_bytes();
        let whole = [read(&bytes, None)];
        let first = read(&bytes[..cut.index(bytes.len() + 1)], None);
        let second = read(&bytes, Some(&first.checkpoint));
        let steps = [first, second];
        prop_assert_eq!(native::remaining(&steps), native::remaining(&whole));
        prop_assert_eq!(counted(&steps), counted(&whole));
        let dealt_with = String::from_utf8_lossy(&bytes[..whole[0].position as usize]);
        let lines = dealt_with.split('\n').filter(|line| !line.trim_end().is_empty());
        prop_assert_eq!(counted(&whole), lines.count() as u64);
    }
}
