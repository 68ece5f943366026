//! The part of a message where the words of a query stand.
//!
//! It is found with the splitter that made the index, in the text that was indexed, so that what
//! is highlighted is what matched.

use std::ops::Range;

use tantivy::tokenizer::TokenStream;

use super::own;
use super::query::{Query, Sequence, Text};
use super::text::append_block;
use super::words::Splitter;
use crate::model::Message;

/// Characters of a snippet.
const CHARS: usize = 200;
/// Matches that are at most so many bytes apart can stand in one snippet.
const NEAR: usize = 160;
/// Characters before the first match.
const LEAD: usize = 40;

/// A part of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// About 200 characters, in one line. An ellipsis stands where it is cut.
    pub text: String,
    /// Byte ranges of `text` that match, at character boundaries, in order, apart.
    pub highlights: Vec<(u32, u32)>,
}

/// The part of `message` where most words of `query` stand near one another, or its beginning.
pub fn snippet(message: &Message, query: &Query) -> Snippet {
    let texts = query.texts();
    let mut best: Option<(usize, String, Vec<Match>)> = None;
    let mut beginning = String::new();
    for block in own::blocks(message) {
        let mut text = String::new();
        append_block(block, &mut text);
        let (found, matches) = best_matches(&text, &texts);
        if beginning.trim().is_empty() {
            beginning.clone_from(&text);
        }
        if found > best.as_ref().map_or(0, |(found, ..)| *found) {
            best = Some((found, text, matches));
            if found == texts.len() {
                break;
            }
        }
    }
    match best {
        Some((_, text, matches)) => cut(&text, &matches),
        None => cut(&beginning, &[]),
    }
}

/// Where a text of the query stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Match {
    range: Range<usize>,
    /// Which of the query's texts.
    text: usize,
}

/// A word that the query has.
struct Word {
    position: usize,
    range: Range<usize>,
    text: String,
}

/// The matches near one another that cover most of the query's texts, and how many they cover.
fn best_matches(text: &str, texts: &[&Text]) -> (usize, Vec<Match>) {
    let mut splitter = Splitter::default();
    let mut tokens = splitter.words(text);
    let mut words: Vec<Word> = Vec::new();
    let mut matches: Vec<Match> = Vec::new();
    let mut best = (0, Vec::new());
    while tokens.advance() {
        let token = tokens.token();
        let mut sequences = texts.iter().flat_map(|text| &text.sequences);
        if !sequences.any(|sequence| has(sequence, &token.text)) {
            continue;
        }
        let range = token.offset_from..token.offset_to;
        words.push(Word { position: token.position, range, text: token.text.clone() });
        let before = matches.len();
        for (number, text) in texts.iter().enumerate() {
            let ending = text.sequences.iter().filter_map(|sequence| ending(sequence, &words));
            matches.extend(ending.map(|range| Match { range, text: number }));
        }
        if matches.len() == before {
            continue;
        }
        let near = near_the_end(&matches);
        let mut covered: Vec<usize> = near.iter().map(|one| one.text).collect();
        covered.sort_unstable();
        covered.dedup();
        if covered.len() > best.0 {
            best = (covered.len(), near.to_vec());
        } else if near.first().map(|one| &one.range) == best.1.first().map(|one| &one.range) {
            // The same place, with one more.
            best.1 = near.to_vec();
        } else if best.0 == texts.len() {
            break;
        }
    }
    best
}

/// Whether `word` is one of the sequence's.
fn has(sequence: &Sequence, word: &str) -> bool {
    let last = sequence.words.len() - 1;
    sequence
        .words
        .iter()
        .enumerate()
        .any(|(at, own)| fits(own, sequence.prefix && at == last, word))
}

fn fits(own: &str, prefix: bool, word: &str) -> bool {
    if prefix { word.starts_with(own) } else { word == own }
}

/// The range of `sequence` if it ends with the last of `words`.
fn ending(sequence: &Sequence, words: &[Word]) -> Option<Range<usize>> {
    let (last, rest) = words.split_last()?;
    let (own_last, own_rest) = sequence.words.split_last()?;
    if !fits(own_last, sequence.prefix, &last.text) {
        return None;
    }
    let mut start = last.range.start;
    for (distance, own) in own_rest.iter().rev().enumerate() {
        let position = last.position.checked_sub(distance + 1)?;
        let near = rest.iter().rev().take_while(|word| word.position >= position);
        start = near
            .into_iter()
            .find(|word| word.position == position && word.text == *own)?
            .range
            .start;
    }
    Some(start..last.range.end)
}

/// The last matches that fit into one snippet.
fn near_the_end(matches: &[Match]) -> &[Match] {
    let end = matches.last().map_or(0, |last| last.range.end);
    let far = matches.iter().rposition(|one| end - one.range.start.min(end) > NEAR);
    // A match that is too long for a snippet is near to itself.
    let start = far.map_or(0, |far| far + 1).min(matches.len().saturating_sub(1));
    &matches[start..]
}

/// Cuts the part of `text` where `matches` stand, in one line.
fn cut(text: &str, matches: &[Match]) -> Snippet {
    let first = matches.iter().map(|one| one.range.start).min().unwrap_or(0);
    let start = if matches.is_empty() { 0 } else { lead(text, first) };
    let mut snippet = Snippet::default();
    let mut ranges: Vec<Range<usize>> = matches.iter().map(|one| one.range.clone()).collect();
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut chars = 0;
    let mut space = false;
    let mut open: Option<(usize, u32)> = None;
    if !text[..start].trim_start_matches(is_space).is_empty() {
        snippet.text.push('…');
    }
    let mut ranges = ranges.into_iter().peekable();
    for (at, character) in
        text[start..].char_indices().map(|(at, character)| (start + at, character))
    {
        if open.is_some_and(|(end, _)| at >= end) {
            close(&mut snippet, &mut open);
        }
        if is_space(character) {
            space = chars > 0;
            continue;
        }
        if chars + usize::from(space) >= CHARS {
            close(&mut snippet, &mut open);
            snippet.text.push('…');
            return snippet;
        }
        if space {
            snippet.text.push(' ');
            chars += 1;
            space = false;
        }
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            let begin = open.map_or(snippet.text.len() as u32, |(_, begin)| begin);
            let end = open.map_or(range.end, |(end, _)| end.max(range.end));
            if end > at {
                open = Some((end, begin));
            }
        }
        snippet.text.push(character);
        chars += 1;
    }
    close(&mut snippet, &mut open);
    snippet
}

/// Ends the open highlight.
fn close(snippet: &mut Snippet, open: &mut Option<(usize, u32)>) {
    if let Some((_, begin)) = open.take() {
        let end = snippet.text.len() as u32;
        snippet.highlights.push((begin, end));
    }
}

/// Where a snippet begins whose first match is at `first`: a few characters earlier, at the
/// beginning of a word if there is one.
fn lead(text: &str, first: usize) -> usize {
    let before = text[..first].char_indices().rev().take(LEAD);
    let start = before.last().map_or(first, |(at, _)| at);
    if start == 0 {
        return 0;
    }
    let mut spaces =
        text[start..first].char_indices().filter(|(_, character)| is_space(*character));
    spaces.next().map_or(start, |(at, space)| start + at + space.len_utf8())
}

fn is_space(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}
