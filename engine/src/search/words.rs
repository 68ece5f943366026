//! Splits a text into the words that are indexed and searched: `docs/search.md` has the rules.
//!
//! Texts, queries and snippets go through here and nowhere else, so that they agree. It is the
//! innermost loop of an import: words are handed out in a [`Token`] whose buffer is reused, plain
//! words of ASCII letters take a short way, and nothing is allocated for a word.

use std::ops::Range;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{Class, classify, push_folded};

/// Longer words are cut to so many characters.
const WORD_CHARS: usize = 64;
/// An identifier of more parts is indexed as a whole only: it is noise, such as a key.
const MAX_PARTS: usize = 8;
/// Runs of letters and digits from this length on may belong to encoded data, of which
/// [`ENCODED_BYTES`] or more without a space are passed over.
const ENCODED_RUN: usize = 33;
/// See [`ENCODED_RUN`].
const ENCODED_BYTES: usize = 256;

/// What a word is to the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, or a part of a compound: the parts stand one after the other.
    #[default]
    Part,
    /// A compound as a whole; stands where its first part stands.
    Whole,
    /// Two characters of a script without spaces.
    Pair,
    /// The last character of a stretch of such a script.
    Last,
}

/// Splits texts into words.
#[derive(Clone, Default)]
pub(crate) struct Splitter {
    token: Token,
    compound: Compound,
}

/// An identifier that is made of several parts. The ranges are of `folded`.
#[derive(Clone, Default)]
struct Compound {
    /// The whole of it in the form in which words are compared.
    folded: String,
    letters: Vec<Letter>,
    /// Ranges of `letters`.
    parts: Vec<Range<usize>>,
    /// The part that comes next.
    next: usize,
}

/// A character of a compound.
#[derive(Clone, Copy)]
struct Letter {
    class: Class,
    /// Where it ends in the folded form.
    folded: usize,
    /// Where it ends in the text.
    source: usize,
}

impl Splitter {
    /// The words of `text`, in order.
    pub(crate) fn words<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        self.token.reset();
        self.compound.parts.clear();
        self.compound.next = 0;
        Words { text, at: 0, source: 0, position: 0, kind: Kind::Part, splitter: self }
    }
}

impl Tokenizer for Splitter {
    type TokenStream<'a> = Words<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Words<'a> {
        self.words(text)
    }
}

/// The words of a text.
pub(crate) struct Words<'a> {
    text: &'a str,
    /// Where the rest of the text begins.
    at: usize,
    /// Where the compound begins whose parts are handed out.
    source: usize,
    /// The next word's position.
    position: usize,
    kind: Kind,
    splitter: &'a mut Splitter,
}

const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DIGIT: u8 = 4;
const WORD: u8 = LOWER | UPPER | DIGIT;
/// Not ASCII, or the break between two blocks.
const SPECIAL: u8 = 8;

/// What each byte is.
const BYTES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' => LOWER,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => DIGIT,
            0x1e | 0x80.. => SPECIAL,
            _ => 0,
        };
        byte += 1;
    }
    table
};

impl Words<'_> {
    /// What the current word is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Makes `range` of the text, which is ASCII, the current word.
    fn set_plain(&mut self, range: Range<usize>) {
        let token = &mut self.splitter.token;
        token.text.clear();
        token.text.push_str(&self.text[range.clone()]);
        token.text.make_ascii_lowercase();
        token.offset_from = range.start;
        token.offset_to = range.end;
        token.position = self.position;
        self.position += 1;
        self.kind = Kind::Part;
    }

    /// The end of the encoded data that begins at `start`, if it is some.
    fn encoded_end(&self, start: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[start..];
        let encoded = |byte: &u8| {
            BYTES[usize::from(*byte)] & WORD != 0
                || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-')
        };
        let length = rest.iter().position(|byte| !encoded(byte)).unwrap_or(rest.len());
        (length >= ENCODED_BYTES).then_some(start + length)
    }

    /// Reads the run that begins at `start`, with a letter or digit, and finds its parts.
    fn take_run(&mut self, start: usize) {
        let compound = &mut self.splitter.compound;
        compound.folded.clear();
        compound.letters.clear();
        let mut end = start;
        for character in self.text[start..].chars() {
            let class = classify(character);
            if matches!(class, Class::Separator | Class::Break | Class::Ideograph) {
                break;
            }
            end += character.len_utf8();
            if class == Class::Mark {
                if let Some(letter) = compound.letters.last_mut() {
                    letter.source = end;
                }
            } else if compound.letters.len() < WORD_CHARS {
                push_folded(character, &mut compound.folded);
                let folded = compound.folded.len();
                compound.letters.push(Letter { class, folded, source: end });
            }
        }
        self.source = start;
        self.at = end;
        compound.split();
    }

    /// Makes the next part of the compound, or the whole of it first, the current word.
    fn set_part(&mut self) {
        let Splitter { token, compound } = &mut *self.splitter;
        let part = compound.parts[compound.next].clone();
        compound.next += 1;
        let before = part.start.checked_sub(1).map(|letter| compound.letters[letter]);
        let last = compound.letters[part.end - 1];
        token.text.clear();
        token
            .text
            .push_str(&compound.folded[before.map_or(0, |letter| letter.folded)..last.folded]);
        token.offset_from = before.map_or(self.source, |letter| letter.source);
        token.offset_to = last.source;
        token.position = self.position;
        let whole =
            compound.next == 1 && part.end == compound.letters.len() && compound.parts.len() > 1;
        if whole {
            self.kind = Kind::Whole;
        } else {
            self.kind = Kind::Part;
            self.position += 1;
        }
    }

    /// Makes the ideograph at `start` and the one after it, if there is one, the current word.
    fn set_pair(&mut self, start: usize) {
        let mut characters = self.text[start..].chars();
        let first = characters.next();
        let second = characters.next().filter(|next| classify(*next) == Class::Ideograph);
        self.at = start + first.map_or(0, char::len_utf8);
        let end = self.at + second.map_or(0, char::len_utf8);
        let token = &mut self.splitter.token;
        token.text.clear();
        token.text.push_str(&self.text[start..end]);
        token.offset_from = start;
        token.offset_to = end;
        token.position = self.position;
        self.position += 1;
        self.kind = if second.is_some() { Kind::Pair } else { Kind::Last };
    }

    /// The next word that is not ASCII alone, if one begins at `start`; else passes over the
    /// character that stands there.
    fn advance_special(&mut self, start: usize) -> bool {
        let Some(character) = self.text[start..].chars().next() else { return false };
        match classify(character) {
            Class::Ideograph => {
                self.set_pair(start);
                true
            }
            Class::Lower | Class::Upper | Class::Digit => {
                self.take_run(start);
                self.set_part();
                true
            }
            class => {
                self.position += usize::from(class == Class::Break);
                self.at = start + character.len_utf8();
                false
            }
        }
    }
}

impl TokenStream for Words<'_> {
    #[inline]
    fn advance(&mut self) -> bool {
        if self.splitter.compound.next < self.splitter.compound.parts.len() {
            self.set_part();
            return true;
        }
        let bytes = self.text.as_bytes();
        loop {
            let mut start = self.at;
            while start < bytes.len() && BYTES[usize::from(bytes[start])] == 0 {
                start += 1;
            }
            let mut end = start;
            let mut seen = 0;
            while end < bytes.len() && BYTES[usize::from(bytes[end])] & WORD != 0 {
                seen |= BYTES[usize::from(bytes[end])];
                end += 1;
            }
            let ascii = end == bytes.len() || BYTES[usize::from(bytes[end])] & SPECIAL == 0;
            if start == bytes.len() {
                self.at = start;
                return false;
            }
            if !ascii && bytes[end] != 0x1e {
                self.at = start;
                if self.advance_special(start) {
                    return true;
                }
                continue;
            }
            if start == end {
                self.advance_special(start);
                continue;
            }
            if end - start >= ENCODED_RUN
                && let Some(encoded_end) = self.encoded_end(start)
            {
                self.at = encoded_end;
                continue;
            }
            let simple = seen.is_power_of_two()
                || (seen == LOWER | UPPER
                    && !bytes[start + 1..end].iter().any(u8::is_ascii_uppercase));
            if simple {
                self.at = end;
                self.set_plain(start..end.min(start + WORD_CHARS));
            } else {
                self.take_run(start);
                self.set_part();
            }
            return true;
        }
    }

    fn token(&self) -> &Token {
        &self.splitter.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.splitter.token
    }
}

impl Compound {
    /// Finds the parts: at a change of case, and between letters and the digits after them. The
    /// whole comes first where cases change; it stands alone if there are too many parts.
    fn split(&mut self) {
        let Self { letters, parts, next, .. } = self;
        *next = 0;
        parts.clear();
        parts.push(0..letters.len());
        let mut by_case = false;
        let mut start = 0;
        for at in 1..=letters.len() {
            if at < letters.len() {
                if !changes_case(letters, at) {
                    continue;
                }
                by_case = true;
            }
            let digits = start + leading_letters(&letters[start..at]);
            if digits < at {
                parts.push(start..digits);
            }
            parts.push(if digits < at { digits..at } else { start..at });
            start = at;
        }
        if parts.len() == 2 || parts.len() > MAX_PARTS + 1 {
            parts.truncate(1);
        } else if !by_case {
            parts.remove(0);
        }
    }
}

/// Whether a part begins at `at`: `parse|Url`, `HTTP|Server`, `Utf8|Reader`.
fn changes_case(letters: &[Letter], at: usize) -> bool {
    letters[at].class == Class::Upper
        && (letters[at - 1].class == Class::Lower
            || letters.get(at + 1).is_some_and(|next| next.class == Class::Lower))
}

/// The letters before the digits if the part consists of just these two (`sha|256`), else all.
fn leading_letters(part: &[Letter]) -> usize {
    let is_digit = |letter: &Letter| letter.class == Class::Digit;
    match part.iter().position(is_digit) {
        Some(digits) if digits > 0 && part[digits..].iter().all(is_digit) => digits,
        _ => part.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of `text` as `position:word`, a whole in brackets, the last of a stretch with `.`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut splitter = Splitter::default();
        let mut words = splitter.words(text);
        let mut found = Vec::new();
        while words.advance() {
            let token = words.token();
            assert!(text.get(token.offset_from..token.offset_to).is_some(), "{token:?}");
            assert!(!token.text.is_empty());
            let (position, word) = (token.position, &token.text);
            found.push(match words.kind() {
                Kind::Whole => format!("{position}[{word}]"),
                Kind::Last => format!("{position}:{word}."),
                Kind::Part | Kind::Pair => format!("{position}:{word}"),
            });
        }
        assert!(!words.advance(), "the end is the end");
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn plain_words() {
        check("", "");
        check(" \t\n -- *** ", "");
        check("The quick  fox.", "0:the 1:quick 2:fox");
        check("don't re-read", "0:don 1:t 2:re 3:read");
        check("A", "0:a");
        check("TASK: fix", "0:task 1:fix");
        check("1234 3.14", "0:1234 1:3 2:14");
    }

    #[test]
    fn identifiers_and_paths() {
        check("snake_case_name", "0:snake 1:case 2:name");
        check("MAX_LEN", "0:max 1:len");
        check("kebab-case", "0:kebab 1:case");
        check("src/main.rs", "0:src 1:main 2:rs");
        check(r"C:\Users\me", "0:c 1:users 2:me");
        check("std::io::Error", "0:std 1:io 2:error");
        check("camelCase x", "0[camelcase] 0:camel 1:case 2:x");
        check("HttpServer", "0[httpserver] 0:http 1:server");
        check("HTTPServer", "0[httpserver] 0:http 1:server");
        check("parseURL", "0[parseurl] 0:parse 1:url");
        check("getX", "0[getx] 0:get 1:x");
        check("iPhone", "0[iphone] 0:i 1:phone");
        check("GitHub's", "0[github] 0:git 1:hub 2:s");
    }

    #[test]
    fn digits() {
        check("sha256 utf8", "0:sha 1:256 2:utf 3:8");
        check("sha-256", "0:sha 1:256");
        check("Utf8Reader", "0[utf8reader] 0:utf 1:8 2:reader");
        check("2fa 10px", "0:2fa 1:10px");
        check("a1b2c3d 3fa85f64", "0:a1b2c3d 1:3fa85f64");
        check("K8s x86_64", "0:k8s 1:x 2:86 3:64");
        check("A1B2C3", "0:a1b2c3");
    }

    #[test]
    fn long_words_and_encoded_data() {
        let long = "x".repeat(70);
        check(&format!("{long} y"), &format!("0:{} 1:y", "x".repeat(64)));
        check(&format!("{}é y", long), &format!("0:{} 1:y", "x".repeat(64)));
        let key = "aBcDeFgHiJkLmNoPqRsTuVwXyZ";
        check(key, &format!("0:{}", key.to_lowercase()));
        let digest = "0123456789abcdef".repeat(4);
        check(&digest, &format!("0:{digest}"));
        let encoded = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4".repeat(40);
        check(&format!("png {encoded}+/== end"), "0:png 1:end");
    }

    #[test]
    fn other_scripts() {
        check("Café Cafe\u{301} naïve", "0:cafe 1:cafe 2:naive");
        check("Größe", "0:grosse");
        check("Привет МИР", "0:привет 1:мир");
        check("日本語", "0:日本 1:本語 2:語.");
        check("日", "0:日.");
        check("日本、server語x", "0:日本 1:本. 2:server 3:語. 4:x");
        check("한국어 서버", "0:한국 1:국어 2:어. 3:서버 4:버.");
        check("\u{301}a", "0:a");
        check("naïveParser", "0[naiveparser] 0:naive 1:parser");
        check("fooБар", "0[fooбар] 0:foo 1:бар");
        check("a…b—c", "0:a 1:b 2:c");
    }

    #[test]
    fn a_break_keeps_words_apart() {
        check("a\u{1e}b", "0:a 2:b");
        check("é\u{1e}日\u{1e}b", "0:e 2:日. 4:b");
    }
}
