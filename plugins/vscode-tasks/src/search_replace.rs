//! SEARCH/REPLACE blocks, by which models change files.
//!
//! ```text
//! <<<<<<< SEARCH          or  ------- SEARCH
//! :start_line:12          may follow, closed by a line of dashes
//! -------
//! old lines
//! =======
//! new lines
//! >>>>>>> REPLACE         or  +++++++ REPLACE
//! ```
//!
//! A line that would be a marker itself is written with a backslash before it. A block that is not
//! closed was cut off and yields nothing.

use lore_plugin_sdk::Edit;

enum Part {
    Outside,
    Search,
    Replace,
}

/// Whether the text has such a block, complete or not.
pub(crate) fn has_blocks(text: &str) -> bool {
    text.lines().any(is_search)
}

/// The edits of all complete blocks, in their order. With nothing to search for, the file is
/// written as a whole.
pub(crate) fn edits(path: &str, text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut part, mut before, mut after) = (Part::Outside, String::new(), String::new());
    for line in text.lines() {
        match part {
            _ if is_search(line) => {
                (part, before, after) = (Part::Search, String::new(), String::new());
            }
            Part::Outside => {}
            Part::Search if is_marker(line, '=', "") => part = Part::Replace,
            Part::Search if is_marker(line, '-', "") && is_position(&before) => before.clear(),
            Part::Search => push_line(&mut before, line),
            Part::Replace if is_marker(line, '+', "REPLACE") || is_marker(line, '>', "REPLACE") => {
                part = Part::Outside;
                let (before, after) = (std::mem::take(&mut before), std::mem::take(&mut after));
                if before.is_empty() {
                    edits.push(Edit::create(path, after));
                } else if before != after {
                    edits.push(Edit::replace(path, before, after));
                }
            }
            Part::Replace => push_line(&mut after, line),
        }
    }
    edits
}

fn is_search(line: &str) -> bool {
    is_marker(line, '<', "SEARCH") || is_marker(line, '-', "SEARCH")
}

/// Whether the line is a run of `sign`, at least three of them, and the word.
fn is_marker(line: &str, sign: char, word: &str) -> bool {
    let line = line.trim_end();
    let rest = line.trim_start_matches(sign);
    let rest_word = rest.strip_suffix('>').unwrap_or(rest).trim_start();
    line.len() - rest.len() >= 3 && rest_word == word
}

/// Whether the lines say nothing but where to search.
fn is_position(lines: &str) -> bool {
    !lines.is_empty()
        && lines.lines().all(|l| l.starts_with(":start_line:") || l.starts_with(":end_line:"))
}

fn push_line(text: &mut String, line: &str) {
    let escaped = line.strip_prefix('\\').filter(|rest| {
        let rest = rest.trim_start_matches('\\');
        ["<<<", "---", "===", "+++", ">>>", ":start_line:", ":end_line:"]
            .iter()
            .any(|marker| rest.starts_with(marker))
    });
    text.push_str(escaped.unwrap_or(line));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_kinds_of_markers_are_read() {
        let text = "------- SEARCH\none\n=======\ntwo\n+++++++ REPLACE\n\n\
            <<<<<<< SEARCH\n:start_line:3\n-------\nthree\n=======\n>>>>>>> REPLACE\n\
            <<<<<<< SEARCH>\nfour\n\\=======\n=======\n\\>>>>>>> REPLACE\n>>>>>>> REPLACE\n";
        assert_eq!(
            edits("a.rs", text),
            [
                Edit::replace("a.rs", "one\n", "two\n"),
                Edit::replace("a.rs", "three\n", ""),
                Edit::replace("a.rs", "four\n=======\n", ">>>>>>> REPLACE\n"),
            ]
        );
    }

    #[test]
    fn what_is_not_certain_yields_nothing() {
        assert_eq!(edits("a", "<<<<<<< SEARCH\nsame\n=======\nsame\n>>>>>>> REPLACE"), []);
        assert_eq!(edits("a", "<<<<<<< SEARCH\ncut\n=======\noff\n"), []);
        assert_eq!(edits("a", "one\n=======\ntwo\n"), []);
        let rule = "------- SEARCH\n-------\n=======\n--\n+++++++ REPLACE";
        assert_eq!(edits("a", rule), [Edit::replace("a", "-------\n", "--\n")]);
        let whole = "------- SEARCH\n=======\nall\n+++++++ REPLACE";
        assert_eq!(edits("a", whole), [Edit::create("a", "all\n")]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            blocks in prop::collection::vec(("[a-z]{1,8}\n([a-zé ]{0,9}\n){0,3}", "([a-zé ]{0,9}\n){0,3}"), 0..4),
        ) {
            let text: String = blocks
                .iter()
                .map(|(a, b)| format!("<<<<<<< SEARCH\n{a}=======\n{b}>>>>>>> REPLACE\n"))
                .collect();
            let expected: Vec<Edit> = blocks
                .iter()
                .filter(|(a, b)| a != b)
                .map(|(a, b)| Edit::replace("p", a.clone(), b.clone()))
                .collect();
            prop_assert_eq!(edits("p", &text), expected);
        }
    }
}
