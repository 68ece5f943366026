//! Constructors for the records of the contract, so that a plugin names only what it knows.

use crate::{Edit, EditKind, Growth, Location, Message, Role, Session, WatcherInfo};

impl WatcherInfo {
    /// A tool without locations yet.
    pub fn new(tool: &str, title: &str, version: &str) -> Self {
        Self {
            tool: tool.into(),
            title: title.into(),
            version: version.into(),
            locations: Vec::new(),
        }
    }

    /// Adds a location that holds for every operating system.
    #[must_use]
    pub fn location(
        mut self,
        base: &str,
        env: Option<&str>,
        pattern: &str,
        growth: Growth,
    ) -> Self {
        self.locations.push(Location {
            base: base.into(),
            env: env.map(Into::into),
            pattern: pattern.into(),
            os: Vec::new(),
            growth,
        });
        self
    }
}

impl Session {
    /// A session of which only the id is known.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            parent: None,
            lineage: None,
            title: None,
            started: None,
            ended: None,
            directory: None,
            branch: None,
            commit: None,
            repository: None,
            tool_version: None,
            model: None,
        }
    }
}

impl Message {
    /// An empty message.
    pub fn new(session: impl Into<String>, key: impl Into<String>, role: Role) -> Self {
        Self {
            session: session.into(),
            key: key.into(),
            parent: None,
            role,
            injected: false,
            sidechain: false,
            at: None,
            model: None,
            directory: None,
            branch: None,
            content: Vec::new(),
            usage: None,
        }
    }
}

impl Edit {
    /// A file written as a whole.
    pub fn create(path: impl Into<String>, after: impl Into<String>) -> Self {
        Self::new(path.into(), EditKind::Create, None, Some(after.into()))
    }

    /// A text put in the place of another.
    pub fn replace(
        path: impl Into<String>,
        before: impl Into<String>,
        after: impl Into<String>,
    ) -> Self {
        Self::new(path.into(), EditKind::Replace, Some(before.into()), Some(after.into()))
    }

    /// A file removed, with its text if that is known.
    pub fn delete(path: impl Into<String>, before: Option<String>) -> Self {
        Self::new(path.into(), EditKind::Delete, before, None)
    }

    /// A file moved.
    pub fn rename(path: impl Into<String>, to: impl Into<String>) -> Self {
        Self { to: Some(to.into()), ..Self::new(path.into(), EditKind::Rename, None, None) }
    }

    fn new(path: String, kind: EditKind, before: Option<String>, after: Option<String>) -> Self {
        Self { path, kind, before, after, to: None }
    }
}
