//! The one door: what can be asked of the engine, and what it answers.
//!
//! A closed pair of enums, written in postcard where they cross a socket. Whoever asks, command,
//! daemon or MCP server, asks here; `Engine::handle` answers.

mod import;
mod maintenance;
mod search;
mod sessions;
mod status;

pub use import::{
    ImportReport, ImportRequest, Places, Problem, Progress, SessionChange, ToolReport,
};
pub use maintenance::{Finding, Stats, TableStats, ToolStats, Verification};
pub use search::{ContextMessage, Match, SearchAnswer, SearchRequest, SessionMatches};
pub use sessions::{SessionDetail, SessionFilter};
pub use status::{Drift, FailedPlugin, PluginStatus, Status};

use serde::{Deserialize, Serialize};

use crate::model::{Link, Message, Session, SessionId};

/// The version of this vocabulary. Client and holder must agree on it exactly.
pub const PROTOCOL: u32 = 1;

/// A question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Reads sources.
    Import(ImportRequest),
    /// Lists sessions, newest first.
    Sessions(SessionFilter),
    /// Finds the one session whose id begins with these digits.
    Session {
        /// Digits of the id, with or without hyphens.
        prefix: String,
    },
    /// Some messages of a session, by their place in it.
    Messages {
        /// The session.
        session: SessionId,
        /// The first one's index.
        from: u32,
        /// At most so many.
        limit: u32,
    },
    /// Searches.
    Search(SearchRequest),
    /// Puts a tag on a session or takes it off.
    Tag {
        /// The session.
        session: SessionId,
        /// The tag.
        label: String,
        /// Whether it is to be there afterwards.
        present: bool,
    },
    /// Links a session to a commit.
    Link {
        /// The session.
        session: SessionId,
        /// The commit's full id.
        commit: String,
    },
    /// Finds the sessions that are linked to the commits whose ids begin with these digits.
    Linked {
        /// Digits of the commit's id.
        commit: String,
    },
    /// Gives a session a summary, in place of the one that it has.
    Summarize {
        /// The session.
        session: SessionId,
        /// The summary.
        content: String,
    },
    /// What there is, and how it is.
    Status(Places),
    /// What lies in the store.
    Stats,
    /// Proves that store, index and sources agree.
    Verify,
    /// Builds the index anew.
    Reindex,
    /// Gives unused space back to the file system.
    Compact,
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Response {
    /// To [`Request::Import`].
    Import(ImportReport),
    /// To [`Request::Sessions`].
    Sessions(Vec<SessionDetail>),
    /// To [`Request::Session`].
    Session(Box<SessionDetail>),
    /// To [`Request::Messages`].
    Messages(Vec<Message>),
    /// To [`Request::Search`].
    Search(SearchAnswer),
    /// To [`Request::Tag`]: whether something changed.
    Tag(bool),
    /// To [`Request::Link`]: whether it was not linked before.
    Link(bool),
    /// To [`Request::Linked`], the newest session first.
    Linked(Vec<(Link, SessionDetail)>),
    /// To [`Request::Summarize`].
    Summarize,
    /// To [`Request::Status`].
    Status(Status),
    /// To [`Request::Stats`].
    Stats(Stats),
    /// To [`Request::Verify`].
    Verify(Verification),
    /// To [`Request::Reindex`]: messages in the new index.
    Reindex(u64),
    /// To [`Request::Compact`]: bytes before and after.
    Compact {
        /// Bytes of the store before.
        before: u64,
        /// Bytes of the store after.
        after: u64,
    },
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ApiError {
    /// No session's id begins so.
    #[error("no session's id begins with `{prefix}`")]
    NoSuchSession {
        /// What was asked for.
        prefix: String,
        /// Whether the store has no session at all.
        empty: bool,
    },
    /// Several sessions' ids begin so.
    #[error("{} sessions' ids begin with `{prefix}`", .candidates.len())]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// Some of those that fit.
        candidates: Vec<Session>,
    },
    /// What was asked makes no sense; says why and what would.
    #[error("{0}")]
    Invalid(String),
    /// The store cannot be read or written.
    #[error("{0}")]
    Store(String),
    /// The index cannot be read or written.
    #[error("{0}")]
    Index(String),
    /// The request was handled by code that failed.
    #[error("internal error: {0}")]
    Internal(String),
}
