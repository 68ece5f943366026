//! What sessions, people and git do to a repository, one step after the other.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

/// Which of several: counted modulo how many there are when the step is done.
pub(crate) type Choice = u8;

/// Somebody changes files.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// A session replaces text in a file.
    Edit { session: Choice, file: Choice, place: Place },
    /// A session replaces two texts in a file by one call.
    MultiEdit { session: Choice, file: Choice, places: [Place; 2] },
    /// A session makes a file.
    Create { session: Choice, lines: u8 },
    /// A session reads a file and writes it anew, most of it as it was.
    Overwrite { session: Choice, file: Choice, place: Place },
    /// A session calls for an edit that fails.
    Failure { session: Choice, file: Choice, place: Place, again: Again },
    /// A session reads a file.
    Read { session: Choice, file: Choice },
    /// A person makes a file.
    HandCreate { lines: u8 },
    /// A person replaces lines.
    HandReplace { file: Choice, place: Place },
    /// A person deletes lines.
    HandDelete { file: Choice, place: Place },
    /// A person changes one number in a line that a session wrote.
    HandTouch { file: Choice, at: Choice },
}

/// Where lines are replaced, and by how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) at: Choice,
    /// 0 only inserts.
    pub(crate) drop: u8,
    /// At least one.
    pub(crate) add: u8,
    /// The lines around stand in what is replaced and in what replaces it.
    pub(crate) context: bool,
    /// The first line begins behind its white space, as models like to cut it.
    pub(crate) unindented: bool,
}

/// Whether what failed succeeds in another call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Again {
    Never,
    Before,
    After,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Work(Work),
    /// Everything that has changed is committed.
    Commit,
    /// One file is committed, and the others stay as they are.
    CommitOnly {
        file: Choice,
    },
    /// Everything that has changed is put into the last commit.
    Amend,
    /// The last commits are put on another branch, on which somebody worked on other files.
    Rebase {
        commits: Choice,
    },
    /// The last commits become one.
    Squash {
        commits: Choice,
    },
    /// The last commit is picked onto another branch, which is worked on from here on.
    CherryPick,
    Rename {
        file: Choice,
        commit: bool,
    },
    /// A branch on which one file was worked on is merged into one on which others were.
    Merge {
        file: Choice,
        branch: Vec<Work>,
        main: Vec<Work>,
    },
}

/// All the steps of a case.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) steps: Vec<Step>,
    /// What has changed in the end is committed.
    pub(crate) commits_in_the_end: bool,
}

impl fmt::Debug for Story {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter)?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(formatter, "{number:>3}. {step:?}")?;
        }
        writeln!(formatter, "     commits in the end: {}", self.commits_in_the_end)
    }
}

pub(crate) fn story() -> impl Strategy<Value = Story> {
    (vec(step(), 1..70), any::<bool>())
        .prop_map(|(steps, commits_in_the_end)| Story { steps, commits_in_the_end })
}

fn step() -> impl Strategy<Value = Step> {
    let choice = any::<Choice>;
    prop_oneof![
        16 => work().prop_map(Step::Work),
        4 => Just(Step::Commit),
        1 => choice().prop_map(|file| Step::CommitOnly { file }),
        1 => Just(Step::Amend),
        1 => choice().prop_map(|commits| Step::Rebase { commits }),
        1 => choice().prop_map(|commits| Step::Squash { commits }),
        1 => Just(Step::CherryPick),
        1 => (choice(), any::<bool>()).prop_map(|(file, commit)| Step::Rename { file, commit }),
        1 => (choice(), vec(work(), 1..4), vec(work(), 0..4))
            .prop_map(|(file, branch, main)| Step::Merge { file, branch, main }),
    ]
}

fn work() -> impl Strategy<Value = Work> {
    let choice = any::<Choice>;
    let again = prop_oneof![Just(Again::Never), Just(Again::Before), Just(Again::After)];
    prop_oneof![
        6 => (choice(), choice(), place())
            .prop_map(|(session, file, place)| Work::Edit { session, file, place }),
        2 => (choice(), choice(), [place(), place()])
            .prop_map(|(session, file, places)| Work::MultiEdit { session, file, places }),
        2 => (choice(), 1..12_u8).prop_map(|(session, lines)| Work::Create { session, lines }),
        2 => (choice(), choice(), place())
            .prop_map(|(session, file, place)| Work::Overwrite { session, file, place }),
        1 => (choice(), choice(), place(), again)
            .prop_map(|(session, file, place, again)| Work::Failure { session, file, place, again }),
        1 => (choice(), choice()).prop_map(|(session, file)| Work::Read { session, file }),
        1 => (1..8_u8).prop_map(|lines| Work::HandCreate { lines }),
        3 => (choice(), place()).prop_map(|(file, place)| Work::HandReplace { file, place }),
        1 => (choice(), place()).prop_map(|(file, place)| Work::HandDelete { file, place }),
        2 => (choice(), choice()).prop_map(|(file, at)| Work::HandTouch { file, at }),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    (any::<Choice>(), 0..4_u8, 1..6_u8, any::<bool>(), any::<bool>()).prop_map(
        |(at, drop, add, context, unindented)| Place { at, drop, add, context, unindented },
    )
}
