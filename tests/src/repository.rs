//! Repositories that sessions and people work in, made by the real `git`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::git::{line, run, text};
use crate::{ClaudeCode, Outcome, TestEnv};

/// Whose repository it is, as the repository's own settings say.
const OWNER: (&str, &str) = ("Ada", "ada@example.com");

/// What only asks does not care for the time.
const NO_TIME: &str = "2026-01-01T00:00:00Z";

/// A working tree. Every commit is given its time, so the same steps give the same ids.
#[derive(Debug)]
pub struct Repository<'env> {
    env: &'env TestEnv,
    directory: PathBuf,
}

impl<'env> Repository<'env> {
    /// An empty repository on the branch `main`, below the place for work.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new(env: &'env TestEnv, name: &str) -> Self {
        let repository = Self::at(env, env.work().join(name));
        fs::create_dir_all(&repository.directory).expect("there is room for a test");
        repository.ask(&["init", "--quiet", "--initial-branch", "main"]);
        repository.belongs_to(OWNER);
        repository
    }

    /// The working tree that lies in `directory`.
    pub fn at(env: &'env TestEnv, directory: PathBuf) -> Self {
        Self { env, directory }
    }

    /// Clones `origin` to a directory, for somebody else.
    ///
    /// # Panics
    /// If it cannot be cloned.
    pub fn clone_for(name: &str, origin: &Self, directory: PathBuf) -> Self {
        let clone = Self::at(origin.env, directory);
        let (from, to) = (text(&origin.directory), text(&clone.directory));
        origin.ask(&["clone", "--quiet", from, to]);
        clone.belongs_to((name, &format!("{}@example.com", name.to_lowercase())));
        clone
    }

    fn belongs_to(&self, (name, address): (&str, &str)) {
        self.ask(&["config", "user.name", name]);
        self.ask(&["config", "user.email", address]);
    }

    /// The world that it lies in.
    pub fn env(&self) -> &'env TestEnv {
        self.env
    }

    /// Its top.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The absolute path of a file, as sessions name it.
    pub fn path(&self, file: &str) -> String {
        text(&self.directory.join(file)).to_owned()
    }

    /// What a file holds.
    ///
    /// # Panics
    /// If it is not there.
    #[track_caller]
    pub fn read(&self, file: &str) -> String {
        let path = self.directory.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
    }

    /// Writes a file, as a person does.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, file: &str, content: &str) {
        let path = self.directory.join(file);
        fs::create_dir_all(path.parent().expect("it lies below the top")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    }

    /// Replaces text in a file, as a person does.
    ///
    /// # Panics
    /// If it does not stand there once.
    #[track_caller]
    pub fn replace(&self, file: &str, before: &str, after: &str) {
        let content = self.read(file);
        assert_eq!(content.matches(before).count(), 1, "`{before}` in {content}");
        self.write(file, &content.replace(before, after));
    }

    /// A session writes a file; returns the message.
    pub fn create(&self, session: &mut ClaudeCode, file: &str, content: &str) -> u32 {
        self.write(file, content);
        session.write(&self.path(file), content)
    }

    /// A session replaces text in a file; returns the message.
    ///
    /// # Panics
    /// If it does not stand there once.
    #[track_caller]
    pub fn edit(&self, session: &mut ClaudeCode, file: &str, before: &str, after: &str) -> u32 {
        self.replace(file, before, after);
        session.edit(&self.path(file), before, after)
    }

    /// Runs `git` where nothing depends on the time; returns what it says.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> String {
        self.git(NO_TIME, arguments)
    }

    /// Runs `git` at this time; returns what it says.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn git(&self, time: &str, arguments: &[&str]) -> String {
        let mut command = self.env.other("git");
        command
            .args(arguments)
            .current_dir(&self.directory)
            .env("GIT_AUTHOR_DATE", time)
            .env("GIT_COMMITTER_DATE", time)
            .env("GIT_EDITOR", "true")
            .env("GIT_TERMINAL_PROMPT", "0");
        line(&run(command, b""))
    }

    /// Commits all that has changed; returns the commit.
    ///
    /// # Panics
    /// If nothing has.
    #[track_caller]
    pub fn commit(&self, time: &str, message: &str) -> String {
        self.ask(&["add", "--all"]);
        self.git(time, &["commit", "--quiet", "-m", message]);
        self.commit_of("HEAD")
    }

    /// The commit that a name stands for.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn commit_of(&self, name: &str) -> String {
        self.ask(&["rev-parse", "--verify", &format!("{name}^{{commit}}")])
    }

    /// Runs the program at its top, to the end.
    #[must_use]
    pub fn lore(&self, arguments: &[&str]) -> Outcome {
        self.answer(arguments, "")
    }

    /// Runs the program at its top, and answers what it asks.
    #[must_use]
    pub fn answer(&self, arguments: &[&str], input: &str) -> Outcome {
        let mut command = self.env.command(arguments);
        command.current_dir(&self.directory);
        self.env.answer(command, input)
    }

    /// What the program answers at its top, as JSON.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.lore(&[arguments, &["--format", "json"]].concat()).json()
    }
}
