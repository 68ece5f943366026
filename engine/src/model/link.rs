//! What hangs on a session: links to commits, and a summary.

use serde::{Deserialize, Serialize};

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
}

/// What a session was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The text.
    pub content: String,
    /// When it was written.
    pub generated_at: Timestamp,
}
