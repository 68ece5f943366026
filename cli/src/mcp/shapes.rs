//! What sessions, commits and gaps look like in answers: small, and of bounded size.

use lore_engine::api::{CommitDetail, Prompt, SessionDetail, SessionMatches};
use lore_engine::model::{Annotation, Link, Machine, MessageId, Session, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::budget::shortened;
use crate::output::plain::one_line;
use crate::output::short_commit;

/// Bytes of a directory, a title, and of names.
const DIRECTORY: usize = 200;
const TITLE: usize = 120;
const NAME: usize = 60;

/// The machine of somebody else that captured a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OriginInfo {
    machine_id: String,
    /// What it is called.
    machine: String,
    /// Whose it is.
    person: Option<String>,
}

impl From<&Machine> for OriginInfo {
    fn from(machine: &Machine) -> Self {
        let name = |text: &str| shortened(&one_line(text), NAME);
        Self {
            machine_id: machine.id.to_string(),
            machine: name(&machine.name),
            person: machine.person.as_deref().map(name),
        }
    }
}

/// A session.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SessionInfo {
    /// Its id, to cite and to ask for more with.
    id: String,
    /// The first digits of the id.
    id_short: String,
    /// The AI tool that it was held with.
    tool: String,
    /// What it is called.
    title: Option<String>,
    started_at: Option<String>,
    last_activity_at: Option<String>,
    message_count: u32,
    working_directory: Option<String>,
    git_branch: Option<String>,
    /// Given if it was held on another machine: paths in it are of that one.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginInfo>,
}

impl From<&SessionDetail> for SessionInfo {
    fn from(detail: &SessionDetail) -> Self {
        Self::new(&detail.session, detail.origin.as_ref())
    }
}

impl From<&SessionMatches> for SessionInfo {
    fn from(found: &SessionMatches) -> Self {
        Self::new(&found.session, found.origin.as_ref())
    }
}

impl SessionInfo {
    fn new(session: &Session, origin: Option<&Machine>) -> Self {
        Self {
            id: session.id.to_string(),
            id_short: session.id.short(),
            tool: shortened(&session.tool, NAME),
            title: session.title.as_deref().map(|title| shortened(title, TITLE)),
            started_at: time(session.started),
            last_activity_at: time(session.last_activity),
            message_count: session.message_count,
            working_directory: session.directory.as_deref().map(|path| shortened(path, DIRECTORY)),
            git_branch: session.branch().map(|branch| shortened(branch, NAME)),
            origin: origin.map(OriginInfo::from),
        }
    }
}

/// A session, where it stands beside something of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SessionName {
    id: String,
    tool: String,
    title: Option<String>,
    started_at: Option<String>,
    /// Given if it was held on another machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginInfo>,
}

impl From<&SessionDetail> for SessionName {
    fn from(SessionDetail { session, origin, .. }: &SessionDetail) -> Self {
        Self {
            id: session.id.to_string(),
            tool: shortened(&session.tool, NAME),
            title: session.title.as_deref().map(|title| shortened(title, TITLE)),
            started_at: time(session.started),
            origin: origin.as_ref().map(OriginInfo::from),
        }
    }
}

/// A commit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct CommitInfo {
    sha: String,
    summary: String,
    author: String,
    committed_at: Option<String>,
}

impl From<&CommitDetail> for CommitInfo {
    fn from(commit: &CommitDetail) -> Self {
        Self {
            sha: shortened(&commit.id, 64),
            summary: shortened(&commit.subject, TITLE),
            author: shortened(&commit.author, NAME),
            committed_at: time(Some(commit.committed)),
        }
    }
}

/// A link of a session to a commit.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LinkInfo {
    pub(super) commit_sha: String,
    pub(super) summary: String,
    /// From 0 to 1; null if a person made the link.
    pub(super) confidence: Option<f64>,
}

impl From<&Link> for LinkInfo {
    fn from(link: &Link) -> Self {
        Self {
            commit_sha: short_commit(&link.commit).to_owned(),
            summary: shortened(&link.mark.subject, TITLE),
            confidence: confidence(link),
        }
    }
}

/// A note on a session.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AnnotationInfo {
    content: String,
    author: Option<String>,
    created_at: Option<String>,
}

impl AnnotationInfo {
    /// With at most so many bytes of what it says.
    pub(super) fn new(note: &Annotation, most: usize) -> Self {
        Self {
            content: shortened(&note.content, most),
            author: note.author.as_deref().map(|author| shortened(author, NAME)),
            created_at: time(Some(note.created_at)),
        }
    }
}

/// A message and what it says, mostly what a person asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PromptInfo {
    message_id: String,
    /// The message's place in its session.
    index: u32,
    text: String,
}

impl PromptInfo {
    /// With at most so many bytes of its text; nothing if there is room for none.
    pub(super) fn new(prompt: Option<&Prompt>, most: usize) -> Option<Self> {
        let prompt = prompt.filter(|_| most > 0)?;
        Some(Self::said(prompt.message, prompt.index, &prompt.text, most))
    }

    /// What a message says, of whoever's.
    pub(super) fn said(message: MessageId, index: u32, text: &str, most: usize) -> Self {
        Self { message_id: message.to_string(), index, text: shortened(text.trim(), most) }
    }
}

/// What is missing in an answer.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct LeftOut {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) messages: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) matches: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) memories: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) edits: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// How to get it.
    pub(super) how: String,
}

/// How sure a link is, in thousandths.
pub(super) fn confidence(link: &Link) -> Option<f64> {
    link.confidence.map(|sure| (f64::from(sure) * 1000.0).round() / 1000.0)
}

/// RFC 3339 in UTC.
pub(super) fn time(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}
