//! The edits in an answer, for the paths that aider says it applied them to.
//!
//! Models write edits in one of several formats, and answers also hold code that is no edit at all.
//! So nothing is taken in but what belongs to a path that was confirmed.

use lore_plugin_sdk::{Edit, EditKind, patch};

use crate::place;

/// What is known about an answer's edits.
pub(crate) struct Answer<'a> {
    pub(crate) text: &'a str,
    /// Paths whose edits were applied.
    pub(crate) applied: &'a [&'a str],
    /// Paths that aider made before.
    pub(crate) created: &'a [&'a str],
    /// The format that the model was asked for.
    pub(crate) format: Option<&'a str>,
}

impl Answer<'_> {
    /// The edits of each applied path; one without texts if they are in no format that is known.
    pub(crate) fn edits(&self) -> Vec<(&str, Vec<Edit>)> {
        if self.applied.is_empty() {
            return Vec::new();
        }
        let mut found = self.blocks();
        found.extend(self.diffs());
        found.extend(patch::edits(self.text));
        let may_be_whole = self.format.is_none_or(|format| !format.contains("diff"));
        if found.is_empty() && may_be_whole {
            found = self.files();
        }
        let mut edits: Vec<(&str, Vec<Edit>)> =
            self.applied.iter().map(|path| (*path, Vec::new())).collect();
        for mut edit in found {
            let Some(at) = self.resolve(&edit.path) else { continue };
            edit.path = edits[at].0.to_owned();
            edits[at].1.push(edit);
        }
        for (path, edits) in &mut edits {
            if edits.is_empty() {
                let path = (*path).to_owned();
                let kind = EditKind::Replace;
                edits.push(Edit { path, kind, before: None, after: None, to: None });
            }
        }
        edits
    }

    /// Blocks that search and replace, below the path or with it inside of the code block.
    fn blocks(&self) -> Vec<Edit> {
        let lines: Vec<&str> = self.text.lines().collect();
        let mut edits = Vec::new();
        let mut last_path: Option<String> = None;
        let mut at = 0;
        while let Some(start) = find(&lines, at, place::is_search) {
            at = start + 1;
            let Some(divider) = find(&lines, at, place::is_divider) else { break };
            let Some(end) = find(&lines, divider + 1, place::is_replace) else { break };
            at = end + 1;
            let path = match name_above(&lines, start) {
                Some(name) if self.resolve(name).is_some() => Some(name.to_owned()),
                // A path of its own, which was not confirmed.
                Some(name) if !name.contains(char::is_whitespace) => None,
                _ => last_path.clone().or_else(|| match self.applied {
                    [only] => Some((*only).to_owned()),
                    _ => None,
                }),
            };
            if let Some(path) = &path {
                edits.push(self.block(
                    path,
                    joined(&lines[start + 1..divider]),
                    joined(&lines[divider + 1..end]),
                ));
            }
            last_path = path;
        }
        edits
    }

    /// With nothing to search, the text is the file's or is added at its end.
    fn block(&self, path: &str, before: String, after: String) -> Edit {
        if !before.trim().is_empty() {
            return Edit::replace(path, before, after);
        }
        let is_new = self.created.iter().any(|created| is_same(created, path));
        let kind = if is_new { EditKind::Create } else { EditKind::Replace };
        Edit { kind, ..Edit::create(path, after) }
    }

    /// Unified diffs in code blocks.
    fn diffs(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (_, code) in code_blocks(self.text) {
            let starts: Vec<usize> = (1..code.len())
                .filter(|at| code[at - 1].starts_with("--- ") && code[*at].starts_with("+++ "))
                .collect();
            for (at, start) in starts.iter().enumerate() {
                let end = starts.get(at + 1).map_or(code.len(), |next| next - 1);
                let path = code[*start].trim_start_matches("+++ ").trim();
                edits.extend(patch::unified(path, &joined(&code[start + 1..end])));
            }
        }
        edits
    }

    /// Code blocks below a path, which are the file as a whole.
    fn files(&self) -> Vec<Edit> {
        let named = |(name, code): (Option<&str>, Vec<&str>)| {
            let path = name.and_then(name_of).filter(|name| self.resolve(name).is_some())?;
            Some(Edit::create(path, joined(&code)))
        };
        code_blocks(self.text).into_iter().filter_map(named).collect()
    }

    /// Which applied path a name means; models shorten paths and `diff` puts `b/` before them.
    fn resolve(&self, name: &str) -> Option<usize> {
        let is =
            |same: fn(&str, &str) -> bool| self.applied.iter().position(|path| same(path, name));
        is(|path, name| path == name).or_else(|| is(is_same))
    }
}

/// Whether one path is the end of the other.
fn is_same(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let short = short.strip_prefix("./").unwrap_or(short);
    !short.is_empty()
        && long
            .strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(['/', '\\']))
}

fn find(lines: &[&str], from: usize, is: fn(&str) -> bool) -> Option<usize> {
    lines.iter().skip(from).position(|line| is(line)).map(|at| at + from)
}

/// The path above a block: on the line before it, lines that open code blocks aside.
fn name_above<'a>(lines: &[&'a str], block: usize) -> Option<&'a str> {
    let above = lines[..block].iter().rev().take(3);
    above.copied().find(|line| end_of_code(line).is_none()).and_then(name_of)
}

/// A path as models write it above its code: ``**`src/main.rs`**:``, say.
fn name_of(line: &str) -> Option<&str> {
    let name = line.trim().trim_end_matches(':').trim_start_matches('#').trim();
    let name = name.trim_matches(['`', '*']);
    (!name.is_empty() && name != "...").then_some(name)
}

/// The line that ends the code which this one begins; aider asks for elements where the files hold
/// backticks themselves.
fn end_of_code(line: &str) -> Option<String> {
    const ELEMENTS: [&str; 5] = ["source", "code", "pre", "codeblock", "sourcecode"];
    let ticks = place::ticks(line);
    if ticks > 0 {
        return Some("`".repeat(ticks));
    }
    let (element, _) = line.strip_prefix('<')?.split_once('>')?;
    ELEMENTS.contains(&element).then(|| format!("</{element}>"))
}

/// The code blocks of a text, each with the line above it that is not blank.
fn code_blocks(text: &str) -> Vec<(Option<&str>, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut above = None;
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in text.lines() {
        match &mut open {
            Some((end, code)) if line.trim() != end.as_str() => code.push(line),
            Some(_) => blocks.extend(open.take().map(|(_, code)| (above.take(), code))),
            None => {
                open = end_of_code(line).map(|end| (end, Vec::new()));
                if open.is_none() && !line.trim().is_empty() {
                    above = Some(line);
                }
            }
        }
    }
    blocks
}

fn joined(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(text: &str, applied: &[&str], created: &[&str], format: &str) -> Vec<Edit> {
        let answer = Answer { text, applied, created, format: Some(format) };
        answer.edits().into_iter().flat_map(|(_, edits)| edits).collect()
    }

    #[test]
    fn blocks_belong_to_the_path_above_them() {
        let text = "First:\n\n**`src/a.py`**:\n```python\n<<<<<<< SEARCH\none\n=======\ntwo\n>>>>>>> REPLACE\n\
            \n<<<<<<< SEARCH\nthree\n=======\n>>>>>>> REPLACE\n```\n\n\
            ```python\nb.py\n<<<<<<< ORIGINAL\n=======\nnew\n>>>>>>> UPDATED\n```\n\
            c.py\n<source>python\n<<<<<<< SEARCH\nno\n=======\nyes\n>>>>>>> REPLACE\n```\n";
        let append = Edit { kind: EditKind::Replace, ..Edit::create("b.py", "new\n") };
        let replaced =
            [Edit::replace("src/a.py", "one\n", "two\n"), Edit::replace("src/a.py", "three\n", "")];
        let expected = |b: Edit| [replaced.clone().as_slice(), &[b]].concat();
        assert_eq!(edits(text, &["src/a.py", "b.py"], &[], "diff"), expected(append));
        let created = Edit::create("b.py", "new\n");
        assert_eq!(edits(text, &["src/a.py", "b.py"], &["/p/b.py"], "diff"), expected(created));
        assert_eq!(edits(text, &[], &[], "diff"), []);
    }

    #[test]
    fn diffs_files_and_patches_are_edits() {
        let diff = "```diff\n--- a/a.py\n+++ b/a.py\n@@ ... @@\n one\n-two\n+2\n\
            --- /dev/null\n+++ b.py\n@@ -0,0 +1 @@\n+new\n```\n";
        assert_eq!(
            edits(diff, &["a.py", "b.py"], &[], "udiff"),
            [Edit::replace("a.py", "one\ntwo\n", "one\n2\n"), Edit::replace("b.py", "", "new\n")]
        );
        let whole =
            "Run it:\n```bash\nmake\n```\n\na.md\n<source>\n# A\n```\ncode\n```\n</source>\n";
        let created = [Edit::create("a.md", "# A\n```\ncode\n```\n")];
        assert_eq!(edits(whole, &["a.md"], &[], "whole"), created);
        let patch = "*** Begin Patch\n*** Update File: a.py\n@@\n-one\n+two\n*** End Patch\n";
        let replaced = [Edit::replace("a.py", "one\n", "two\n")];
        assert_eq!(edits(patch, &["a.py"], &[], "patch"), replaced);
    }

    #[test]
    fn an_applied_path_without_its_edit_is_told_alone() {
        let unknown = Edit {
            path: "a.md".into(),
            kind: EditKind::Replace,
            before: None,
            after: None,
            to: None,
        };
        let quoted = "a.md\n```\nan example\n```\n<<<<<<< SEARCH\ncut off";
        assert_eq!(edits(quoted, &["a.md"], &[], "diff"), [unknown]);
    }
}
