//! What sessions did to a file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{EditCall, Prompt, SessionDetail};
use crate::model::EditKind;

/// The file whose history is asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileHistoryRequest {
    /// The current directory.
    pub place: PathBuf,
    /// The file, as people write it: absolute, or relative to the place, or to the top. It need not
    /// be there any more.
    pub file: PathBuf,
    /// Only the first so many edits, counted from the oldest: what an earlier answer said in `from`
    /// leads on to older ones. None: all.
    pub until: Option<u64>,
    /// At most so many edits.
    pub limit: usize,
}

/// What sessions did to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FileHistory {
    /// The file's path in the repository.
    pub file: String,
    /// The paths that it has, or had.
    pub names: Vec<String>,
    /// The edits that did not fail, the newest first.
    pub edits: Vec<FileTouch>,
    /// The sessions of the edits.
    pub sessions: Vec<SessionDetail>,
    /// How many edits there are, those beyond the limit included.
    pub total: u64,
    /// How many of them are older than those in the answer.
    pub from: u64,
}

/// A session's edit of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileTouch {
    /// What made it.
    pub call: EditCall,
    /// How the file changed.
    pub kind: EditKind,
    /// The file, as the session named it.
    pub path: String,
    /// The text that was replaced, at most 2,000 bytes; none if the tool did not say.
    pub before: Option<String>,
    /// The text in its place, at most 2,000 bytes.
    pub after: Option<String>,
    /// What the person asked for before.
    pub prompt: Option<Prompt>,
}
