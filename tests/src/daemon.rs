//! A daemon that runs beside a test.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{Outcome, Running, TestEnv, wait_until};

/// Time that nothing takes that is not broken.
const DEADLINE: Duration = Duration::from_secs(120);

/// `lore daemon start --foreground`, killed when it is dropped.
#[derive(Debug)]
pub struct Daemon<'env> {
    env: &'env TestEnv,
    running: Running,
}

impl<'env> Daemon<'env> {
    pub(crate) fn start(env: &'env TestEnv, command: Command) -> Self {
        let mut daemon = Self { env, running: Running::start(command, env.root()) };
        let begun = || {
            let status = daemon.ask("status").unwrap_or_default();
            status["store"] == "held" || status["store"] == "resting"
        };
        assert!(wait_until(DEADLINE, begun), "it does not begin: {}", daemon.log());
        assert!(daemon.running.is_running(), "another one answers: {}", daemon.log());
        daemon
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.running.id()
    }

    /// What it answers to a command; nothing if it does not listen.
    ///
    /// # Panics
    /// If it answers something else than JSON.
    pub fn ask(&self, command: &str) -> Option<Value> {
        let mut stream = UnixStream::connect(self.env.archive("daemon.sock")).ok()?;
        writeln!(stream, "{{\"command\":\"{command}\",\"later\":true}}").ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        (!line.is_empty()).then(|| serde_json::from_str(&line).expect("it answers in JSON"))
    }

    /// How it is.
    ///
    /// # Panics
    /// If it does not say.
    #[track_caller]
    pub fn status(&self) -> Value {
        self.ask("status").expect("it listens")
    }

    /// What it has written down.
    pub fn log(&self) -> String {
        fs::read_to_string(self.env.archive("logs/daemon.log")).unwrap_or_default()
    }

    /// Waits until it has written that down.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let found = wait_until(DEADLINE, || self.log().contains(text));
        assert!(found, "no `{text}` in:\n{}", self.log());
    }

    /// Waits until a search finds so many messages.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn wait_for_matches(&self, query: &str, matches: u64) {
        let found = || self.env.json(&["search", query])["total_matches"] == matches;
        assert!(wait_until(DEADLINE, found), "no {matches} of `{query}`:\n{}", self.log());
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.running.kill();
    }

    /// Sends a signal, as `TERM`, and waits for the end.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn signal(self, name: &str) -> Outcome {
        let status =
            Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status();
        assert!(status.expect("it can be run").success());
        self.running.outcome()
    }

    /// What it did, once somebody else has stopped it.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        self.running.outcome()
    }
}
