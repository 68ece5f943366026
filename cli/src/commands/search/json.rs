//! Search results as JSON.

use lore_engine::api::{ContextMessage, Match, SearchAnswer, SessionMatches};
use lore_engine::model::{MessageId, SessionId};
use serde::Serialize;

use crate::commands::sessions::directory_name;
use crate::output::json::Utc;
use crate::output::machine::MachineJson;

/// What was found.
#[derive(Serialize)]
pub(super) struct SearchJson<'a> {
    query: &'a str,
    /// What was not understood in the query.
    note: Option<&'a str>,
    total_matches: u64,
    sessions: Vec<SessionMatchesJson<'a>>,
}

#[derive(Serialize)]
struct SessionMatchesJson<'a> {
    session_id: SessionId,
    tool: &'a str,
    title: Option<&'a str>,
    /// The directory's last component.
    project: &'a str,
    working_directory: Option<&'a str>,
    git_branch: Option<&'a str>,
    session_started_at: Option<Utc>,
    session_message_count: u32,
    origin: Option<MachineJson<'a>>,
    matches_metadata: bool,
    matches: Vec<MatchJson<'a>>,
}

#[derive(Serialize)]
struct MatchJson<'a> {
    message: MessageJson<'a>,
    timestamp: Option<Utc>,
    score: f32,
    snippet: &'a str,
    /// Byte ranges of the snippet that match.
    highlights: &'a [(u32, u32)],
    before: Vec<MessageJson<'a>>,
    after: Vec<MessageJson<'a>>,
}

/// A match or a message beside it.
#[derive(Serialize)]
struct MessageJson<'a> {
    id: MessageId,
    role: &'static str,
    /// Of a match the snippet, of others the beginning.
    content: &'a str,
    index: u32,
    is_match: bool,
}

impl<'a> SearchJson<'a> {
    pub(super) fn new(query: &'a str, answer: &'a SearchAnswer) -> Self {
        Self {
            query,
            note: answer.note.as_deref(),
            total_matches: answer.total,
            sessions: answer.sessions.iter().map(SessionMatchesJson::from).collect(),
        }
    }
}

impl<'a> From<&'a SessionMatches> for SessionMatchesJson<'a> {
    fn from(found: &'a SessionMatches) -> Self {
        let session = &found.session;
        Self {
            session_id: session.id,
            tool: &session.tool,
            title: session.title.as_deref(),
            project: directory_name(session.directory.as_deref()),
            working_directory: session.directory.as_deref(),
            git_branch: session.branch(),
            session_started_at: session.started.map(Utc),
            session_message_count: session.message_count,
            origin: found.origin.as_ref().map(MachineJson::from),
            matches_metadata: found.by_metadata,
            matches: found.matches.iter().map(MatchJson::from).collect(),
        }
    }
}

impl<'a> From<&'a Match> for MatchJson<'a> {
    fn from(found: &'a Match) -> Self {
        let message = MessageJson {
            id: found.id,
            role: found.role.name(),
            content: &found.snippet,
            index: found.index,
            is_match: true,
        };
        Self {
            message,
            timestamp: found.at.map(Utc),
            score: found.score,
            snippet: &found.snippet,
            highlights: &found.highlights,
            before: found.before.iter().map(MessageJson::from).collect(),
            after: found.after.iter().map(MessageJson::from).collect(),
        }
    }
}

impl<'a> From<&'a ContextMessage> for MessageJson<'a> {
    fn from(beside: &'a ContextMessage) -> Self {
        Self {
            id: beside.id,
            role: beside.role.name(),
            content: &beside.text,
            index: beside.index,
            is_match: false,
        }
    }
}
