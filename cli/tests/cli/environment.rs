//! A person's environment of its own for every test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A home directory, and `lore` in it.
pub(crate) struct Environment {
    home: TempDir,
}

/// What a run of `lore` gave.
#[derive(Debug)]
#[must_use]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Environment {
    pub(crate) fn new() -> Self {
        Self { home: TempDir::new().expect("a temporary directory can be made") }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn lore_home(&self) -> PathBuf {
        self.home().join("lore")
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.lore_home().join("config.yaml")
    }

    /// Writes the settings' file as it stands.
    pub(crate) fn write_config(&self, text: &str) {
        fs::create_dir_all(self.lore_home()).expect("the directory can be made");
        fs::write(self.config_path(), text).expect("the file can be written");
    }

    pub(crate) fn read_config(&self) -> String {
        fs::read_to_string(self.config_path()).expect("the file can be read")
    }

    /// `lore`, with nothing of the real environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lore"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.home())
            .env("LORE_HOME", self.lore_home())
            .env("TZ", "UTC")
            .current_dir(self.home())
            .stdin(Stdio::null());
        command
    }

    /// Runs `lore` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.command(arguments).output().expect("lore can be started"))
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the output is text");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Run {
    /// What was written to standard output, if all went well and silently.
    #[track_caller]
    pub(crate) fn success(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// What was written to standard error, if it failed so and without any data.
    #[track_caller]
    pub(crate) fn failure(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{}", self.stderr);
        self.stderr
    }
}
