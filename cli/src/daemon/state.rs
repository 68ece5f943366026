//! `daemon_state.json`: what a daemon leaves to the next one.
//!
//! ```json
//! {"looked_at": "2026-01-05T08:00:00.000Z"}
//! ```
//!
//! Whatever else stands in it is kept.

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use lore_engine::model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::home::Home;

/// The file.
pub(super) struct State {
    path: PathBuf,
    content: Content,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Content {
    /// Sessions that ended before were dealt with.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_at: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl State {
    /// Reads it. One that is not there, or makes no sense, is as if nothing was left.
    pub(super) fn load(home: &Home) -> Self {
        let path = home.root().join("daemon_state.json");
        let content = fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, content: content.unwrap_or_default() }
    }

    /// The moment before which every session that ended was dealt with.
    pub(super) fn looked_at(&self) -> Option<Timestamp> {
        let time: jiff::Timestamp = self.content.looked_at.as_ref()?.parse().ok()?;
        Some(time.into())
    }

    /// Notes that moment. The file is replaced as a whole, or not at all.
    pub(super) fn set_looked_at(&mut self, time: Timestamp) -> io::Result<()> {
        self.content.looked_at = Some(time.to_string());
        let folder = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        // A temporary file can be read and written by its user only.
        let mut file = tempfile::Builder::new().prefix(".daemon").tempfile_in(folder)?;
        file.write_all(&serde_json::to_vec(&self.content)?)?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}
