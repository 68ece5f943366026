//! How sure it is that a session had a part in a commit. `docs/linking.md` gives the reasons.

use crate::model::Evidence;

/// Weights of what can be known without looking at text.
const TIME: f32 = 0.35;
const FILES: f32 = 0.45;
const BRANCH: f32 = 0.2;

/// What a file counts that the session only read.
const READ: f32 = 0.25;

/// What is left of that if somebody else made the commit.
const OTHER_AUTHOR: f32 = 0.3;

/// What each telling line of its own says: the content counts 1 - exp(-lines · this), a line alone
/// 0.33 long after the session, and 0.63 inside of it.
const LINE: f32 = 0.4;
const LINE_INSIDE: f32 = 0.6;

/// Time after the session's end at which nearness counts nothing, in milliseconds.
const NEAR: f32 = 30.0 * 60_000.0;

/// What a session and a commit have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Facts {
    /// Milliseconds between the commit and the session; 0 inside of it.
    pub(super) distance: u64,
    /// Files that the commit changes.
    pub(super) files: u32,
    /// Those of them that the session changed, and that it only read.
    pub(super) edited: u32,
    pub(super) read: u32,
    /// Whether the session was on a branch that has the commit.
    pub(super) branch: Option<bool>,
    /// The session's edits tell what they wrote.
    pub(super) tells_content: bool,
    /// Weight of the lines that the commit adds, of those that the session wrote, and that others
    /// wrote: a line that one session wrote weighs 1.
    pub(super) added: f32,
    pub(super) own: f32,
    pub(super) others: f32,
    /// Lines that the commit adds, and those that the session wrote.
    pub(super) added_lines: u32,
    pub(super) own_lines: u32,
    pub(super) other_author: bool,
}

/// How sure it is, from 0 to 1, and why.
pub(super) fn judge(facts: &Facts) -> (f32, Evidence) {
    let time = (1.0 - facts.distance as f32 / NEAR).max(0.0);
    let files = match facts.files {
        0 => 0.0,
        files => ((facts.edited as f32 + READ * facts.read as f32) / files as f32).min(1.0),
    };
    let branch = facts.branch.map(|is_same| f32::from(u8::from(is_same)));
    let mut circumstances = TIME * time + FILES * files + BRANCH * branch.unwrap_or(0.5);
    if facts.other_author {
        circumstances *= OTHER_AUTHOR;
    }
    if facts.own == 0.0 {
        // What others explain needs no further explanation.
        circumstances *= 1.0 - (facts.others / facts.added.max(f32::EPSILON)).clamp(0.0, 1.0);
    }
    let content = facts.tells_content.then(|| {
        let share = facts.own / (facts.added + 0.5);
        share.max(1.0 - (-facts.own * (LINE + LINE_INSIDE * time)).exp())
    });
    let confidence = match content {
        // The more text there is to compare, the less the circumstances say.
        Some(content) => {
            let known = facts.added / (facts.added + 1.0);
            known * content + (1.0 - known) * circumstances
        }
        None => circumstances,
    };
    let evidence = Evidence {
        time,
        files,
        branch,
        content,
        lines: facts.own_lines,
        added: facts.added_lines,
        other_author: facts.other_author,
    };
    (confidence.clamp(0.0, 1.0), evidence)
}

#[cfg(test)]
mod tests {
    use super::{Facts, judge};

    /// In percent, as `docs/linking.md` has them.
    #[track_caller]
    fn check(facts: Facts, expected: u32) {
        let (confidence, evidence) = judge(&facts);
        assert_eq!((confidence * 100.0).round() as u32, expected, "{evidence:?}");
    }

    #[test]
    fn the_figures_of_the_docs_hold() {
        let aside = Facts { files: 3, branch: Some(true), ..Facts::default() };
        check(aside, 55);
        check(Facts { read: 3, ..aside }, 66);
        check(Facts { read: 3, added: 9.0, others: 9.0, ..aside }, 0);
        let one = Facts { added: 1.0, own: 1.0, tells_content: true, ..Facts::default() };
        let one = Facts { files: 1, edited: 1, ..one };
        check(one, 78);
        check(Facts { distance: u64::MAX, ..one }, 61);
        check(Facts { own: 0.0, branch: Some(true), ..one }, 50);
        let among = Facts { own: 1.0, added: 20.0, tells_content: true, ..Facts::default() };
        let among = Facts { files: 4, edited: 1, ..among };
        check(among, 63);
        check(Facts { distance: u64::MAX, ..among }, 32);
        check(Facts { distance: u64::MAX, own: 3.0, ..among }, 68);
    }

    #[test]
    fn more_of_its_own_never_makes_it_less_sure() {
        for added in 0..40 {
            let mut last = 0.0;
            for own in 0..=added {
                let (added, own) = (added as f32, own as f32);
                let (sure, _) =
                    judge(&Facts { added, own, tells_content: true, ..Facts::default() });
                assert!((last..=1.0).contains(&sure), "{own} of {added}: {sure} after {last}");
                last = sure;
            }
        }
    }
}
