//! Searching.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{Machine, MessageId, Role, Session, Timestamp};

/// What to search for. What is absent does not restrict.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SearchRequest {
    /// In the query language: see `docs/search.md`.
    pub query: String,
    /// At most so many messages.
    pub limit: usize,
    /// So many messages before and after each match.
    pub context: usize,
    /// Only sessions in this directory or below it.
    pub repo: Option<PathBuf>,
    /// Only this tool, whatever the case.
    pub tool: Option<String>,
    /// Only sessions whose directory contains this, whatever the case.
    pub project: Option<String>,
    /// Only messages on a branch that contains this, whatever the case.
    pub branch: Option<String>,
    /// Only this role.
    pub role: Option<Role>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Minutes that local time is ahead of UTC, for dates in the query.
    pub utc_offset_minutes: i32,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SearchAnswer {
    /// Messages that match, those beyond the limit included.
    pub total: u64,
    /// The best matches, grouped by session, the best session first.
    pub sessions: Vec<SessionMatches>,
    /// What was not understood in the query, and what was searched instead.
    pub note: Option<String>,
}

/// The matches in one session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionMatches {
    /// The session.
    pub session: Session,
    /// The machine that captured it, if it is another one.
    pub origin: Option<Machine>,
    /// The session itself matches: its title, directory, branch or tool.
    pub by_metadata: bool,
    /// Its messages that match, in order.
    pub matches: Vec<Match>,
}

/// A message that matches.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Match {
    /// The message.
    pub id: MessageId,
    /// Its place in the session.
    pub index: u32,
    /// Who speaks.
    pub role: Role,
    /// When.
    pub at: Option<Timestamp>,
    /// The part of it where the words stand.
    pub snippet: String,
    /// Byte ranges of `snippet` that match, at character boundaries.
    pub highlights: Vec<(u32, u32)>,
    /// How well it matches; only the order means something.
    pub score: f32,
    /// Messages before it.
    pub before: Vec<ContextMessage>,
    /// Messages after it.
    pub after: Vec<ContextMessage>,
}

/// A message beside a match.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContextMessage {
    /// The message.
    pub id: MessageId,
    /// Its place in the session.
    pub index: u32,
    /// Who speaks.
    pub role: Role,
    /// Its beginning, at most 200 characters.
    pub text: String,
}
