//! Importing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Changed, FailedPlugin};
use crate::model::{SessionId, Timestamp};
use crate::plugin::Outcome;

/// Where a person's files lie: what the engine does not look up by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Environment variables.
    pub variables: BTreeMap<String, String>,
    /// `linux`, `macos` or `windows`.
    pub os: String,
    /// Project directories to look into, beside those of the sessions that are known.
    pub projects: Vec<PathBuf>,
}

/// What to import.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImportRequest {
    /// Files and directories, absolute. None: the locations of the enabled tools.
    pub paths: Vec<PathBuf>,
    /// Only what lies below the paths as a tool's sources do, by its name; else any file there may
    /// be one.
    pub scan: bool,
    /// Of the locations, only what these changes concern.
    pub changed: Option<Changed>,
    /// Only this tool.
    pub tool: Option<String>,
    /// The tools that are enabled; none: all.
    pub enabled: Option<Vec<String>>,
    /// Finds and parses, but stores nothing.
    pub dry_run: bool,
    /// Reads from the beginning what was read before.
    pub force: bool,
    /// Where the tools' locations lie.
    pub places: Places,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Directories looked into, while sources are being looked for.
    pub directories: u64,
    /// Bytes of sources dealt with.
    pub bytes: u64,
    /// Bytes that are to be read, as far as known.
    pub total_bytes: u64,
    /// Sources dealt with.
    pub sources: u64,
    /// Sources that are to be read.
    pub total_sources: u64,
    /// Sessions that are new or have changed.
    pub sessions: u64,
    /// Messages stored.
    pub messages: u64,
    /// Problems met.
    pub problems: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImportReport {
    /// By tool, in the order of their names.
    pub tools: Vec<ToolReport>,
    /// Paths that hold nothing any plugin reads, or that cannot be read, with the reason.
    pub problems: Vec<Problem>,
    /// Plugins that were passed over.
    pub failed_plugins: Vec<FailedPlugin>,
    /// Nothing was stored.
    pub dry_run: bool,
}

/// What an import did with one tool's sources.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ToolReport {
    /// The tool.
    pub tool: String,
    /// Sources found.
    pub sources: u64,
    /// Sources that had not changed.
    pub unchanged: u64,
    /// Sessions that are new.
    pub new_sessions: u64,
    /// Sessions that were known and have changed.
    pub changed_sessions: u64,
    /// Messages that are new.
    pub new_messages: u64,
    /// Messages that were known and have changed.
    pub changed_messages: u64,
    /// Messages left out because another session of the lineage has them.
    pub copies: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Records of the sources by kind and outcome.
    pub records: BTreeMap<(String, Outcome), u64>,
    /// The sessions that are new or changed, the first 1,000.
    pub sessions: Vec<SessionChange>,
    /// What could not be read, the first 10,000.
    pub problems: Vec<Problem>,
    /// How many could not be read.
    pub problem_count: u64,
}

/// What an import did to one session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionChange {
    /// The session.
    pub id: SessionId,
    /// It was not known before.
    pub new: bool,
    /// Messages that it has now.
    pub message_count: u32,
    /// Messages that came.
    pub new_messages: u32,
    /// Its directory.
    pub directory: Option<String>,
    /// What it is called, if the tool named it.
    pub title: Option<String>,
    /// The branch that it is on now.
    pub branch: Option<String>,
    /// The newest message's time.
    pub last_activity: Option<Timestamp>,
    /// Its end, if the tool said that it is over.
    pub ended: Option<Timestamp>,
}

/// Input that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file.
    pub path: PathBuf,
    /// Bytes from its (decompressed) start, if it is about a place in it.
    pub offset: Option<u64>,
    /// What is wrong.
    pub message: String,
}
