//! Reads patches into edits: the `apply_patch` format of language models, and unified diffs.
//!
//! ```text
//! *** Begin Patch
//! *** Add File: src/new.rs
//! +fn new() {}
//! *** Update File: src/old.rs
//! *** Move to: src/moved.rs
//! @@ impl Old
//!  a line that stays
//! -a line that goes
//! +a line that comes
//! *** End of File
//! *** Delete File: src/gone.rs
//! *** End Patch
//! ```
//!
//! A patch is a claim of the model, so what is not certain yields nothing for its part: a hunk with
//! a line of no known sign, the last file of a patch that was cut off, a hunk that changes nothing.
//! Whether the patch was applied is not told here: that is in the tool's result.

use crate::Edit;

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";

/// The edits of a patch in the `apply_patch` format, in its order; none if it is no such patch.
///
/// A file added is one creation, a hunk one replacement of its old lines (context and removed) by
/// its new ones (context and added), each line with its line feed. A move follows the replacements
/// in the file, which carry the old path.
pub fn edits(patch: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut file = None;
    for line in patch.lines().skip_while(|line| line.trim() != BEGIN).skip(1) {
        let line_end_trimmed = line.trim_end();
        if line_end_trimmed == END {
            finish(file, &mut edits);
            return edits;
        }
        if let Some(next) = File::begin(line_end_trimmed) {
            finish(file.replace(next), &mut edits);
        } else if let Some(file) = &mut file {
            file.take(line);
        }
    }
    // Without its end the patch was cut off, and so may be its last file.
    edits
}

/// The edits of a unified diff of the file `path`, one replacement for each hunk.
pub fn unified(path: &str, diff: &str) -> Vec<Edit> {
    let mut hunks = Hunks::default();
    for line in diff.lines().skip_while(|line| !line.starts_with("@@")) {
        if !line.starts_with('\\') {
            hunks.take(line); // a backslash notes that the last line has no line feed
        }
    }
    hunks.finish(path)
}

fn finish(file: Option<File<'_>>, edits: &mut Vec<Edit>) {
    match file {
        Some(File::Add { path, text: Some(text) }) => edits.push(Edit::create(path, text)),
        Some(File::Update { path, to, hunks }) => {
            edits.extend(hunks.finish(path));
            edits.extend(to.map(|to| Edit::rename(path, to)));
        }
        Some(File::Delete { path }) => edits.push(Edit::delete(path, None)),
        Some(File::Add { text: None, .. } | File::Unknown) | None => {}
    }
}

/// The part of a patch that deals with one file.
enum File<'a> {
    /// `text` is absent once a line is not understood.
    Add {
        path: &'a str,
        text: Option<String>,
    },
    Update {
        path: &'a str,
        to: Option<&'a str>,
        hunks: Hunks,
    },
    Delete {
        path: &'a str,
    },
    Unknown,
}

impl<'a> File<'a> {
    /// Begins a part if the line is a header other than those inside of an update.
    fn begin(line: &'a str) -> Option<Self> {
        let header = line.strip_prefix("*** ")?;
        if header == "End of File" || header.starts_with("Move to:") {
            return None;
        }
        let Some((action, path)) = header.split_once(": ") else { return Some(Self::Unknown) };
        let path = path.trim();
        Some(match action {
            _ if path.is_empty() => Self::Unknown,
            "Add File" => Self::Add { path, text: Some(String::new()) },
            "Update File" => Self::Update { path, to: None, hunks: Hunks::default() },
            "Delete File" => Self::Delete { path },
            _ => Self::Unknown,
        })
    }

    fn take(&mut self, line: &'a str) {
        match self {
            Self::Add { text, .. } => match (line.strip_prefix('+'), text.as_mut()) {
                (Some(added), Some(text)) => push_line(text, added),
                _ => *text = None,
            },
            Self::Update { to, hunks, .. } => {
                if let Some(path) = line.strip_prefix("*** Move to: ") {
                    *to = Some(path.trim()).filter(|path| !path.is_empty());
                } else if line.trim_end() != "*** End of File" {
                    hunks.take(line);
                }
            }
            Self::Delete { .. } | Self::Unknown => {}
        }
    }
}

/// The hunks of one file: old and new text, absent once a line is not understood.
#[derive(Default)]
struct Hunks(Vec<Option<(String, String)>>);

impl Hunks {
    fn take(&mut self, line: &str) {
        if line.starts_with("@@") {
            self.0.push(Some(Default::default()));
            return;
        }
        if self.0.is_empty() {
            self.0.push(Some(Default::default())); // the first hunk may lack its `@@`
        }
        let Some(hunk) = self.0.last_mut() else { return };
        let Some((before, after)) = hunk else { return };
        if let Some(line) = line.strip_prefix('+') {
            push_line(after, line);
        } else if let Some(line) = line.strip_prefix('-') {
            push_line(before, line);
        } else if line.is_empty() || line.starts_with(' ') {
            let line = line.strip_prefix(' ').unwrap_or_default(); // editors strip the lone space
            push_line(before, line);
            push_line(after, line);
        } else {
            *hunk = None;
        }
    }

    fn finish(self, path: &str) -> Vec<Edit> {
        let changed = self.0.into_iter().flatten().filter(|(before, after)| before != after);
        changed.map(|(before, after)| Edit::replace(path, before, after)).collect()
    }
}

fn push_line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_action_becomes_its_edit() {
        let patch = "*** Begin Patch\n\
            *** Add File: new.rs\n+fn new() {}\n+\n\
            *** Update File: old.rs\n*** Move to: moved.rs\n@@ impl Old\n stays\n-goes\n+comes\n\n\
            @@\n-last\n*** End of File\n\
            *** Delete File: gone.rs\n\
            *** End Patch\n";
        assert_eq!(
            edits(patch),
            [
                Edit::create("new.rs", "fn new() {}\n\n"),
                Edit::replace("old.rs", "stays\ngoes\n\n", "stays\ncomes\n\n"),
                Edit::replace("old.rs", "last\n", ""),
                Edit::rename("old.rs", "moved.rs"),
                Edit::delete("gone.rs", None),
            ]
        );
    }

    #[test]
    fn an_uncertain_part_is_left_out_alone() {
        let patch = "said before\n  *** Begin Patch\n\
            *** Update File: a.rs\n@@\n-one\n+two\n@@\n?\n-three\n+four\n@@\n same\n\
            *** Rewrite File: b.rs\n+text\n\
            *** Add File: c.rs\nno sign\n\
            *** Update File: d.rs\n+without its header\n\
            *** End Patch";
        assert_eq!(
            edits(patch),
            [
                Edit::replace("a.rs", "one\n", "two\n"),
                Edit::replace("d.rs", "", "without its header\n")
            ]
        );
        let cut_off = "*** Begin Patch\n*** Delete File: a\n*** Add File: b\n+half a li";
        assert_eq!(edits(cut_off), [Edit::delete("a", None)]);
        assert_eq!(edits("*** Add File: a\n+text\n*** End Patch"), []);
    }

    #[test]
    fn unified_diffs_have_hunks_too() {
        let diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n\\ No newline at end of file\n\
            @@ -9,1 +9,1 @@ fn nine\n-nine\n+9\n";
        assert_eq!(
            unified("n", diff),
            [Edit::replace("n", "one\ntwo\n", "one\n2\n"), Edit::replace("n", "nine\n", "9\n")]
        );
    }

    fn lines() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec("[ -~é]{0,12}", 1..5)
    }

    fn signed(sign: char, lines: &[String]) -> String {
        lines.iter().map(|line| format!("{sign}{line}\n")).collect()
    }

    fn joined(lines: &[String]) -> String {
        lines.iter().map(|line| format!("{line}\n")).collect()
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            path in "[a-z./]{1,12}",
            (stays, goes, comes) in (lines(), lines(), lines()),
            moved in prop::option::of("[a-z]{1,8}"),
        ) {
            let patch = format!(
                "*** Begin Patch\n*** Add File: {path}\n{}*** Update File: {path}\n{}@@\n{}{}{}*** End Patch",
                signed('+', &stays),
                moved.iter().map(|to| format!("*** Move to: {to}\n")).collect::<String>(),
                signed(' ', &stays), signed('-', &goes), signed('+', &comes),
            );
            let mut expected = vec![Edit::create(path.clone(), joined(&stays))];
            if goes != comes {
                let before = joined(&stays) + &joined(&goes);
                expected.push(Edit::replace(path.clone(), before, joined(&stays) + &joined(&comes)));
            }
            expected.extend(moved.map(|to| Edit::rename(path, to)));
            prop_assert_eq!(edits(&patch), expected);
        }

        #[test]
        fn any_text_is_survived(
            parts in prop::collection::vec(
                prop_oneof![
                    Just("*** Begin Patch\n"), Just("*** End Patch\n"), Just("*** Add File: a\n"),
                    Just("*** Update File: é\n"), Just("*** Move to: b\n"), Just("*** Move to: \n"),
                    Just("*** Delete File: \n"), Just("@@"), Just("\n"), Just("+é"), Just("-"),
                    Just(" "), Just("*** "), Just("*** End of File\n"), Just("\r\n"),
                ],
                0..30,
            ),
        ) {
            let text = parts.concat();
            for edit in edits(&text).into_iter().chain(unified("path", &text)) {
                prop_assert!(!edit.path.is_empty());
                prop_assert!(edit.before.is_none() || edit.before != edit.after);
            }
        }
    }
}
