//! What a tool remembers of a project, or was told to heed in it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Timestamp;

/// A note that a tool keeps for a project, or a rule that people wrote for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Derived from the path of the file, without symbolic links.
    pub id: Uuid,
    /// The tool that reads it: `claude-code`.
    pub tool: String,
    /// Other tools that read the same file.
    pub also: Vec<String>,
    /// What it is called.
    pub name: String,
    /// What it is about, if it says so.
    pub description: Option<String>,
    /// Its type, in the tool's words: `index`, `user`, `feedback`, `rule`.
    pub kind: Option<String>,
    /// The text, without front matter.
    pub content: String,
    /// The file, absolute.
    pub path: String,
    /// When the file was written last.
    pub updated: Option<Timestamp>,
}
