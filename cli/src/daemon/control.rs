//! What is said at the control socket, `daemon.sock`, and asking there.
//!
//! ```text
//! client   a command, one line: {"command":"status"}
//! daemon   an answer, one line; to `watch` a line for each thing that happens, till one hangs up
//! ```
//!
//! Keys that one side does not know are passed over, so any version can talk to any other: a new
//! `lore` must be able to stop the daemon of an old one.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::home::Home;
use crate::socket;

/// How long to wait for an answer. The loop answers at once, whatever is going on.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest line that is read, in bytes.
pub(super) const LONGEST_LINE: u64 = 1 << 20;

/// What the daemon can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Command {
    /// Whether it is there.
    Ping,
    /// How it is.
    Status,
    /// To end.
    Stop,
    /// To look at everything again.
    Rescan,
    /// To tell what happens, [`Notice`] by notice.
    Watch,
}

/// An answer to any command but `watch`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is there.
    Pong { pid: u32, version: String },
    /// How it is.
    Status(Box<Status>),
    /// It is going to end.
    Stopping { pid: u32 },
    /// It is going to look.
    Rescanning,
    /// It does not do that.
    Error { message: String },
    /// An answer of another version's.
    #[serde(other)]
    Unknown,
}

/// How the daemon is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    pub(crate) pid: u32,
    pub(crate) version: String,
    pub(crate) started_at: String,
    pub(crate) uptime_seconds: u64,
    pub(crate) store: StoreState,
    pub(crate) watched: Vec<Directory>,
    pub(crate) active_sessions: u64,
    pub(crate) sessions_captured: u64,
    pub(crate) messages_captured: u64,
    pub(crate) links_made: u64,
    pub(crate) last_capture_at: Option<String>,
    pub(crate) troubles: Vec<Trouble>,
}

/// How it is with the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoreState {
    /// It cannot be opened, or is not yet.
    #[default]
    Closed,
    /// Another process holds it.
    Waiting,
    /// This daemon holds it.
    Held,
    /// This daemon opens it when something changes.
    Resting,
    /// A state of another version's.
    #[serde(other)]
    Unknown,
}

/// A directory that is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Directory {
    pub(crate) tool: String,
    pub(crate) path: String,
    /// `notified` or `polled`.
    pub(crate) how: String,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) count: u64,
    pub(crate) first_at: String,
    pub(crate) last_at: String,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// First of all: the sessions that are active.
    Watching { sessions: Vec<Seen> },
    /// A session is new, or has more messages.
    Captured { at: String, new: bool, new_messages: u32, session: Seen },
    /// A session is over.
    Ended { at: String, session: Seen },
    /// A session was linked to commits.
    Linked { at: String, session_id: String, commits: u64 },
    /// Something is not as it should be.
    Trouble { at: String, message: String },
    /// A notice of another version's.
    #[serde(other)]
    Unknown,
}

/// A session, as far as it is told of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Seen {
    pub(crate) id: String,
    pub(crate) tool: String,
    pub(crate) title: Option<String>,
    pub(crate) directory: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) message_count: u32,
    pub(crate) last_activity_at: Option<String>,
}

/// Asks the daemon; nothing if none listens.
pub(crate) fn ask(home: &Home, command: Command) -> Result<Option<Answer>, CliError> {
    let Some(mut lines) = Lines::of(home, command, Some(PATIENCE))? else { return Ok(None) };
    match lines.next()? {
        None => Ok(None),
        Some(line) => match serde_json::from_str(&line) {
            Ok(Answer::Error { message }) => Err(CliError::new(format!("the daemon: {message}"))),
            Ok(answer) => Ok(Some(answer)),
            Err(error) => Err(CliError::new(format!("cannot read the daemon's answer: {error}"))),
        },
    }
}

/// The lines of an answer.
pub(crate) struct Lines {
    reader: BufReader<UnixStream>,
}

impl Lines {
    /// What the daemon tells as long as it runs; nothing if none listens.
    pub(crate) fn watch(home: &Home) -> Result<Option<Self>, CliError> {
        Self::of(home, Command::Watch, None)
    }

    fn of(
        home: &Home,
        command: Command,
        patience: Option<Duration>,
    ) -> Result<Option<Self>, CliError> {
        if !home.root().exists() {
            return Ok(None);
        }
        let socket = socket::path(home.root(), socket::DAEMON)
            .map_err(|error| CliError::file("cannot use", home.root(), &error))?;
        let failed = |error| CliError::file("cannot ask the daemon at", &socket, &error);
        let mut stream = match UnixStream::connect(&socket) {
            Ok(stream) => stream,
            Err(error) if is_gone(error.kind()) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let line = serde_json::to_string(&command)? + "\n";
        let asked = stream
            .set_read_timeout(patience)
            .and_then(|()| stream.set_write_timeout(Some(PATIENCE)))
            .and_then(|()| stream.write_all(line.as_bytes()));
        match asked {
            Ok(()) => Ok(Some(Self { reader: BufReader::new(stream) })),
            Err(error) if is_gone(error.kind()) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The next line, without its end; nothing if the daemon hung up.
    pub(crate) fn next(&mut self) -> Result<Option<String>, CliError> {
        let mut line = String::new();
        match (&mut self.reader).take(LONGEST_LINE).read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line.trim_end().to_owned())),
            Err(error) if is_gone(error.kind()) => Ok(None),
            Err(error) => Err(CliError::new(format!("the daemon does not answer: {error}"))
                .with_hint("`lore daemon logs` shows what it did last")),
        }
    }
}

/// Nobody listens, or not any more.
fn is_gone(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::ConnectionRefused
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
    )
}
