//! Looks through commits that are not to be blamed, such as one that only formatted the code.
//!
//! Which line such a commit made of which can only be guessed: from what they have in common, and
//! where nothing has, from where they stand. Lines beyond those that it replaced are its own.

use std::collections::HashMap;
use std::ops::Range;

use super::super::lines::{Difference, Text, without_whitespace};
use super::pieces::{Divided, Piece};

/// How far from its place in the hunk a line is sought, in lines.
const REACH: u32 = 100;

/// Two lines that have at least this share in common are the same line, changed.
const ALIKE: f32 = 0.5;

/// Passes lines that an ignored commit changed to the lines that they replaced.
pub(super) fn look_through(
    pieces: Vec<Piece>,
    differences: &[Difference],
    before: &Text,
    after: &Text,
) -> Divided {
    let mut divided = Divided { passed: Vec::new(), kept: Vec::new() };
    let mut guesses: HashMap<u32, HashMap<u32, u32>> = HashMap::new();
    for piece in pieces {
        for offset in 0..piece.length {
            let line =
                Piece { start: piece.start + offset, wanted: piece.wanted + offset, length: 1 };
            let index = differences.partition_point(|found| found.after.end <= line.start);
            let difference = differences.get(index);
            let difference = difference.filter(|found| found.after.contains(&line.start));
            let origin = difference.and_then(|found| {
                let guess = || guess(found, before, after);
                let origins = guesses.entry(found.after.start).or_insert_with(guess);
                origins.get(&line.start).copied()
            });
            match origin {
                Some(start) => divided.passed.push(Piece { start, ..line }),
                None => divided.kept.push(line),
            }
        }
    }
    divided
}

/// Guesses for the lines of a hunk which replaced line each was.
fn guess(difference: &Difference, before: &Text, after: &Text) -> HashMap<u32, u32> {
    let old: Vec<Pairs> =
        difference.before.clone().map(|line| Pairs::of(before.line(line))).collect();
    let (old_count, new_count) = (count(&difference.before), count(&difference.after));
    let mut origins = HashMap::new();
    let mut taken = vec![false; old.len()];
    for (line, place) in difference.after.clone().zip(0u32..) {
        let pairs = Pairs::of(after.line(line));
        let expected = scaled(place, old_count, new_count);
        let near = expected.saturating_sub(REACH)..(expected + REACH + 1).min(old_count);
        let scores = near.filter_map(|candidate| {
            let score = pairs.likeness(old.get(candidate as usize)?);
            (score >= ALIKE).then_some((score, candidate))
        });
        // Of those that are equally alike, the one nearest to where it is expected.
        let best = scores.min_by(|one, other| {
            let far = |candidate: u32| candidate.abs_diff(expected);
            other.0.total_cmp(&one.0).then(far(one.1).cmp(&far(other.1)))
        });
        if let Some((_, candidate)) = best {
            taken[candidate as usize] = true;
            origins.insert(line, difference.before.start + candidate);
        }
    }
    for (line, place) in difference.after.clone().zip(0..old.len()) {
        if !origins.contains_key(&line) && !taken[place] {
            origins.insert(line, difference.before.start + place as u32);
        }
    }
    origins
}

fn count(range: &Range<u32>) -> u32 {
    range.end - range.start
}

fn scaled(place: u32, old_count: u32, new_count: u32) -> u32 {
    let scaled = u64::from(place) * u64::from(old_count) / u64::from(new_count.max(1));
    scaled as u32 // at most `old_count`
}

/// The pairs of neighbouring bytes of a line, without its white space, sorted.
struct Pairs(Vec<[u8; 2]>);

impl Pairs {
    fn of(line: &[u8]) -> Self {
        let line = without_whitespace(line);
        // The frame lets a line of one character have pairs too.
        let framed: Vec<u8> = [b"\n", &line[..], b"\n"].concat();
        let mut pairs: Vec<[u8; 2]> = framed.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        pairs.sort_unstable();
        Self(pairs)
    }

    /// From 0 for nothing in common to 1 for the same pairs.
    fn likeness(&self, other: &Self) -> f32 {
        let (mut first, mut second) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0;
        while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(first.next()),
                std::cmp::Ordering::Greater => drop(second.next()),
                std::cmp::Ordering::Equal => {
                    common += 2;
                    first.next();
                    second.next();
                }
            }
        }
        common as f32 / (self.0.len() + other.0.len()).max(1) as f32
    }
}
