//! Files as lines, and what differs between two of them.
//!
//! The differences are git's: Myers' algorithm, and hunks that could as well stand a few lines
//! higher or lower put where the indentation suggests.

use std::borrow::Cow;
use std::hash::Hash;
use std::ops::Range;

use gix::bstr::ByteSlice;
use gix::diff::blob::{Algorithm, InternedInput, Interner, diff_with_slider_heuristics};

/// How many equal lines around a difference are looked at: a hunk is not moved further than that.
const CONTEXT: usize = 100;

/// When two lines count as equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// With all their bytes, the line ending too.
    Exact,
    /// Without any white space.
    IgnoreWhitespace,
    /// Without the `\r` of the line ending.
    IgnoreCarriageReturn,
}

/// The content of a file, and where its lines begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    bytes: Vec<u8>,
    /// The offsets of the lines, and the end of the last one.
    starts: Vec<usize>,
}

/// Lines that were replaced by others; either may be none. Counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) before: Range<u32>,
    pub(super) after: Range<u32>,
}

impl Text {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let mut starts = Vec::with_capacity(bytes.len() / 32 + 2);
        starts.push(0);
        let mut at = 0;
        while let Some(length) = bytes[at..].find_byte(b'\n') {
            at += length + 1;
            starts.push(at);
        }
        if at < bytes.len() {
            starts.push(bytes.len());
        }
        Self { bytes, starts }
    }

    /// How many lines there are; one without an ending at the end counts.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// A line with its ending; nothing beyond the last one.
    pub(super) fn line(&self, index: u32) -> &[u8] {
        let index = index as usize;
        match (self.starts.get(index), self.starts.get(index + 1)) {
            (Some(start), Some(end)) => &self.bytes[*start..*end],
            _ => &[],
        }
    }

    /// A line as people see it: without its ending, and with what is not UTF-8 replaced.
    pub(super) fn shown(&self, index: u32) -> String {
        shown(self.line(index))
    }

    pub(super) fn has_carriage_returns(&self) -> bool {
        self.bytes.contains_str("\r\n")
    }
}

fn shown(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.to_str_lossy().into_owned()
}

/// What turns one text into the other, from top to bottom.
pub(super) fn differences(before: &Text, after: &Text, comparison: Comparison) -> Vec<Difference> {
    let (above, below) = common_lines(before, after);
    let above = above.saturating_sub(CONTEXT);
    let below = below.saturating_sub(CONTEXT);
    let between = |text: &Text| above..(text.starts.len() - 1 - below);
    let (first, second) = (between(before), between(after));
    let lines = |text: &'_ Text, range: Range<usize>| -> Vec<Range<usize>> {
        range.map(|index| text.starts[index]..text.starts[index + 1]).collect()
    };
    let before_lines = lines(before, first);
    let after_lines = lines(after, second);
    let before_lines = before_lines.iter().map(|line| &before.bytes[line.clone()]);
    let after_lines = after_lines.iter().map(|line| &after.bytes[line.clone()]);
    match comparison {
        Comparison::Exact => compare(above, before_lines, after_lines),
        Comparison::IgnoreWhitespace => compare(
            above,
            before_lines.map(without_whitespace),
            after_lines.map(without_whitespace),
        ),
        Comparison::IgnoreCarriageReturn => compare(
            above,
            before_lines.map(without_carriage_return),
            after_lines.map(without_carriage_return),
        ),
    }
}

fn compare<T: AsRef<[u8]> + Eq + Hash>(
    above: usize,
    before: impl Iterator<Item = T>,
    after: impl Iterator<Item = T>,
) -> Vec<Difference> {
    let mut input =
        InternedInput { before: Vec::new(), after: Vec::new(), interner: Interner::new(0) };
    input.update_before(before);
    input.update_after(after);
    let diff = diff_with_slider_heuristics(Algorithm::Myers, &input);
    let above = u32::try_from(above).unwrap_or(u32::MAX);
    let moved = |range: Range<u32>| range.start + above..range.end + above;
    let hunks = diff
        .hunks()
        .map(|hunk| Difference { before: moved(hunk.before), after: moved(hunk.after) });
    hunks.collect()
}

/// How many whole lines both begin with, and how many of the rest both end with.
fn common_lines(before: &Text, after: &Text) -> (usize, usize) {
    let (first, second) = (&before.bytes, &after.bytes);
    let equal = common_prefix(first, second);
    let lines_within = |text: &Text| text.starts[1..].partition_point(|end| *end <= equal);
    let above = lines_within(before).min(lines_within(after));

    let (first, second) = (&first[before.starts[above]..], &second[after.starts[above]..]);
    let equal = common_suffix(first, second);
    let lines_after = |text: &Text| {
        let start = text.bytes.len() - equal;
        let lines = &text.starts[..text.starts.len() - 1];
        lines.len() - lines.partition_point(|line| *line < start)
    };
    let below = lines_after(before).min(lines_after(after));
    let rest = before.starts.len().min(after.starts.len()) - 1 - above;
    (above, below.min(rest))
}

/// The blocks in which bytes are compared: many at once are as fast as one by one is slow.
const BLOCK: usize = 256;

fn common_prefix(first: &[u8], second: &[u8]) -> usize {
    let mut blocks = first.chunks(BLOCK).zip(second.chunks(BLOCK));
    let equal = blocks.by_ref().take_while(|(a, b)| a == b).count() * BLOCK;
    let equal = equal.min(first.len()).min(second.len());
    let rest = first[equal..].iter().zip(&second[equal..]);
    equal + rest.take_while(|(a, b)| a == b).count()
}

fn common_suffix(first: &[u8], second: &[u8]) -> usize {
    let mut blocks = first.rchunks(BLOCK).zip(second.rchunks(BLOCK));
    let equal = blocks.by_ref().take_while(|(a, b)| a == b).count() * BLOCK;
    let equal = equal.min(first.len()).min(second.len());
    let first = &first[..first.len() - equal];
    let second = &second[..second.len() - equal];
    let rest = first.iter().rev().zip(second.iter().rev());
    equal + rest.take_while(|(a, b)| a == b).count()
}

/// The line without any white space; borrowed where there is none.
pub(super) fn without_whitespace(line: &[u8]) -> Cow<'_, [u8]> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    match line.iter().any(is_space) {
        true => Cow::Owned(line.iter().copied().filter(|b| !is_space(b)).collect()),
        false => Cow::Borrowed(line),
    }
}

fn without_carriage_return(line: &[u8]) -> Cow<'_, [u8]> {
    match line.strip_suffix(b"\r\n") {
        Some(rest) => Cow::Owned([rest, b"\n"].concat()),
        None => Cow::Borrowed(line),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(content: &str) -> Text {
        Text::new(content.as_bytes().to_vec())
    }

    #[test]
    fn lines_have_no_ending() {
        let file = text("one\r\ntwo\n\nlast");
        let lines: Vec<_> = (0..file.len()).map(|line| file.shown(line)).collect();
        assert_eq!(lines, ["one", "two", "", "last"]);
        assert_eq!(text("").len(), 0);
        assert_eq!(text("\n").len(), 1);
        assert_eq!(file.line(4), b"");
    }

    #[test]
    fn a_missing_last_newline_is_a_difference() {
        let found = differences(&text("a\nb"), &text("a\nb\n"), Comparison::Exact);
        let expected = Difference { before: 1..2, after: 1..2 };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn white_space_and_carriage_returns_can_be_ignored() {
        let (before, after) = (text("if x {\r\n\ty\r\n"), text("if x  {\n  y\n"));
        let found = |how| differences(&before, &after, how).len();
        assert_eq!(found(Comparison::IgnoreWhitespace), 0);
        assert_eq!(found(Comparison::IgnoreCarriageReturn), 1);
        let unix = text("if x {\n\ty\n");
        let how = Comparison::IgnoreCarriageReturn;
        assert_eq!(differences(&before, &unix, how), []);
    }

    proptest! {
        /// Whatever lies between the differences is equal, and the differences are in order.
        #[test]
        fn the_rest_is_equal(
            before in proptest::collection::vec("[ab \n]{0,3}\n?", 0..60),
            after in proptest::collection::vec("[ab \n]{0,3}\n?", 0..60),
            common in proptest::collection::vec("[a-c]{0,2}\n", 0..300),
        ) {
            let join = |middle: &[String]| text(&[&common.concat(), &middle.concat(), &common.concat()].map(String::as_str).concat());
            let (before, after) = (join(&before), join(&after));
            let mut at = (0, 0);
            for difference in differences(&before, &after, Comparison::Exact) {
                let equal = difference.before.start - at.0;
                prop_assert_eq!(equal, difference.after.start - at.1);
                for line in 0..equal {
                    prop_assert_eq!(before.line(at.0 + line), after.line(at.1 + line));
                }
                at = (difference.before.end, difference.after.end);
            }
            prop_assert_eq!(before.len() - at.0, after.len() - at.1);
            for line in 0..before.len() - at.0 {
                prop_assert_eq!(before.line(at.0 + line), after.line(at.1 + line));
            }
        }
    }
}
