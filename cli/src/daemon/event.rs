//! All that the daemon's loop hears of.

use std::path::PathBuf;
use std::sync::mpsc::SyncSender;

use lore_engine::model::SessionId;

use super::capture::Done;
use super::control::Command;
use super::linking::Linked;

/// Something happened.
pub(super) enum Event {
    /// The file system tells of files or directories.
    Changed(Change),
    /// The file system cannot tell of everything any more.
    Unwatchable(PathBuf, String),
    /// The file system told more than could be taken in.
    Lost,
    /// Sessions to which nothing was added for long.
    Idle(Vec<SessionId>),
    /// A moment that was waited for has come.
    Timer,
    /// The thread that captures has news.
    Captured(Done),
    /// The thread that links has done a task.
    Linked(Linked),
    /// Somebody asks at the control socket; lines that are sent there are the answer.
    Asked(Command, Answers),
    /// The daemon is to read everything again.
    Rescan,
    /// The daemon is to end.
    Stop(&'static str),
}

/// Where the lines of an answer go; dropping it ends the answer. Nothing: the other side hung up.
pub(super) type Answers = SyncSender<Option<String>>;

/// What the file system tells.
pub(super) struct Change {
    /// What it is about.
    pub(super) paths: Vec<PathBuf>,
    /// It is not at that path any more.
    pub(super) gone: bool,
}
