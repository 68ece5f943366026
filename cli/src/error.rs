//! Errors as people see them: what happened, what to do about it, and the exit code.
//!
//! Every error of the engine and of this package becomes a [`CliError`] here or beside its own
//! type; nothing else prints errors or chooses exit codes.

use std::error::Error;
use std::fmt::Write as _;
use std::io;

use anstyle::{AnsiColor, Style};
use lore_engine::api::ApiError;

use crate::client::{ClientError, ConnectError};
use crate::output::{plain, time};

/// Exit code when the command did what was asked, also when there was nothing to do.
pub(crate) const EXIT_SUCCESS: u8 = 0;
/// Exit code when the command failed.
pub(crate) const EXIT_FAILURE: u8 = 1;
/// Exit code when the command line makes no sense.
pub(crate) const EXIT_USAGE: u8 = 2;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct CliError {
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    kind: Kind,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Failure,
    Usage,
    /// Whoever read our output has enough of it.
    ReaderGone,
}

impl CliError {
    /// Something went wrong.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), causes: Vec::new(), hint: None, kind: Kind::Failure }
    }

    /// The command line makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, ..Self::new(message) }
    }

    /// Takes message and causes from another error.
    pub(crate) fn from_error(error: &dyn Error) -> Self {
        let mut result = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Many libraries repeat the cause in their own message.
            if !result.message.contains(&text) {
                result.causes.push(text);
            }
            source = cause.source();
        }
        result
    }

    /// Something that should not be possible.
    pub(crate) fn internal() -> Self {
        Self::new("internal error")
            .with_hint("set RUST_BACKTRACE=1 to see where; `lore db verify` checks the store")
    }

    /// A file cannot be dealt with: `what` it was, as in "cannot read".
    pub(crate) fn file(what: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let mut result = Self::new(format!("{what} `{}`", path.display()));
        result.causes.push(error.to_string());
        result
    }

    /// Says what to do.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the process ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Failure => EXIT_FAILURE,
            Kind::Usage => EXIT_USAGE,
            Kind::ReaderGone => EXIT_SUCCESS,
        }
    }

    /// What happened and why, in one line, without colours.
    pub(crate) fn text(&self) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            let _ = write!(text, ": {cause}");
        }
        plain::one_line(&text)
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Writes error and hint to standard error.
    pub(crate) fn print(&self) {
        if self.kind == Kind::ReaderGone {
            return;
        }
        let mut text = format!("{ERROR}error:{ERROR:#} {}", plain(&self.message));
        for cause in &self.causes {
            let _ = write!(text, ": {}", plain(cause));
        }
        text.push('\n');
        if let Some(hint) = &self.hint {
            let _ = writeln!(text, "{HINT}hint:{HINT:#} {}", plain(hint));
        }
        // There is nobody left to tell if this fails.
        let _ = io::Write::write_all(&mut anstream::stderr(), text.as_bytes());
    }
}

impl From<io::Error> for CliError {
    /// Errors of standard output; those of files go through [`CliError::file`].
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { kind: Kind::ReaderGone, ..Self::new("") },
            _ => Self::new(format!("cannot write to standard output: {error}")),
        }
    }
}

impl From<serde_json::Error> for CliError {
    /// Errors of writing JSON to standard output; what is written is always valid.
    fn from(error: serde_json::Error) -> Self {
        io::Error::from(error).into()
    }
}

impl From<ConnectError> for CliError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Config(config) => config.into(),
            ConnectError::Version { .. } => Self::from_error(&error).with_hint(
                "if the daemon holds it, run `lore daemon stop`, then `lore daemon start`; otherwise \
                 wait for that process to end, or stop it",
            ),
            error => Self::from_error(&error),
        }
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Api(ApiError::Sync(error)) => error.into(),
            ClientError::Api(api) => Self { hint: hint(&api), ..Self::from_error(&api) },
            ClientError::Lost(error) => error.into(),
            error @ ClientError::Confused => Self::from_error(&error),
        }
    }
}

/// What helps against an error of the engine.
fn hint(error: &ApiError) -> Option<String> {
    match error {
        ApiError::NoSuchSession { empty: true, .. } => {
            Some("nothing is imported yet: run `lore import`".to_owned())
        }
        ApiError::NoSuchSession { .. } => {
            Some("`lore sessions` lists the newest ones, `lore search` finds others".to_owned())
        }
        ApiError::Ambiguous { candidates, .. } => {
            let mut text = "give more digits of one of these".to_owned();
            for session in candidates {
                let started = time::local_or_dash(session.started);
                let directory = session.directory.as_deref().unwrap_or("-");
                let _ = write!(text, "\n  {}  {started}  {directory}", session.id);
            }
            Some(text)
        }
        ApiError::NoRepository { .. } => {
            Some("commits are looked for where the command is run: go to a repository".to_owned())
        }
        ApiError::NoSuchCommit { .. } => Some(
            "a branch, a tag or the first digits of an id will do; `git log --oneline` lists commits"
                .to_owned(),
        ),
        ApiError::Internal(_) => {
            Some("`lore db verify` tells whether the store is damaged".to_owned())
        }
        ApiError::Index(_) => Some("`lore db reindex` builds the index anew".to_owned()),
        _ => None,
    }
}
