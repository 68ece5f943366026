//! Links between sessions and commits, and the origins of lines.
//!
//! Every request names a `place`: a directory, or a file, in the repository that it is about.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::SessionDetail;
use crate::model::{Creator, Evidence, Link, MessageId, SessionId, Timestamp};
use crate::redact::RedactorSettings;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitDetail {
    /// Its full id, in lower-case hex.
    pub id: String,
    /// Its first line.
    pub subject: String,
    /// Its author's name.
    pub author: String,
    /// When it was written.
    pub authored: Timestamp,
    /// When it was committed: a rebase changes it.
    pub committed: Timestamp,
    /// The top of the working tree that it was asked for in.
    pub root: PathBuf,
}

/// A commit and the sessions that are linked to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LinkedCommit {
    /// The commit, if the reference names one in a repository here.
    pub commit: Option<CommitDetail>,
    /// The links, the newest session first. If the reference was taken for the first digits of an
    /// id, they may be of several commits.
    pub linked: Vec<Linked>,
}

/// A link, and its session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// The session.
    pub session: SessionDetail,
    /// The link is to another commit, of which this one is a rewritten form.
    pub moved: Option<MovedBy>,
}

/// How a commit was found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MovedBy {
    /// Git told it.
    Rewrite,
    /// It changes the same.
    Patch,
    /// It adds the same lines.
    Content,
}

/// What to look for sessions of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ProposeRequest {
    /// The sessions that may have made a commit.
    Commit {
        /// Where.
        place: PathBuf,
        /// The commit.
        reference: String,
    },
    /// The commits of every session that has ended, in all repositories of this machine.
    Backfill {
        /// A repository to look at as well, if it is one.
        place: Option<PathBuf>,
        /// Confidence that a proposal needs, from 0 to 1.
        threshold: f32,
    },
    /// The commits of sessions that have ended, wherever these were held on this machine.
    Ended {
        /// The sessions; those that are active are passed over.
        sessions: Vec<SessionId>,
        /// Confidence that a proposal needs, from 0 to 1.
        threshold: f32,
    },
}

/// What could be linked.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Proposals {
    /// The commit that was asked for.
    pub commit: Option<CommitDetail>,
    /// Files that it changes.
    pub files: u32,
    /// The candidates: of a commit all, the likeliest first; of a backfill those that reach the
    /// threshold and are not linked yet, the newest session first.
    pub proposals: Vec<Proposal>,
    /// What a backfill looked at.
    pub scanned: Scanned,
}

/// A session and a commit that may belong together.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// The session.
    pub session: SessionId,
    /// The commit.
    pub commit: CommitDetail,
    /// How sure it is, from 0 to 1.
    pub confidence: f32,
    /// Why.
    pub evidence: Evidence,
}

/// What a backfill looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scanned {
    /// Sessions that have ended.
    pub ended: u64,
    /// Those whose directory exists, or whose repository is known by other means.
    pub existing: u64,
    /// Those of them in a git repository.
    pub in_repositories: u64,
}

/// A link that is to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewLink {
    /// The session.
    pub session: SessionId,
    /// Where the commit's repository is.
    pub place: PathBuf,
    /// The commit's full id.
    pub commit: String,
    /// Who makes it.
    pub created_by: Creator,
    /// How sure it is and why; nothing for a person's.
    pub judgement: Option<(f32, Evidence)>,
}

/// A link whose commit was rewritten.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedLink {
    /// The session.
    pub session: SessionId,
    /// The commit that the link was to.
    pub from: String,
    /// The commit that it is to now; nothing if none was found.
    pub to: Option<CommitDetail>,
    /// The first line of the commit that it was to.
    pub subject: String,
    /// How it was found.
    pub by: Option<MovedBy>,
}

/// Whose lines to look for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BlameRequest {
    /// The current directory.
    pub place: PathBuf,
    /// The file, as people write it: absolute, or relative to the place, or to the top.
    pub file: PathBuf,
    /// First and last line, from 1; nothing: all of them.
    pub lines: Option<(u32, u32)>,
    /// The file as it is in this commit; nothing: as it is on disk.
    pub rev: Option<String>,
    /// A file of commits that are passed over, beside the one that git is configured with.
    pub ignore_revs_file: Option<PathBuf>,
    /// Changes of white space do not count.
    pub ignore_whitespace: bool,
    /// Tells what was tried before in the place of the lines: see [`Origin::earlier`].
    pub earlier: bool,
}

/// Whose lines they are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BlameAnswer {
    /// The file's path in the repository.
    pub file: String,
    /// The lines that were asked for, in order.
    pub lines: Vec<BlameLine>,
    /// The commits that the lines came with.
    pub commits: Vec<CommitDetail>,
    /// What sessions did to write them.
    pub origins: Vec<Origin>,
    /// The sessions of the origins. For a single line, those linked to its commit, too.
    pub sessions: Vec<BlameSession>,
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlameLine {
    /// From 1.
    pub line: u32,
    /// Without its end.
    pub text: String,
    /// Index of the commit that it came with; nothing: it is not committed.
    pub commit: Option<u32>,
    /// Who wrote it.
    pub written_by: Writer,
    /// Index of its origin, if a session wrote it.
    pub origin: Option<u32>,
    /// The session's line that it was before somebody changed it by hand.
    pub changed_from: Option<ChangedFrom>,
}

/// Who wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Writer {
    /// A session.
    Session,
    /// No session that is known.
    Hand,
    /// It says too little to tell: a bracket, or nothing at all.
    Unknown,
}

/// A session's line that was changed since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedFrom {
    /// Index of its origin.
    pub origin: u32,
    /// As the session wrote it.
    pub text: String,
}

/// The call of a tool that edited a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditCall {
    /// Index of the session.
    pub session: u32,
    /// The message.
    pub message: MessageId,
    /// Its place in the session.
    pub message_index: u32,
    /// When it was written.
    pub at: Option<Timestamp>,
    /// The tool's own id of the call.
    pub tool_use_id: String,
    /// The tool's name: `Edit`.
    pub tool_name: String,
}

/// The edit that wrote a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// What made it.
    pub call: EditCall,
    /// The file, as the session named it.
    pub path: String,
    /// What the edit replaced around the line, at most 50 lines.
    pub replaced: Vec<String>,
    /// What the person asked for before.
    pub prompt: Option<Prompt>,
    /// The edits whose text this one took the place of, directly or over others, the newest first;
    /// none unless they were asked for.
    pub earlier: Vec<Earlier>,
}

/// An edit whose text was replaced later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// What made it.
    pub call: EditCall,
    /// Of the lines that it wrote those that were replaced, at most 50.
    pub lines: Vec<String>,
    /// The message that replaced them.
    pub replaced_by: MessageId,
    /// What the person asked for before.
    pub prompt: Option<Prompt>,
}

/// What a person asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The message.
    pub message: MessageId,
    /// Its place in the session.
    pub index: u32,
    /// Its text, at most 2,000 bytes.
    pub text: String,
}

/// A session in an answer about lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BlameSession {
    /// The session.
    pub detail: SessionDetail,
    /// How sure its link to the commit of the line that was asked for is.
    pub linked: Option<Linked>,
    /// What its messages say about that line, at most five excerpts.
    pub excerpts: Vec<String>,
}

/// Commits to report on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ReviewRequest {
    /// Where.
    pub place: PathBuf,
    /// `main..feature`, or a branch: what it has that the main branch has not.
    pub range: String,
    /// What to mask in what people said; nothing: nothing.
    pub redact: Option<RedactorSettings>,
}

/// Which sessions made which commits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ReviewAnswer {
    /// The commits, the oldest first.
    pub commits: Vec<ReviewCommit>,
    /// The sessions, in the order in which they took part.
    pub sessions: Vec<ReviewSession>,
    /// Secrets that were masked, by kind.
    pub masked: Vec<(String, u64)>,
}

/// A commit in a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReviewCommit {
    /// The commit.
    pub commit: CommitDetail,
    /// Files that it changes.
    pub files: Vec<ReviewFile>,
    /// Sessions that wrote a part of it or are linked to it: index, lines, confidence of the link.
    pub sessions: Vec<(u32, u32, Option<f32>)>,
    /// What led to its lines: indexes of the session, and of the prompt among its own.
    pub prompts: Vec<(u32, u32)>,
    /// Lines that it adds.
    pub lines: LineShare,
}

/// A file in a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReviewFile {
    /// Its path in the repository.
    pub path: String,
    /// Lines that are added to it.
    pub lines: LineShare,
    /// Sessions that wrote some of them: index, lines.
    pub sessions: Vec<(u32, u32)>,
}

/// Whose the added lines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineShare {
    /// Written by sessions.
    pub session: u32,
    /// By hand.
    pub hand: u32,
    /// They say too little to tell.
    pub unknown: u32,
}

/// A session in a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReviewSession {
    /// The session.
    pub detail: SessionDetail,
    /// What people asked for that led to the lines, in order.
    pub prompts: Vec<Prompt>,
    /// Lines that it wrote.
    pub lines: u32,
}
