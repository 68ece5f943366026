//! Edits that the result of a call tells of: differences, and whole files before and after.

use lore_plugin_sdk::{Edit, EditKind, patch};
use serde_json::Value;

/// The edits of a result's differences: `{"diff": {"chunks": [{"diffString"}]}}`.
pub(crate) fn of_difference(path: &str, result: &Value) -> Vec<Edit> {
    let chunks = result["diff"]["chunks"].as_array().into_iter().flatten();
    let difference = chunks.filter_map(|chunk| chunk["diffString"].as_str());
    difference.flat_map(|text| patch::unified(path, &as_hunk(text))).collect()
}

/// The hunk that a difference is. Cursor writes a space after the sign.
fn as_hunk(text: &str) -> String {
    if text.lines().any(|line| line.starts_with("@@")) {
        return text.to_owned();
    }
    let is_spaced = |line: &str| {
        line.is_empty() || matches!(line, "+" | "-" | " ") || line.as_bytes().get(1) == Some(&b' ')
    };
    let spaced = text.lines().all(is_spaced);
    let mut hunk = "@@\n".to_owned();
    for line in text.lines() {
        match line.get(..1).filter(|_| spaced) {
            Some(sign) => {
                hunk.push_str(sign);
                hunk.push_str(line.get(2..).unwrap_or_default());
            }
            None => hunk.push_str(line),
        }
        hunk.push('\n');
    }
    hunk
}

/// The edit that made a whole file from another: only the lines that differ, from the first to the
/// last.
pub(crate) fn of_files(path: &str, before: &str, after: &str) -> Option<Edit> {
    if before.is_empty() {
        return Some(Edit::create(path, after));
    }
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[head..], &new[head..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    (!old.is_empty() || !new.is_empty()).then(|| Edit::replace(path, old.concat(), new.concat()))
}

/// A file that became this text, from one that is not known.
pub(crate) fn of_text(path: &str, after: &str) -> Edit {
    Edit {
        path: path.to_owned(),
        kind: EditKind::Replace,
        before: None,
        after: Some(after.to_owned()),
        to: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_read_in_both_forms() {
        let of =
            |text: &str| of_difference("a", &json!({"diff": {"chunks": [{"diffString": text}]}}));
        let expected = [Edit::replace("a", "  one\ntwo\n", "  one\n2\n")];
        assert_eq!(of("    one\n- two\n+ 2"), expected);
        assert_eq!(of("@@ -1,2 +1,2 @@\n   one\n-two\n+2\n"), expected);
        assert_eq!(of("   one\n-two\n+2"), expected);
        assert_eq!(of("- \n+ words"), [Edit::replace("a", "\n", "words\n")]);
    }

    #[test]
    fn only_what_differs_is_told() {
        let before = "one\ntwo\nthree\nfour\n";
        assert_eq!(
            of_files("a", before, "one\n2\n3\nfour\n"),
            Some(Edit::replace("a", "two\nthree\n", "2\n3\n"))
        );
        assert_eq!(of_files("a", before, before), None);
        assert_eq!(of_files("a", "", "new\n"), Some(Edit::create("a", "new\n")));
        assert_eq!(of_files("a", "x\nx\n", "x\n"), Some(Edit::replace("a", "x\n", "")));
    }
}
