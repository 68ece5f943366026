//! A repository of its own for each test, made by the `git` program, which sees nothing of the
//! machine's configuration and whose clock goes on by a minute with each commit.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lore_engine::git::{CommitId, GlobalConfig, Repository};

/// When the first commit of each repository is made, in seconds since 1970.
pub(crate) const START: i64 = 1_767_600_000;

pub(crate) struct Fixture {
    pub(crate) folder: tempfile::TempDir,
    /// The top of the working tree; canonical.
    pub(crate) root: PathBuf,
    pub(crate) clock: Cell<i64>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self::with(&["init", "--initial-branch=main"])
    }

    /// A repository that this command makes in the current folder.
    pub(crate) fn with(init: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("it exists").join("kettle");
        std::fs::create_dir(&root).expect("a new folder");
        let fixture = Self { folder, root, clock: Cell::new(START) };
        fixture.git(init);
        fixture
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.root, arguments)
    }

    /// What the command prints; it has to succeed.
    #[track_caller]
    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = self.try_git(folder, arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_string()
    }

    pub(crate) fn try_git(&self, folder: &Path, arguments: &[&str]) -> Output {
        let time = format!("@{} +0100", self.clock.get());
        Command::new("git")
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_NAME", "Ada Example")
            .env("GIT_AUTHOR_EMAIL", "ada@example.com")
            .env("GIT_AUTHOR_DATE", &time)
            .env("GIT_COMMITTER_NAME", "Ada Example")
            .env("GIT_COMMITTER_EMAIL", "ada@example.com")
            .env("GIT_COMMITTER_DATE", &time)
            .output()
            .expect("git can be run")
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let place = self.root.join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("a new folder");
        std::fs::write(place, content).expect("a written file");
    }

    /// Commits all that is in the working tree, a minute after the commit before.
    pub(crate) fn commit(&self, subject: &str) -> CommitId {
        self.clock.set(self.clock.get() + 60);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", subject]);
        self.id("HEAD")
    }

    pub(crate) fn write_and_commit(&self, path: &str, content: impl AsRef<[u8]>) -> CommitId {
        self.write(path, content);
        self.commit(&format!("{path} changes"))
    }

    pub(crate) fn id(&self, reference: &str) -> CommitId {
        id(&self.git(&["rev-parse", reference]))
    }

    /// The commits that a command lists, in its order.
    pub(crate) fn ids(&self, arguments: &[&str]) -> Vec<CommitId> {
        self.git(arguments).lines().map(id).collect()
    }

    pub(crate) fn open(&self) -> Repository {
        discover(&self.root)
    }
}

#[track_caller]
pub(crate) fn discover(place: &Path) -> Repository {
    match Repository::discover(place, &GlobalConfig::default()) {
        Ok(repository) => repository,
        Err(error) => panic!("{error}"),
    }
}

#[track_caller]
pub(crate) fn id(hex: &str) -> CommitId {
    CommitId::from_hex(hex.trim().as_bytes()).expect("an id")
}

/// Numbered lines, with the given ones replaced.
pub(crate) fn numbered(count: usize, changed: &[(usize, &str)]) -> String {
    let line = |number: usize| match changed.iter().find(|(line, _)| *line == number) {
        Some((_, text)) => format!("{text}\n"),
        None => format!("line {number} of the file\n"),
    };
    (1..=count).map(line).collect()
}
