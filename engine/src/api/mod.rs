//! The one door: what can be asked of the engine, and what it answers.
//!
//! A closed pair of enums, written in postcard where they cross a socket. Whoever asks, command,
//! daemon or MCP server, asks here; `Engine::handle` answers.

mod git;
mod history;
mod import;
mod maintenance;
mod memories;
mod search;
mod sessions;
mod status;
mod sync;
mod watch;

pub use git::{
    BlameAnswer, BlameLine, BlameRequest, BlameSession, ChangedFrom, CommitDetail, Earlier,
    EditCall, LineShare, Linked, LinkedCommit, MovedBy, MovedLink, NewLink, Origin, Prompt,
    Proposal, Proposals, ProposeRequest, ReviewAnswer, ReviewCommit, ReviewFile, ReviewRequest,
    ReviewSession, Scanned, Writer,
};
pub use history::{FileHistory, FileHistoryRequest, FileTouch};
pub use import::{
    ImportReport, ImportRequest, Places, Problem, Progress, SessionChange, ToolReport,
};
pub use maintenance::{Finding, Stats, TableStats, ToolStats, Verification};
pub use memories::{MemoriesAnswer, MemoriesRequest};
pub use search::{ContextMessage, Match, SearchAnswer, SearchRequest, SessionMatches};
pub use sessions::{SessionDetail, SessionFilter};
pub use status::{Drift, FailedPlugin, PluginStatus, Status};
pub use sync::{
    SyncDone, SyncExclusion, SyncNotes, SyncPlace, SyncRequest, SyncRound, SyncScope, SyncStatus,
};
pub use watch::{Changed, WatchPlan, WatchRequest, Watched};

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{Annotation, Link, Message, Session, SessionId};
use crate::sync::SyncError;

/// The version of this vocabulary. Client and holder must agree on it exactly.
pub const PROTOCOL: u32 = 4;

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
    /// Finds a commit.
    Commit {
        /// A directory in its repository.
        place: PathBuf,
        /// A branch, a tag, an id, or anything else that git takes.
        reference: String,
    },
    /// Finds the sessions that are linked to a commit.
    Linked {
        /// A directory in its repository.
        place: PathBuf,
        /// As for [`Request::Commit`]; what git does not know is taken for the first digits of an id.
        reference: String,
    },
    /// Finds the sessions of a repository that are active, or were a moment ago.
    Active {
        /// A directory in the repository.
        place: PathBuf,
    },
    /// Finds what could be linked.
    Propose(ProposeRequest),
    /// Links sessions to commits.
    Link(Vec<NewLink>),
    /// Removes a session's links to the commits whose ids begin with these digits, or all.
    Unlink {
        /// The session.
        session: SessionId,
        /// Digits of the commit's id.
        commit: Option<String>,
    },
    /// Finds the commits again that were rewritten, and moves their links.
    Repair {
        /// A directory in the repository.
        place: PathBuf,
        /// Only tells.
        dry_run: bool,
    },
    /// Moves the links of commits that git says it rewrote.
    Rewritten {
        /// A directory in the repository.
        place: PathBuf,
        /// The old and the new id of each.
        commits: Vec<(String, String)>,
    },
    /// Finds who wrote lines.
    Blame(BlameRequest),
    /// Finds what sessions did to a file.
    FileHistory(FileHistoryRequest),
    /// Reports which sessions made commits.
    Review(ReviewRequest),
    /// Gives a session a summary, in place of the one that it has.
    Summarize {
        /// The session.
        session: SessionId,
        /// The summary.
        content: String,
    },
    /// Puts a note on a session, unless it has one that says the same.
    Annotate {
        /// The session.
        session: SessionId,
        /// The note.
        content: String,
        /// Whose it is.
        author: Option<String>,
    },
    /// Takes a note off a session.
    Unannotate {
        /// The session.
        session: SessionId,
        /// The note's id.
        annotation: Uuid,
    },
    /// Deletes a session for good: no import brings it back.
    Delete {
        /// The session.
        session: SessionId,
    },
    /// Reads what tools remember of a project.
    Memories(MemoriesRequest),
    /// Finds the directories to watch for changes.
    Watch(WatchRequest),
    /// Merges what was fetched, and seals what the remote does not have.
    Sync(Box<SyncRequest>),
    /// A synchronisation came to its end.
    SyncDone(Box<SyncDone>),
    /// How it stands with a store; without an id, with one that is still to be made.
    SyncStatus {
        /// Where it lies.
        place: SyncPlace,
        /// Its id.
        store: Option<Uuid>,
    },
    /// Lets a store forget a session, from the next round on.
    SyncForget {
        /// The store.
        store: Uuid,
        /// The session.
        session: SessionId,
    },
    /// Keeps something out of all stores, or lets it in again.
    SyncExclude {
        /// What.
        what: SyncExclusion,
        /// Whether it is to be kept out.
        excluded: bool,
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
    /// To [`Request::Commit`].
    Commit(CommitDetail),
    /// To [`Request::Linked`].
    Linked(LinkedCommit),
    /// To [`Request::Active`], the newest first.
    Active(Vec<SessionDetail>),
    /// To [`Request::Propose`].
    Propose(Proposals),
    /// To [`Request::Link`]: of each, whether it was not linked before.
    Link(Vec<bool>),
    /// To [`Request::Unlink`]: what was removed.
    Unlink(Vec<Link>),
    /// To [`Request::Repair`].
    Repair(Vec<MovedLink>),
    /// To [`Request::Rewritten`]: the links that were moved.
    Rewritten(u64),
    /// To [`Request::Blame`].
    Blame(BlameAnswer),
    /// To [`Request::FileHistory`].
    FileHistory(FileHistory),
    /// To [`Request::Review`].
    Review(ReviewAnswer),
    /// To [`Request::Summarize`].
    Summarize,
    /// To [`Request::Annotate`]: the note, or the one that was there.
    Annotate(Annotation),
    /// To [`Request::Unannotate`]: whether it was there.
    Unannotate(bool),
    /// To [`Request::Delete`].
    Delete,
    /// To [`Request::Memories`].
    Memories(MemoriesAnswer),
    /// To [`Request::Watch`].
    Watch(WatchPlan),
    /// To [`Request::Sync`].
    Sync(Box<SyncRound>),
    /// To [`Request::SyncDone`].
    SyncDone,
    /// To [`Request::SyncStatus`].
    SyncStatus(SyncStatus),
    /// To [`Request::SyncForget`]: whether it was not forgotten before.
    SyncForget(bool),
    /// To [`Request::SyncExclude`]: whether that changes anything.
    SyncExclude(bool),
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
    /// There is no git repository.
    #[error("`{}` is in no git repository", .place.display())]
    NoRepository {
        /// Where it was looked for.
        place: PathBuf,
    },
    /// The reference names no commit.
    #[error("`{reference}` names no commit in `{}`", .root.display())]
    NoSuchCommit {
        /// What was asked for.
        reference: String,
        /// The repository.
        root: PathBuf,
    },
    /// The repository cannot be read.
    #[error("{0}")]
    Git(String),
    /// What was asked makes no sense; says why and what would.
    #[error("{0}")]
    Invalid(String),
    /// A store that is synchronised with cannot be used.
    #[error(transparent)]
    Sync(#[from] SyncError),
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
