//! Random histories, and what git says of them: edits, merges, renames, files that go and come back.

use std::collections::HashSet;

use lore_engine::git::BlameFile;
use lore_engine::model::Timestamp;
use proptest::prelude::*;

use crate::blame::{lines_of_git, origins};
use crate::changes::{as_numstat, numstat};
use crate::fixture::Fixture;

/// What happens to the repository; the numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Edit {
        file: usize,
        at: usize,
        remove: usize,
        add: usize,
    },
    Indent {
        file: usize,
        at: usize,
        count: usize,
    },
    Move {
        file: usize,
        edit: bool,
    },
    Delete {
        file: usize,
    },
    Restore {
        file: usize,
    },
    Branch,
    Switch {
        branch: usize,
    },
    Merge {
        branch: usize,
    },
    /// The clock of the next commits stands still, or is wrong by this many seconds.
    Clock {
        by: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0usize..1000;
    prop_oneof![
        8 => (number.clone(), number.clone(), 0usize..4, 0usize..5)
            .prop_map(|(file, at, remove, add)| Step::Edit { file, at, remove, add }),
        2 => (number.clone(), number.clone(), 1usize..5)
            .prop_map(|(file, at, count)| Step::Indent { file, at, count }),
        2 => (number.clone(), any::<bool>()).prop_map(|(file, edit)| Step::Move { file, edit }),
        1 => number.clone().prop_map(|file| Step::Delete { file }),
        1 => number.clone().prop_map(|file| Step::Restore { file }),
        1 => Just(Step::Branch),
        2 => number.clone().prop_map(|branch| Step::Switch { branch }),
        3 => number.prop_map(|branch| Step::Merge { branch }),
        1 => prop_oneof![Just(-60), Just(-600), Just(5000)].prop_map(|by| Step::Clock { by }),
    ]
}

/// Makes the history; every line that is ever written is unlike all others.
struct Story {
    fixture: Fixture,
    written: usize,
    files: usize,
    branches: usize,
    deleted: Vec<(String, String)>,
}

impl Story {
    fn new() -> Self {
        let mut story = Self {
            fixture: Fixture::new(),
            written: 0,
            files: 0,
            branches: 1,
            deleted: Vec::new(),
        };
        for _ in 0..2 {
            let path = story.new_path();
            let lines = story.new_lines(12);
            story.fixture.write(&path, lines.concat());
        }
        story.fixture.commit("start");
        story
    }

    fn new_path(&mut self) -> String {
        self.files += 1;
        let folder = ["", "src/", "src/deep/"][self.files % 3];
        format!("{folder}file{}.txt", self.files)
    }

    fn new_lines(&mut self, count: usize) -> Vec<String> {
        let first = self.written;
        self.written += count;
        (first..first + count)
            .map(|number| {
                format!(
                    "{}the line of number {number} {}\n",
                    " ".repeat(number % 3 * 2),
                    number * 7919
                )
            })
            .collect()
    }

    fn paths(&self) -> Vec<String> {
        self.fixture.git(&["ls-files"]).lines().map(str::to_string).collect()
    }

    fn path(&self, file: usize) -> Option<String> {
        let paths = self.paths();
        (!paths.is_empty()).then(|| paths[file % paths.len()].clone())
    }

    fn lines(&self, path: &str) -> Vec<String> {
        let content = std::fs::read_to_string(self.fixture.root.join(path)).expect("a file");
        content.split_inclusive('\n').map(str::to_string).collect()
    }

    fn edit(&mut self, path: &str, at: usize, remove: usize, add: usize) {
        let mut lines = self.lines(path);
        let at = at % (lines.len() + 1);
        let until = (at + remove).min(lines.len());
        let added = self.new_lines(add);
        lines.splice(at..until, added);
        self.fixture.write(path, lines.concat());
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Edit { file, at, remove, add } => {
                let Some(path) = self.path(file) else { return };
                self.edit(&path, at, remove, add);
            }
            Step::Indent { file, at, count } => {
                let Some(path) = self.path(file) else { return };
                let mut lines = self.lines(&path);
                let at = at % (lines.len() + 1);
                lines.iter_mut().skip(at).take(count).for_each(|line| line.insert(0, '\t'));
                self.fixture.write(&path, lines.concat());
            }
            Step::Move { file, edit } => {
                let Some(path) = self.path(file) else { return };
                let new = self.new_path();
                self.fixture.write(&new, self.lines(&path).concat());
                std::fs::remove_file(self.fixture.root.join(&path)).expect("it is removed");
                if edit {
                    self.edit(&new, file, 1, 1);
                }
            }
            Step::Delete { file } => {
                let Some(path) = self.path(file) else { return };
                self.deleted.push((path.clone(), self.lines(&path).concat()));
                std::fs::remove_file(self.fixture.root.join(&path)).expect("it is removed");
            }
            Step::Restore { file } => {
                if self.deleted.is_empty() {
                    return;
                }
                let (path, content) = self.deleted.remove(file % self.deleted.len());
                self.fixture.write(&path, content);
            }
            Step::Branch => {
                self.fixture.git(&[
                    "checkout",
                    "--quiet",
                    "-b",
                    &format!("branch{}", self.branches),
                ]);
                self.branches += 1;
                return;
            }
            Step::Switch { branch } => {
                self.fixture.git(&["checkout", "--quiet", &self.branch(branch)]);
                return;
            }
            Step::Merge { branch } => {
                self.fixture.clock.set(self.fixture.clock.get() + 60);
                let branch = self.branch(branch);
                let root = &self.fixture.root;
                let merged = self.fixture.try_git(
                    root,
                    &["merge", "--quiet", "--no-ff", "-X", "ours", "-m", "merged", &branch],
                );
                if !merged.status.success() {
                    self.fixture.try_git(root, &["merge", "--abort"]);
                }
                return;
            }
            Step::Clock { by } => {
                self.fixture.clock.set(self.fixture.clock.get() + by);
                return;
            }
        }
        self.fixture.commit("a step");
    }

    fn branch(&self, number: usize) -> String {
        match number % self.branches {
            0 => "main".to_string(),
            number => format!("branch{number}"),
        }
    }
}

fn check(story: &Story) -> Result<(), TestCaseError> {
    let fixture = &story.fixture;
    let repository = fixture.open();
    let ignored = HashSet::new();
    let head = fixture.id("HEAD");
    for path in story.paths() {
        for ignore_whitespace in [false, true] {
            let mut arguments = vec!["HEAD", "--", path.as_str()];
            if ignore_whitespace {
                arguments.insert(0, "-w");
            }
            let file = BlameFile {
                path: &path,
                rev: Some(head),
                lines: None,
                ignored: &ignored,
                ignore_whitespace,
            };
            let lines = repository.blame(&file).expect("the lines");
            let graph =
                fixture.git(&["log", "--graph", "--all", "--stat", "--format=%h %ct %s %d"]);
            prop_assert_eq!(
                origins(lines),
                lines_of_git(fixture, &arguments),
                "{} {}\n{}",
                path,
                ignore_whitespace,
                graph
            );
        }
    }
    for id in fixture.ids(&["rev-list", "--all"]) {
        let files = repository.changes(id).expect("the changes").files;
        prop_assert_eq!(as_numstat(&files), numstat(fixture, id));
    }
    let walked = repository.commits_since(Timestamp(0)).expect("the commits");
    let walked: HashSet<_> = walked.into_iter().map(|walked| walked.commit.id).collect();
    prop_assert_eq!(walked, fixture.ids(&["rev-list", "--branches"]).into_iter().collect());
    for branch in 0..story.branches {
        let range = format!("main..{}", story.branch(branch));
        let found: HashSet<_> = repository
            .range(&range)
            .expect("a range")
            .into_iter()
            .map(|commit| commit.id)
            .collect();
        prop_assert_eq!(found, fixture.ids(&["rev-list", &range]).into_iter().collect());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]
    #[test]
    fn random_histories_are_told_as_git_tells_them(steps in proptest::collection::vec(step(), 4..24)) {
        let mut story = Story::new();
        for step in &steps {
            story.take(step);
        }
        check(&story)?;
    }
}
