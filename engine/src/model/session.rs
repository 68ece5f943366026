//! Sessions.

use serde::{Deserialize, Serialize};

use super::{MachineId, SessionId, SessionNumber, SourceId, Timestamp, Usage};

/// A conversation with an AI coding tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Its number on this machine.
    pub number: SessionNumber,
    /// The tool: `claude-code`.
    pub tool: String,
    /// The tool's own id.
    pub native_id: String,
    /// The session that it was forked from, or that it is a sub-agent of.
    pub parent: Option<SessionId>,
    /// What it is called, if the tool named it.
    pub title: Option<String>,
    /// Its first moment.
    pub started: Option<Timestamp>,
    /// The newest message's time.
    pub last_activity: Option<Timestamp>,
    /// Its end, if the tool said that it is over.
    pub ended: Option<Timestamp>,
    /// The working directory, as the tool wrote it.
    pub directory: Option<String>,
    /// Branches in the order in which the messages were on them, without repetition of neighbours.
    pub branches: Vec<String>,
    /// The commit that was checked out at the start.
    pub commit: Option<String>,
    /// URL of the repository's remote.
    pub repository: Option<String>,
    /// The tool's version.
    pub tool_version: Option<String>,
    /// The model of the first answer, or the one that the tool named.
    pub model: Option<String>,
    /// Messages that are stored.
    pub message_count: u32,
    /// Tokens, each response counted once.
    pub usage: Usage,
    /// The sources that it was read from, in the order in which they were.
    pub sources: Vec<SourceId>,
    /// The machine that captured it.
    pub machine: MachineId,
    /// Shared by the sessions that may begin with the same history.
    pub lineage: Option<String>,
}

impl Session {
    /// The branch that it was on last.
    pub fn branch(&self) -> Option<&str> {
        self.branches.last().map(String::as_str)
    }

    /// The time that lists have it at.
    pub fn listed_at(&self) -> Timestamp {
        self.started.or(self.last_activity).unwrap_or_default()
    }
}
