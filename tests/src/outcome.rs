//! What a run of the program gave.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use serde_json::Value;

/// Exit status, standard output and standard error.
///
/// Shown (`Display`), it is the text for a snapshot: what differs from run to run has names, as
/// `[ROOT]` for the directory of the test.
#[derive(Clone, Debug)]
pub struct Outcome {
    status: ExitStatus,
    /// As it was written.
    pub stdout: String,
    /// As it was written.
    pub stderr: String,
    root: PathBuf,
}

impl Outcome {
    pub(crate) fn new(status: ExitStatus, stdout: String, stderr: String, root: &Path) -> Self {
        Self { status, stdout, stderr, root: root.to_owned() }
    }

    /// The exit code; none if a signal ended it.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Requires that it did what was asked.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code(), Some(0), "it did not succeed:\n{self}");
        self
    }

    /// Requires that it failed, and told so as an error.
    ///
    /// # Panics
    /// If not.
    #[track_caller]
    pub fn failure(self) -> Self {
        assert_eq!(self.code(), Some(1), "it did not fail:\n{self}");
        assert!(self.stderr.contains("error:"), "it did not say why:\n{self}");
        self
    }

    /// Its standard output as JSON, if it succeeded.
    ///
    /// # Panics
    /// If it did not succeed, or wrote something else.
    #[track_caller]
    pub fn json(&self) -> Value {
        assert_eq!(self.code(), Some(0), "it did not succeed:\n{self}");
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("it is no JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => writeln!(formatter, "exit {code}")?,
            None => writeln!(formatter, "{}", self.status)?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let text = text.replace(&*self.root.to_string_lossy(), "[ROOT]");
                let text: Vec<&str> = text.lines().map(str::trim_end).collect();
                writeln!(formatter, "--- {name}\n{}", text.join("\n"))?;
            }
        }
        Ok(())
    }
}
