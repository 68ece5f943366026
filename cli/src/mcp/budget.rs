//! How large an answer may be.
//!
//! Models count tokens, and each in its own way. Four bytes of JSON are taken for a token, which is
//! more than what English text and code need; the whole answer is counted, its names, escapes and
//! brackets too.

use std::io::{self, Write};

use serde::Serialize;

use super::failure::Failure;

/// Tokens of an answer, unless the caller says how many.
pub(super) const DEFAULT_TOKENS: u32 = 8000;
/// The fewest tokens that an answer makes sense in.
const FEWEST_TOKENS: u32 = 500;
/// The most; what is larger floods any model.
const MOST_TOKENS: u32 = 200_000;
/// Bytes that are taken for a token.
const BYTES: usize = 4;
/// Bytes that are kept for the mark, and for what is said about what is left out.
const RESERVED: usize = 420;
/// Bytes of a text that is shown at all.
const FEWEST_BYTES: usize = 40;

/// What is left of an answer's size.
#[derive(Debug)]
pub(super) struct Budget {
    left: usize,
}

impl Budget {
    /// For so many tokens; too few are raised to what an answer needs.
    pub(super) fn new(max_tokens: Option<u32>) -> Self {
        let tokens = max_tokens.unwrap_or(DEFAULT_TOKENS).clamp(FEWEST_TOKENS, MOST_TOKENS);
        Self { left: tokens as usize * BYTES - RESERVED }
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Takes what a part of the answer needs, which must be small.
    pub(super) fn spend(&mut self, part: &impl Serialize) -> Result<(), Failure> {
        self.left = self.left.saturating_sub(json_length(part)?);
        Ok(())
    }

    /// Adds an item to a list if it fits; returns whether it did. `build` makes it with texts of at
    /// most so many bytes each. The first one is made smaller until it fits, so that every answer
    /// leads on.
    pub(super) fn add<T: Serialize>(
        &mut self,
        list: &mut Vec<T>,
        mut most: usize,
        mut build: impl FnMut(usize) -> T,
    ) -> Result<bool, Failure> {
        loop {
            let item = build(most);
            let size = json_length(&item)? + 1;
            if size <= self.left {
                self.left -= size;
                list.push(item);
                return Ok(true);
            }
            if most == 0 || !list.is_empty() {
                return Ok(false);
            }
            most = if most < FEWEST_BYTES { 0 } else { most / 2 };
        }
    }
}

/// The beginning of a text that takes at most so many bytes as a JSON string, and how many bytes of
/// the text are left.
pub(super) fn cut(text: &str, most: usize) -> (&str, usize) {
    let mut taken = 0;
    for (at, character) in text.char_indices() {
        taken += match character {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            '\0'..='\u{1f}' => 6,
            other => other.len_utf8(),
        };
        if taken > most {
            return (&text[..at], text.len() - at);
        }
    }
    (text, 0)
}

/// The same, with an ellipsis where it is cut.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match cut(text, most) {
        (text, 0) => text.to_owned(),
        _ => format!("{}…", cut(text, most.saturating_sub('…'.len_utf8())).0),
    }
}

fn json_length(value: &impl Serialize) -> Result<usize, Failure> {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)?;
    Ok(count.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_counts_what_json_makes_of_a_text() {
        for text in ["plain text", "ä漢😀 mixed", "a\"b\\c\nd\te", "\u{1}\u{2}bell\u{7}", ""] {
            for most in 0..60 {
                let (part, rest) = cut(text, most);
                let json = serde_json::to_string(part).expect("text is JSON");
                assert!(json.len() - 2 <= most, "{json} in {most}");
                assert_eq!(part.len() + rest, text.len());
                assert!(shortened(text, most.max(3)).len() <= most.max(3));
            }
        }
        assert_eq!(cut("aä", 2), ("a", 2));
        assert_eq!(shortened("kettles", 6), "ket…");
    }

    #[test]
    fn only_the_first_item_is_made_smaller() {
        let mut budget = Budget { left: 50 };
        let mut list = Vec::new();
        let text = "x".repeat(100);
        let mut add =
            |list: &mut Vec<String>| budget.add(list, 100, |most| text[..most].to_owned());
        assert!(add(&mut list).expect("text is JSON"));
        assert!(!add(&mut list).expect("text is JSON"));
        assert_eq!(list.len(), 1);
        assert!(list[0].len() <= 50 && !list[0].is_empty(), "{list:?}");
    }
}
