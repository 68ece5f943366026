//! A world for one test.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::{ClaudeCode, Codex, Daemon, Outcome, Running, program};

/// A directory of its own, gone when the test ends.
///
/// ```text
/// home/    HOME: where the tools keep their sessions
/// lore/    LORE_HOME: the archive
/// work/    the current directory
/// tmp/     TMPDIR
/// ```
#[derive(Debug)]
pub struct TestEnv {
    _directory: TempDir,
    root: PathBuf,
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl TestEnv {
    /// A home without any tool, and no archive.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new() -> Self {
        let directory = TempDir::with_prefix("lore-").expect("there is room for a test");
        // The program tells of paths as they really are.
        let root = directory.path().canonicalize().expect("it was just made");
        for name in ["home", "work", "tmp"] {
            fs::create_dir(root.join(name)).expect("there is room for a test");
        }
        Self { _directory: directory, root }
    }

    /// The directory of all.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// HOME.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The current directory.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// A file of the archive.
    pub fn archive(&self, name: &str) -> PathBuf {
        self.root.join("lore").join(name)
    }

    /// Writes a file below HOME; returns its path.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().expect("it lies below HOME")).expect("it can be made");
        fs::write(&path, content).expect("it can be written");
        path
    }

    /// Puts a session where Claude Code keeps it; returns its file.
    pub fn claude_code(&self, session: &ClaudeCode) -> PathBuf {
        self.write(Path::new(".claude").join(session.path()), session.text())
    }

    /// Puts a session where Codex keeps it; returns its file.
    pub fn codex(&self, session: &Codex) -> PathBuf {
        self.write(Path::new(".codex").join(session.path()), session.text())
    }

    /// The program with these arguments, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.other(program());
        command.args(arguments);
        command
    }

    /// Any program of the machine's that sees this world only, not yet run.
    pub fn other(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.home())
            .env("LORE_HOME", self.root.join("lore"))
            .env("TMPDIR", self.root.join("tmp"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .env("NO_COLOR", "1")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", self.root.join("gitconfig"))
            .env("GIT_CEILING_DIRECTORIES", &self.root);
        // Programs that it calls, and what the system needs to run any.
        for name in ["PATH", "SystemRoot"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs the program to its end.
    #[must_use]
    pub fn lore(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).outcome()
    }

    /// Runs a command that was made of [`TestEnv::command`], and may compile, to its end.
    #[must_use]
    pub fn run(&self, command: Command) -> Outcome {
        Running::start(command, &self.root).compiling().outcome()
    }

    /// Runs a command that was made of [`TestEnv::command`] and reads `input`, to its end.
    #[must_use]
    pub fn answer(&self, command: Command, input: &str) -> Outcome {
        Running::answered(command, &self.root, input).outcome()
    }

    /// Runs the program beside the test.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments), &self.root)
    }

    /// Runs a daemon beside the test, which has held the store by now.
    ///
    /// # Panics
    /// If it does not begin.
    #[track_caller]
    pub fn daemon(&self) -> Daemon<'_> {
        self.daemon_with(&[])
    }

    /// The same, with these variables.
    ///
    /// # Panics
    /// If it does not begin.
    #[track_caller]
    pub fn daemon_with(&self, variables: &[(&str, &str)]) -> Daemon<'_> {
        let mut command = self.command(&["daemon", "start", "--foreground"]);
        command.envs(variables.iter().copied());
        self.daemon_of(command)
    }

    /// The same, as a command that was made of [`TestEnv::other`] begins it.
    ///
    /// # Panics
    /// If it does not begin.
    #[track_caller]
    pub fn daemon_of(&self, command: Command) -> Daemon<'_> {
        Daemon::start(self, command)
    }

    /// What the program answers, as JSON.
    ///
    /// # Panics
    /// If it fails.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.lore(&[arguments, &["--format", "json"]].concat()).json()
    }

    /// All that the archive holds: every session, newest first, with all of its messages. Two
    /// archives of the same sources have the same, wherever those lie: the directory of the test is
    /// `[ROOT]`.
    ///
    /// # Panics
    /// If it cannot be read.
    #[track_caller]
    pub fn everything(&self) -> Vec<Value> {
        let sessions = self.json(&["sessions", "--limit", "1000000"]);
        let sessions = sessions.as_array().expect("a list").iter();
        let show = |session: &Value| {
            let id = session["id"].as_str().expect("a session has an id");
            let mut shown = self.json(&["show", id]);
            // It is another machine for every archive.
            shown["session"]["machine_id"].take();
            let shown = shown.to_string().replace(&*self.root.to_string_lossy(), "[ROOT]");
            serde_json::from_str(&shown).expect("it was JSON before")
        };
        sessions.map(show).collect()
    }

    /// Requires that store, index and sources agree.
    ///
    /// # Panics
    /// If they do not.
    #[track_caller]
    pub fn verify(&self) -> Value {
        let outcome = self.lore(&["db", "verify", "--format", "json"]);
        assert_eq!(outcome.code(), Some(0), "they do not agree:\n{outcome}");
        let verification = outcome.json();
        assert_eq!(verification["ok"], true, "they do not agree:\n{outcome}");
        verification
    }
}
