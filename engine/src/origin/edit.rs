//! What an edit wrote: the lines of its text that were not there before.

use std::collections::{HashMap, HashSet};

use gix::diff::blob::{Algorithm, Diff, InternedInput};

use super::fragment;
use super::line::{file_name, fingerprint, fingerprint_in, is_telling, normalised};
use crate::model::{EditKind, FileEdit};

/// Lines of an edit that are looked at; what is longer was hardly written by a session.
const MOST_LINES: usize = 20_000;

/// The text that an edit left, line by line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) lines: Vec<WrittenLine>,
    /// What the edit replaced, hunk by hunk.
    pub(crate) replaced: Vec<Vec<String>>,
}

/// A line that an edit left.
#[derive(Clone, Debug)]
pub(crate) struct WrittenLine {
    pub(crate) text: String,
    pub(crate) normalised: String,
    /// The hunk that brought it; nothing if it was there before.
    pub(crate) hunk: Option<u32>,
}

impl Written {
    /// The lines that an edit left; none if it removed or moved its file.
    pub(crate) fn of(edit: &FileEdit) -> Self {
        let Some(after) = edit.after.as_deref() else { return Self::default() };
        if edit.kind == EditKind::Delete {
            return Self::default();
        }
        let line = |text: &str| {
            let (text, normalised) = (text.to_owned(), normalised(text));
            WrittenLine { text, normalised, hunk: Some(0) }
        };
        let lines = after.lines().take(MOST_LINES).map(line).collect();
        let mut written = Self { lines, replaced: vec![Vec::new()] };
        if let Some(before) = edit.before.as_deref().filter(|before| !before.is_empty()) {
            written.compare(before);
        }
        written
    }

    /// Takes off lines that were there before, normalised.
    pub(crate) fn take_off(&mut self, known: &HashSet<String>) {
        for line in &mut self.lines {
            line.hunk = line.hunk.filter(|_| !known.contains(&line.normalised));
        }
    }

    /// Takes off what was there before.
    fn compare(&mut self, before: &str) {
        let old: Vec<(&str, String)> =
            before.lines().take(MOST_LINES).map(|line| (line, normalised(line))).collect();
        let mut input = InternedInput::default();
        input.update_before(old.iter().map(|(_, line)| line.as_str()));
        input.update_after(self.lines.iter().map(|line| line.normalised.as_str()));
        let diff = Diff::compute(Algorithm::Histogram, &input);
        // A line that is only at another place now was there before, too.
        let mut moved: HashMap<&str, u32> = HashMap::new();
        for hunk in diff.hunks() {
            let lines = &old[hunk.before.start as usize..hunk.before.end as usize];
            for (_, line) in lines.iter().filter(|(_, line)| is_telling(line)) {
                *moved.entry(line).or_default() += 1;
            }
        }
        let (mut hunks, mut replaced) = (vec![None; self.lines.len()], Vec::new());
        for hunk in diff.hunks() {
            for at in hunk.after.clone() {
                let line = self.lines[at as usize].normalised.as_str();
                match moved.get_mut(line) {
                    Some(count) if *count > 0 => *count -= 1,
                    _ => hunks[at as usize] = Some(replaced.len() as u32),
                }
            }
            let lines = &old[hunk.before.start as usize..hunk.before.end as usize];
            replaced.push(lines.iter().map(|(line, _)| (*line).to_owned()).collect());
        }
        for (line, hunk) in self.lines.iter_mut().zip(hunks) {
            line.hunk = hunk.filter(|_| line.hunk.is_some());
        }
        self.replaced = replaced;
    }
}

/// The fingerprints that an edit leaves in the index: of every telling line that it wrote, alone and
/// with the name of the file, and those of the parts of lines that it may begin and end with.
pub(crate) fn fingerprints(edit: &FileEdit) -> impl Iterator<Item = u64> {
    let written = Written::of(edit);
    let name = file_name(edit.to.as_deref().unwrap_or(&edit.path)).to_owned();
    let lines = written.lines.into_iter().filter(|line| line.hunk.is_some());
    let lines = lines.filter(|line| is_telling(&line.normalised)).flat_map(move |line| {
        let line = fingerprint(&line.normalised);
        [line, fingerprint_in(&name, line)]
    });
    lines.chain(fragment::keys(edit))
}
