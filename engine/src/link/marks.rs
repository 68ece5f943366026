//! What a commit is found again by when it is rewritten.

use std::collections::{BTreeSet, HashMap};

use crate::git::{Changes, Commit};
use crate::model::CommitMark;
use crate::origin::{fingerprint, is_telling, normalised};

/// Lines of a commit that are kept: those with the smallest fingerprints, so that two commits keep
/// the same ones of the lines that they share.
const KEPT_LINES: usize = 32;

/// The lines that a commit adds.
pub(super) struct Added {
    /// Of each file that it changes, in order.
    pub(super) files: Vec<Vec<AddedLine>>,
}

/// A line that a commit adds.
pub(super) struct AddedLine {
    pub(super) normalised: String,
    /// It tells something by itself, and was not only moved.
    pub(super) counts: bool,
}

impl Added {
    pub(super) fn of(changes: &Changes) -> Self {
        let mut removed: HashMap<String, u32> = HashMap::new();
        let hunks = changes.files.iter().flat_map(|file| &file.hunks);
        for line in hunks.flat_map(|hunk| &hunk.removed) {
            *removed.entry(normalised(line)).or_default() += 1;
        }
        let mut added = |text: &String| {
            let normalised = normalised(text);
            let left = removed.get_mut(&normalised).filter(|left| **left > 0);
            let was_moved = left.map(|left| *left -= 1).is_some();
            let counts = !was_moved && is_telling(&normalised);
            AddedLine { normalised, counts }
        };
        let files = changes
            .files
            .iter()
            .map(|file| file.hunks.iter().flat_map(|hunk| &hunk.added).map(&mut added).collect());
        Self { files: files.collect() }
    }

    /// The fingerprints of the lines that count.
    pub(super) fn fingerprints(&self) -> BTreeSet<u64> {
        let lines = self.files.iter().flatten().filter(|line| line.counts);
        lines.map(|line| fingerprint(&line.normalised)).collect()
    }
}

/// The mark of a commit.
pub(crate) fn mark(commit: &Commit, changes: &Changes, branch: Option<String>) -> CommitMark {
    let lines = Added::of(changes).fingerprints();
    CommitMark {
        patch: (!changes.files.is_empty()).then(|| changes.patch_id().0),
        lines: lines.into_iter().take(KEPT_LINES).collect(),
        subject: commit.subject.clone(),
        branch,
    }
}
