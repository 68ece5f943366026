//! What hangs on a session: links to commits, notes, and a summary.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{SessionId, Timestamp};

/// Who made a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Creator {
    /// A person.
    User,
    /// Lore, by what the session and the commit have in common.
    Auto,
    /// A git hook.
    Hook,
}

/// A session had to do with a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The session.
    pub session: SessionId,
    /// The commit's full id, in lower-case hex.
    pub commit: String,
    /// Who made the link.
    pub created_by: Creator,
    /// When.
    pub created_at: Timestamp,
    /// How sure it is, from 0 to 1; a person's link has none.
    pub confidence: Option<f32>,
    /// What the confidence is made of.
    pub evidence: Option<Evidence>,
    /// What the commit is found again by when its id changes.
    pub mark: CommitMark,
    /// The ids that the commit had before it was rewritten, the last one last.
    pub earlier: Vec<String>,
}

/// What speaks for a session's part in a commit. Every factor is from 0 to 1; `docs/linking.md` says
/// how they make a confidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How near the commit was to the session; 1 inside of it.
    pub time: f32,
    /// The part of the commit's files that the session worked on.
    pub files: f32,
    /// Whether the session was on a branch that has the commit; nothing where either is not known.
    pub branch: Option<f32>,
    /// How much of the commit's text is the session's; nothing where that is not known.
    pub content: Option<f32>,
    /// Lines that the commit adds and the session wrote.
    pub lines: u32,
    /// Lines that the commit adds.
    pub added: u32,
    /// Somebody else committed it.
    pub other_author: bool,
}

/// What a commit is found again by after a rewrite: an amend, a rebase, a squash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitMark {
    /// Hash of what it changes, whatever stands around it.
    pub patch: Option<[u8; 16]>,
    /// Fingerprints of some of the lines that it adds: always the same ones of the same lines.
    pub lines: Vec<u64>,
    /// Its first line.
    pub subject: String,
    /// The branch that it was made on, as far as known.
    pub branch: Option<String>,
}

/// What a session was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The text.
    pub content: String,
    /// When it was written.
    pub generated_at: Timestamp,
}

/// A note that somebody made on a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// Derived from the session, the time and the text.
    pub id: Uuid,
    /// The text.
    pub content: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it, by the name that they chose, if they did.
    pub author: Option<String>,
}

impl Annotation {
    /// A note, with its id.
    pub fn new(
        session: SessionId,
        content: String,
        created_at: Timestamp,
        author: Option<String>,
    ) -> Self {
        let name = format!("annotation\n{}\n{content}", created_at.0);
        let id = Uuid::new_v5(&session.0, name.as_bytes());
        Self { id, content, created_at, author }
    }

    /// The first eight digits of its id, as people see it.
    pub fn short(&self) -> String {
        format!("{:08x}", self.id.as_u128() >> 96)
    }
}
