//! Looking after the store.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{SessionId, Timestamp};

/// What lies in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    /// Sessions.
    pub sessions: u64,
    /// Messages.
    pub messages: u64,
    /// Sources.
    pub sources: u64,
    /// Bytes of the store's file.
    pub store_bytes: u64,
    /// Bytes of the index.
    pub index_bytes: u64,
    /// The earliest start of a session.
    pub oldest: Option<Timestamp>,
    /// The latest start of a session.
    pub newest: Option<Timestamp>,
    /// By tool, in the order of their names.
    pub tools: Vec<ToolStats>,
    /// By table, in the order of their names.
    pub tables: Vec<TableStats>,
    /// `major.minor` of the store's format.
    pub format: (u16, u16),
}

/// What the store has of one tool.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ToolStats {
    /// The tool.
    pub tool: String,
    /// Its sessions.
    pub sessions: u64,
    /// Their messages.
    pub messages: u64,
}

/// One table of the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TableStats {
    /// The table's name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Bytes of its keys and values.
    pub bytes: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Verification {
    /// Sessions looked at.
    pub sessions: u64,
    /// Messages looked at, each read back.
    pub messages: u64,
    /// Messages in the index.
    pub indexed: u64,
    /// Sources compared with their files.
    pub sources: u64,
    /// Sources whose file is gone; what was captured stays.
    pub missing_sources: u64,
    /// Records of the sources that became something, were skipped, or are problems.
    pub records: u64,
    /// What does not agree.
    pub findings: Vec<Finding>,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Finding {
    /// About a session in the store.
    Session {
        /// The session.
        id: SessionId,
        /// What does not agree.
        what: String,
    },
    /// About a source.
    Source {
        /// The file.
        path: PathBuf,
        /// What does not agree.
        what: String,
    },
    /// About the index.
    Index {
        /// What does not agree.
        what: String,
    },
    /// About the store's file.
    Store {
        /// What does not agree.
        what: String,
    },
}
