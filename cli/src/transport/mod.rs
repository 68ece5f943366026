//! Takes the store of a repository to and from one of its remotes, by the person's own git.
//!
//! ```text
//! refs/lore/sessions                    the store: here, and on the remote
//! refs/lore/remotes/<remote>/sessions   what the remote had when it was last asked
//! ```
//!
//! The person's settings, credentials and ssh are used, and nothing of theirs is changed: no branch,
//! tag, setting, log of references or `FETCH_HEAD`. What the references lead to is none of this
//! module's business, nor is when to fetch and push.

mod process;
#[cfg(test)]
mod tests;
mod words;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::CliError;
use process::{Ended, Failure, Runner};

/// The reference of the store.
pub(crate) const STORE: &str = "refs/lore/sessions";

/// The remote that is used if there are several and none is named.
const USUAL: &str = "origin";

/// Set for hooks, so that Lore's own do not begin a sync because of a sync.
pub(crate) const GUARD: &str = "LORE_SYNC_HOOK";

/// How git may behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It may ask the person at the terminal, and take its time.
    Interactive,
    /// It asks nobody. A call that takes longer than this is ended, with all that it has started.
    Quiet(Duration),
}

/// A remote of a repository.
#[derive(Debug)]
pub(crate) struct Git {
    runner: Runner,
    remote: String,
}

/// What a fetch brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    /// The reference that leads to the remote's store now. If the remote has none, it does not exist.
    pub(crate) tracking: String,
}

/// What the remote said to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// It has the new store, and so says the tracking reference.
    Accepted,
    /// Its store is another one than expected: somebody else was faster.
    Faster,
    /// It does not take it. The remote's words, in one line.
    Refused(String),
}

/// Why git could not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TransportError {
    /// There is no git.
    #[error("cannot run `git`")]
    NoGit(#[source] io::Error),
    /// Git finds no repository here.
    #[error("git finds no repository in `{}`: {said}", .place.display())]
    NoRepository { place: PathBuf, said: String },
    /// The remote is not known.
    #[error("no remote `{remote}`; {}", list(.others))]
    NoRemote { remote: String, others: Vec<String> },
    /// The remote cannot be reached, or git cannot work here.
    #[error("git cannot {action} the remote `{remote}`: {said}")]
    Unreachable { action: &'static str, remote: String, said: String },
    /// It took too long.
    #[error("the remote `{remote}` did not answer within {} seconds", .limit.as_secs())]
    Late { remote: String, limit: Duration },
    /// Not the id of a commit.
    #[error("`{0}` is no id of a commit")]
    NoCommit(String),
}

impl From<TransportError> for CliError {
    fn from(error: TransportError) -> Self {
        let result = Self::from_error(&error);
        match error {
            TransportError::NoGit(_) => {
                result.with_hint("sync uses your own git: it must be installed, and on the PATH")
            }
            TransportError::NoRepository { .. } => result.with_hint("run this in a git repository"),
            TransportError::NoRemote { others, .. } if others.is_empty() => {
                result.with_hint("`git remote add origin URL` adds one")
            }
            TransportError::NoRemote { .. } => {
                result.with_hint("`--remote NAME` names one of them")
            }
            TransportError::Unreachable { remote, .. } | TransportError::Late { remote, .. } => {
                result.with_hint(format!("`git ls-remote {remote}` shows whether git reaches it"))
            }
            TransportError::NoCommit(_) => result,
        }
    }
}

impl Git {
    /// The remote of that name; without a name, `origin`, or the only one that there is.
    ///
    /// # Errors
    /// If there is no such remote, no repository or no git.
    pub(crate) fn open(
        place: &Path,
        remote: Option<&str>,
        manner: Manner,
    ) -> Result<Self, TransportError> {
        Self::choose(Runner::new(place, manner), remote)
    }

    fn choose(mut runner: Runner, named: Option<&str>) -> Result<Self, TransportError> {
        let remotes = remotes(&runner)?;
        let remote = match (named, remotes.as_slice()) {
            (None, [only]) => only,
            (named, _) => named.unwrap_or(USUAL),
        };
        if !remotes.iter().any(|other| other == remote) {
            let remote = remote.to_owned();
            return Err(TransportError::NoRemote { remote, others: remotes });
        }
        let remote = remote.to_owned();
        runner.keep_ssh_quiet().map_err(|failure| failed(failure, &remote))?;
        Ok(Self { runner, remote })
    }

    /// The remote's name.
    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }

    /// The reference that says what the remote had when it was last asked.
    pub(crate) fn tracking(&self) -> String {
        format!("refs/lore/remotes/{}/sessions", self.remote)
    }

    /// Asks the remote for its store.
    pub(crate) fn fetch(&self) -> Result<Fetched, TransportError> {
        let tracking = self.tracking();
        // A pattern, because it is no error if nothing fits it; then what was there before goes.
        let refspec = format!("+{STORE}*:{tracking}*");
        let settings = self.settings(&["followRemoteHEAD=never"]);
        let mut arguments: Vec<&str> = settings.iter().map(String::as_str).collect();
        arguments.extend([
            "-c",
            "core.logAllRefUpdates=false",
            "-c",
            "fetch.writeCommitGraph=false",
        ]);
        arguments.extend(["fetch", "--quiet", "--prune", "--no-prune-tags", "--no-tags"]);
        // The settings of the remote are for branches: none of its references, and all of the
        // contents, also in a clone that leaves those out.
        arguments.extend(["--refmap=", "--no-filter", "--no-recurse-submodules"]);
        arguments.extend(["--no-write-fetch-head", "--no-auto-maintenance"]);
        arguments.extend(["--", &self.remote, &refspec]);
        let ended = self.run(&arguments)?;
        match ended.success {
            true => Ok(Fetched { tracking }),
            false => Err(self.unreachable("fetch from", &ended)),
        }
    }

    /// Makes `new` the remote's store, if that is still `expected`; nothing means that it has none.
    /// Both are ids of commits, in full.
    pub(crate) fn push(&self, new: &str, expected: Option<&str>) -> Result<Pushed, TransportError> {
        for id in [new].into_iter().chain(expected) {
            if !is_id(id) {
                return Err(TransportError::NoCommit(id.to_owned()));
            }
        }
        let lease = format!("--force-with-lease={STORE}:{}", expected.unwrap_or_default());
        let refspec = format!("{new}:{STORE}");
        // Git then notes by itself what the remote has.
        let tracked = format!("fetch=+{STORE}:{}", self.tracking());
        let settings = self.settings(&["mirror=false", &tracked]);
        let mut arguments: Vec<&str> = settings.iter().map(String::as_str).collect();
        arguments.extend(["-c", "core.logAllRefUpdates=false"]);
        arguments.extend(["push", "--porcelain", "--no-verify", "--no-follow-tags"]);
        arguments.extend(["--no-recurse-submodules", "--no-signed", &lease]);
        arguments.extend(["--", &self.remote, &refspec]);
        let ended = self.run(&arguments)?;
        if ended.success {
            return Ok(Pushed::Accepted);
        }
        match words::answer(&ended.stdout, &ended.stderr) {
            Some(pushed) => Ok(pushed),
            None => Err(self.unreachable("push to", &ended)),
        }
    }

    /// Settings of the remote for one call.
    fn settings(&self, values: &[&str]) -> Vec<String> {
        // What stands behind the first `=` would be taken for the value.
        let values = if self.remote.contains('=') { &[] } else { values };
        let pair = |value: &&str| ["-c".to_owned(), format!("remote.{}.{value}", self.remote)];
        values.iter().flat_map(pair).collect()
    }

    fn run(&self, arguments: &[&str]) -> Result<Ended, TransportError> {
        self.runner.run(arguments).map_err(|failure| failed(failure, &self.remote))
    }

    fn unreachable(&self, action: &'static str, ended: &Ended) -> TransportError {
        let remote = self.remote.clone();
        TransportError::Unreachable { action, remote, said: words::complaint(&ended.stderr) }
    }
}

/// Makes a repository without a working tree, unless there is one, whose remote `origin` is at `url`.
///
/// # Errors
/// If git cannot.
pub(crate) fn make_repository(directory: &Path, url: &str) -> Result<(), TransportError> {
    let place = directory.parent().unwrap_or(directory);
    let path = directory.to_string_lossy();
    let run = |arguments: &[&str]| -> Result<(), TransportError> {
        let runner = Runner::new(place, Manner::Interactive);
        let ended = runner.run(arguments).map_err(|failure| failed(failure, USUAL))?;
        match ended.success {
            true => Ok(()),
            false => Err(TransportError::NoRepository {
                place: directory.to_owned(),
                said: words::complaint(&ended.stderr),
            }),
        }
    };
    if !directory.join("HEAD").exists() {
        // Other forms of references are not read everywhere.
        run(&["-c", "init.defaultRefFormat=files", "init", "--quiet", "--bare", "--", &path])?;
    }
    run(&["-C", &path, "config", "remote.origin.url", url])
}

/// Whether there is a store in the repository around `place`, or was one on a remote of it: without,
/// there is nothing that a hook could sync.
pub(crate) fn has_store(place: &Path) -> bool {
    let runner = Runner::new(place, Manner::Quiet(Duration::from_secs(10)));
    let ended = runner.run(&["for-each-ref", "--count=1", "refs/lore"]);
    ended.is_ok_and(|ended| ended.success && !ended.stdout.is_empty())
}

/// The names of the remotes.
fn remotes(runner: &Runner) -> Result<Vec<String>, TransportError> {
    let ended = runner.run(&["remote"]).map_err(|failure| failed(failure, "of this repository"))?;
    match ended.success {
        true => Ok(ended.stdout.lines().map(str::to_owned).collect()),
        false => {
            let place = runner.place().to_owned();
            Err(TransportError::NoRepository { place, said: words::complaint(&ended.stderr) })
        }
    }
}

fn failed(failure: Failure, remote: &str) -> TransportError {
    match failure {
        Failure::Start(error) => TransportError::NoGit(error),
        Failure::Late(limit) => TransportError::Late { remote: remote.to_owned(), limit },
    }
}

fn list(remotes: &[String]) -> String {
    match remotes {
        [] => "there are none".to_owned(),
        remotes => format!("there are: {}", remotes.join(", ")),
    }
}

/// Whether it is an object's id in full, of SHA-1 or SHA-256.
fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
