//! Edits that change a part of a line.
//!
//! The first and the last line of what an edit replaces are often not whole: `limit - 1` becomes
//! `limit - 2` somewhere in a line. Such a line is found by the longest word of the fragment, and the
//! edit is taken back: if what the line was then is known, the edit wrote the line.

use super::line::{file_name, fingerprint, fingerprint_in};
use crate::model::FileEdit;

/// Times that a fragment is looked for in a line.
const PLACES: usize = 4;

/// Tells the keys of fragments from those of lines.
const FRAGMENT: u64 = 0x6672_6167_6d65_6e74;

/// The words of a line: runs of letters, digits and `_`.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.split(move |character| !is_part(character)).filter(|word| !word.is_empty())
}

/// The key of a word of a fragment in files of this name.
pub(super) fn word_key(name: &str, word: &str) -> u64 {
    fingerprint_in(name, fingerprint(word) ^ FRAGMENT)
}

/// The keys under which an edit is found by the fragments that it may begin and end with.
pub(super) fn keys(edit: &FileEdit) -> impl Iterator<Item = u64> {
    let is_replacement = edit.before.as_ref().is_some_and(|before| !before.is_empty());
    let after = edit.after.as_deref().filter(|_| is_replacement).unwrap_or_default();
    let first = after.split('\n').next();
    let last = after.rsplit('\n').next().filter(|_| after.contains('\n'));
    let name = file_name(edit.to.as_deref().unwrap_or(&edit.path)).to_owned();
    let longest = |fragment: &str| words(fragment).max_by_key(|word| word.len()).map(str::to_owned);
    let words: Vec<String> = [first, last].into_iter().flatten().filter_map(longest).collect();
    words.into_iter().map(move |word| word_key(&name, &word))
}

/// A line and those around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Around<'t> {
    pub(super) previous: Option<&'t str>,
    pub(super) line: &'t str,
    pub(super) next: Option<&'t str>,
}

/// What a line may have been before an edit that replaced `before` by `after`.
pub(super) fn take_back(around: Around<'_>, before: &str, after: &str) -> Vec<String> {
    let after: Vec<&str> = after.split('\n').collect();
    let before_lines: Vec<&str> = before.split('\n').collect();
    let line = around.line;
    match after.as_slice() {
        [] => Vec::new(),
        [fragment] if fragment.trim().is_empty() => Vec::new(),
        [fragment] => {
            let places = line.match_indices(fragment).take(PLACES);
            let earlier = places.map(|(at, _)| {
                let (prefix, suffix) = (&line[..at], &line[at + fragment.len()..]);
                match before_lines.as_slice() {
                    [first, _, ..] => format!("{prefix}{first}"),
                    _ => format!("{prefix}{before}{suffix}"),
                }
            });
            earlier.collect()
        }
        [first, middle @ .., last] => {
            let second = middle.first().copied().unwrap_or(last);
            let last_but_one = middle.last().copied().unwrap_or(first);
            let starts = |text: &str, is_whole: bool, part: &str| match is_whole {
                true => text.trim() == part.trim(),
                false => text.starts_with(part),
            };
            let mut earlier = Vec::new();
            let follows = around.next.is_some_and(|next| starts(next, !middle.is_empty(), second));
            if let (false, true, Some(prefix)) =
                (first.trim().is_empty(), follows, line.strip_suffix(first))
            {
                earlier.push(format!("{prefix}{}", before_lines[0]));
            }
            let precedes = around.previous.is_some_and(|previous| match middle.is_empty() {
                true => previous.ends_with(last_but_one),
                false => previous.trim() == last_but_one.trim(),
            });
            if let (false, true, Some(suffix)) =
                (last.trim().is_empty(), precedes, line.strip_prefix(last))
            {
                let ended = before_lines.last().copied().unwrap_or_default();
                // What the replaced text began in stands before it, if that was one line.
                let prefix = match (before_lines.len(), middle.is_empty(), around.previous) {
                    (1, true, Some(previous)) => previous.strip_suffix(first).unwrap_or_default(),
                    _ => "",
                };
                earlier.push(format!("{prefix}{ended}{suffix}"));
            }
            earlier
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Around, take_back};

    #[track_caller]
    fn check(lines: [&str; 3], before: &str, after: &str, expected: &[&str]) {
        let [previous, line, next] = lines.map(|line| line);
        let around = Around { previous: Some(previous), line, next: Some(next) };
        assert_eq!(take_back(around, before, after), expected);
    }

    #[test]
    fn a_part_of_a_line_is_taken_back() {
        check(["", "    limit - 2;", ""], "limit - 1", "limit - 2", &["    limit - 1;"]);
        check(["", "    limit - 2;", ""], "limit - 1", "limit - 3", &[]);
        check(["", "let a = b(c, d);", ""], "b(\n", "b(c, d", &["let a = b("]);
    }

    #[test]
    fn the_ends_of_several_lines_are_taken_back() {
        let (before, after) = ("f(a", "g(\n    a,\n    b");
        check(["", "let x = g(", "    a,"], before, after, &["let x = f(a"]);
        check(["    a,", "    b);", ""], before, after, &["f(a);"]);
        check(["other", "    b);", ""], before, after, &[]);
        check(["let x = g(", "b);", ""], "f(a", "g(\nb", &["let x = f(a);"]);
    }
}
