//! Listing sessions.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{Annotation, Link, Machine, Session, SessionId, Summary};

/// Which sessions to list. What is absent does not restrict.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SessionFilter {
    /// Only sessions in this directory or below it, by path component.
    pub repo: Option<PathBuf>,
    /// Only sessions with this tag.
    pub tag: Option<String>,
    /// Only sessions of this tool, whatever the case.
    pub tool: Option<String>,
    /// Only those that are listed after this one.
    pub after: Option<SessionId>,
    /// At most so many.
    pub limit: usize,
}

/// A session and what hangs on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionDetail {
    /// The session.
    pub session: Session,
    /// Its tags, sorted.
    pub tags: Vec<String>,
    /// Its links to commits.
    pub links: Vec<Link>,
    /// The notes on it, the oldest first.
    pub annotations: Vec<Annotation>,
    /// What it was about, if somebody wrote that down.
    pub summary: Option<Summary>,
    /// The files that it was read from.
    pub source_paths: Vec<PathBuf>,
    /// Nothing says that it ended, and something was added of late, on this machine.
    pub active: bool,
    /// The machine that captured it, if it is another one.
    pub origin: Option<Machine>,
}
