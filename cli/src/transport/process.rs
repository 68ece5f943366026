//! Runs git: what it finds around itself, how long it may take, and what is kept of its words.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{GUARD, Manner};

/// Bytes that are kept of each stream; the rest is read and dropped.
const KEPT: usize = 64 << 10;

/// Time that git has to tidy up when it is ended.
const GRACE: Duration = Duration::from_secs(2);

/// Time to wait for the end of the streams once git has ended: what it left running may hold them. On
/// a busy machine it takes a while until what git wrote is read.
const REST: Duration = Duration::from_secs(10);

/// Pauses between two looks at whether git has ended: the first, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(20)];

/// Git's variables that belong to one repository, as `git rev-parse --local-env-vars` lists them:
/// in a hook, they lead to that hook's repository and index.
pub(super) const LOCAL: [&str; 17] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What keeps everybody from asking: git, ssh, and Git Credential Manager.
const ASK_NOBODY: [(&str, &str); 5] = [
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_ASKPASS", ""),
    ("SSH_ASKPASS", "false"),
    ("SSH_ASKPASS_REQUIRE", "never"),
    ("GCM_INTERACTIVE", "never"),
];

/// What ssh is called as, where the person did not choose another one.
const QUIET_SSH: &str = "ssh -o BatchMode=yes -o ConnectTimeout=15";

/// Runs git in a directory.
#[derive(Debug)]
pub(super) struct Runner {
    place: PathBuf,
    limit: Option<Duration>,
    /// What git finds in its environment beside what is in ours.
    variables: Vec<(&'static str, OsString)>,
}

/// What a call gave.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It could not be begun or waited for.
    Start(io::Error),
    /// It took longer than this, and was ended.
    Late(Duration),
}

impl Runner {
    pub(super) fn new(place: &Path, manner: Manner) -> Self {
        // Its words are understood, in part.
        let mut variables = vec![("LC_ALL", "C".into()), (GUARD, "1".into())];
        let limit = match manner {
            Manner::Interactive => None,
            Manner::Quiet(limit) => {
                variables.extend(ASK_NOBODY.map(|(name, value)| (name, value.into())));
                Some(limit)
            }
        };
        Self { place: place.to_owned(), limit, variables }
    }

    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    /// Adds a variable.
    #[cfg(test)]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Sees to it that ssh asks nobody, unless it is a program of the person's choice.
    pub(super) fn keep_ssh_quiet(&mut self) -> Result<(), Failure> {
        let is_chosen = ["GIT_SSH_COMMAND", "GIT_SSH"].into_iter().any(|name| {
            let given = self.variables.iter().any(|(other, _)| *other == name);
            given || std::env::var_os(name).is_some()
        });
        if self.limit.is_some() && !is_chosen {
            let chosen = self.run(&["config", "--get", "core.sshCommand"])?;
            if !chosen.success {
                self.variables.push(("GIT_SSH_COMMAND", QUIET_SSH.into()));
            }
        }
        Ok(())
    }

    /// Runs git to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Ended, Failure> {
        let begun = Instant::now();
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.place).stdin(Stdio::null());
        for name in LOCAL {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        if self.limit.is_some() {
            // Away from the terminal, and with all that it starts in a group that can be ended. A
            // person's Ctrl-C otherwise reaches it as it reaches us.
            command.process_group(0);
        }
        let mut child = command.spawn().map_err(Failure::Start)?;
        let stdout = child.stdout.take().map(Reading::start);
        let stderr = child.stderr.take().map(Reading::start);
        let status = match wait(&mut child, self.limit.map(|limit| begun + limit)) {
            Ok(Some(status)) => status,
            Ok(None) => {
                end(&mut child);
                return Err(Failure::Late(self.limit.unwrap_or_default()));
            }
            Err(error) => {
                end(&mut child);
                return Err(Failure::Start(error));
            }
        };
        let until = Instant::now() + REST;
        let text = |reading: Option<Reading>| reading.map_or(String::new(), |it| it.text(until));
        Ok(Ended { success: status.success(), stdout: text(stdout), stderr: text(stderr) })
    }
}

/// Waits for its end; nothing if the deadline comes first.
fn wait(child: &mut Child, deadline: Option<Instant>) -> io::Result<Option<ExitStatus>> {
    let [mut pause, longest] = PAUSES;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(longest);
    }
}

/// Ends it and what it started: politely, so that git removes its locks and half of a pack, then not.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // What is stopped, because it wanted to ask, has to go on to hear of its end.
        let _ = kill_process_group(group, Signal::TERM);
        let _ = kill_process_group(group, Signal::CONT);
        let _ = wait(child, Some(Instant::now() + GRACE));
        // Also if git itself is gone: others of the group may not be.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

/// Reads a stream, which otherwise would fill up and make its writer wait.
struct Reading {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Reading {
    fn start(mut stream: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let thread = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            loop {
                let length = match stream.read(&mut piece) {
                    Ok(0) => return,
                    Ok(length) => length,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => return,
                };
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT.saturating_sub(kept.len());
                kept.extend(piece.iter().take(length.min(room)));
            }
        });
        Self { bytes, thread }
    }

    /// What was read, at the end of the stream or at that moment.
    fn text(self, until: Instant) -> String {
        let [mut pause, longest] = PAUSES;
        while !self.thread.is_finished() && Instant::now() < until {
            std::thread::sleep(pause);
            pause = (pause * 2).min(longest);
        }
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
