//! Searching agrees with a naive model on whatever messages and queries there are.

use std::collections::BTreeSet;

use lore_engine::model::Block;
use proptest::prelude::*;

use crate::fixtures::{TestIndex, add, message, session};

/// None is a form or a prefix of another.
const WORDS: [&str; 6] = ["amber", "basalt", "copper", "diorite", "ebony", "flint"];

/// A query, in a form that the model understands.
#[derive(Clone, Debug)]
enum Asked {
    Word(usize),
    Phrase(Vec<usize>),
    Prefix(usize),
    Not(Box<Asked>),
    Any(Box<Asked>, Box<Asked>),
}

impl Asked {
    fn written(&self) -> String {
        match self {
            Asked::Word(word) => WORDS[*word].to_uppercase(),
            Asked::Phrase(words) => {
                let words: Vec<&str> = words.iter().map(|word| WORDS[*word]).collect();
                format!("\"{}\"", words.join(" "))
            }
            Asked::Prefix(word) => format!("{}*", &WORDS[*word][..3]),
            Asked::Not(asked) => format!("-{}", asked.written()),
            Asked::Any(one, other) => format!("{} OR {}", one.written(), other.written()),
        }
    }

    /// Whether it holds for a message of these blocks.
    fn holds(&self, blocks: &[Vec<usize>]) -> bool {
        let any = |word: &usize| blocks.iter().flatten().any(|own| own == word);
        match self {
            Asked::Word(word) | Asked::Prefix(word) => any(word),
            Asked::Phrase(words) => blocks
                .iter()
                .any(|block| block.windows(words.len()).any(|part| part == words.as_slice())),
            Asked::Not(asked) => !asked.holds(blocks),
            Asked::Any(one, other) => one.holds(blocks) || other.holds(blocks),
        }
    }
}

fn word() -> impl Strategy<Value = usize> {
    0..WORDS.len()
}

fn simple() -> impl Strategy<Value = Asked> {
    let positive = prop_oneof![
        word().prop_map(Asked::Word),
        proptest::collection::vec(word(), 1..4).prop_map(Asked::Phrase),
        word().prop_map(Asked::Prefix),
    ];
    (positive, any::<bool>()).prop_map(|(asked, not)| match not {
        true => Asked::Not(Box::new(asked)),
        false => asked,
    })
}

fn asked() -> impl Strategy<Value = Vec<Asked>> {
    let either = (simple(), simple()).prop_map(|(one, other)| Asked::Any(one.into(), other.into()));
    proptest::collection::vec(prop_oneof![3 => simple(), 1 => either], 0..4)
}

type Blocks = Vec<Vec<usize>>;

fn messages() -> impl Strategy<Value = Vec<Blocks>> {
    let block = proptest::collection::vec(word(), 0..6);
    let blocks = proptest::collection::vec(block, 0..3);
    proptest::collection::vec(blocks, 0..12)
}

/// How the words of a block are written: their order is what counts.
fn written(block: &[usize], separator: &str) -> String {
    let words: Vec<&str> = block.iter().map(|word| WORDS[*word]).collect();
    words.join(separator)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The same messages as the model finds, however they are spread over sessions, commits and
    /// segments, and also after a session was removed.
    #[test]
    fn the_same_messages_as_the_model(
        messages in messages(),
        queries in proptest::collection::vec(asked(), 1..8),
        separator in prop_oneof![Just(" "), Just("_"), Just(", "), Just("/")],
        commits in 1..4_usize,
        removed in any::<bool>(),
    ) {
        let index = TestIndex::empty();
        for (number, part) in messages.chunks(messages.len().div_ceil(commits).max(1)).enumerate() {
            index.write(number as u64 + 1, |writer| {
                let messages: Vec<_> = part
                    .iter()
                    .map(|blocks| {
                        let texts = blocks.iter().map(|block| written(block, separator));
                        message(texts.map(Block::Text).collect())
                    })
                    .collect();
                add(writer, &session(number as u32), 0, &messages);
            });
        }
        if removed {
            index.write(9, |writer| writer.remove_session(session(0).number));
        }
        let parts = messages.chunks(messages.len().div_ceil(commits).max(1));
        let all: Vec<((u32, u32), &Blocks)> = (0..)
            .zip(parts)
            .filter(|(number, _)| !(removed && *number == 0))
            .flat_map(|(number, part)| {
                (0..).zip(part).map(move |(index, blocks)| ((number, index), blocks))
            })
            .collect();
        for query in queries {
            let text: Vec<String> = query.iter().map(Asked::written).collect();
            let text = text.join(" ");
            let holds = |blocks: &Blocks| query.iter().all(|asked| asked.holds(blocks));
            let expected: BTreeSet<(u32, u32)> =
                all.iter().filter(|(_, blocks)| holds(blocks)).map(|(place, _)| *place).collect();
            prop_assert_eq!(index.places(&text), expected, "`{}`", text);
        }
    }

    /// Whatever is typed is a query, and can be run.
    #[test]
    fn any_text_is_a_query(text in any::<String>()) {
        let index = TestIndex::of(&[crate::fixtures::said("amber basalt")]);
        index.search(&text);
    }

    /// The same, with what the language is made of.
    #[test]
    fn any_syntax_is_a_query(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "amber", "\"", "-", "OR", "AND", "*", ":", "tool:", "since:", "3d", "role:", "user",
                "is:error", "file:", "repo:", "日", "日本", "A1b", "“", " ", " ", " ",
            ]),
            0..10,
        ),
    ) {
        let index = TestIndex::of(&[crate::fixtures::said("amber 日本 a1B")]);
        index.search(&parts.concat());
    }
}
