//! Constructors for the records of the contract, so that a plugin names only what it knows.

use crate::{Content, Edit, EditKind, Growth, Location, Message, Role, Session, WatcherInfo};

/// Where an editor keeps the user directories of its profiles, below its own.
const PROFILES: &str = "profiles/*/";

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
    pub fn location(self, base: &str, env: Option<&str>, pattern: &str, growth: Growth) -> Self {
        self.push(base, env, pattern, growth, Content::Sessions)
    }

    /// Adds a location of notes that the tool keeps, one a file, outside of the project:
    /// `projects/$PROJECT_SLUG/memory/*.md`. The SDK reads them: text with YAML front matter
    /// (`name`, `description`, `type` or `metadata.type`), or without.
    #[must_use]
    pub fn memories(self, base: &str, env: Option<&str>, pattern: &str) -> Self {
        self.push(base, env, pattern, Growth::Rewritten, Content::Memories)
    }

    /// Adds rules that people write for the tool into their projects: `.tool/rules/**/*.md`. They are
    /// read as notes are. Those that are another tool's own are ranked behind it.
    #[must_use]
    pub fn memories_in_projects(self, pattern: &str) -> Self {
        self.memories("", None, pattern)
    }

    /// Adds a file of every project directory: `.aider.chat.history.md`.
    #[must_use]
    pub fn in_projects(self, pattern: &str, growth: Growth) -> Self {
        self.location("", None, pattern, growth)
    }

    /// Adds a place in the user directory of every editor of VS Code's kind, and of each of its
    /// profiles: `globalStorage/publisher.extension/tasks/*/ui_messages.json`.
    #[must_use]
    pub fn in_editors(self, pattern: &str, growth: Growth) -> Self {
        const USER: &str = "$VSCODE_USER";
        self.location(USER, None, pattern, growth).location(
            USER,
            None,
            &format!("{PROFILES}{pattern}"),
            growth,
        )
    }

    /// The last location holds for these operating systems only: `linux`, `macos`, `windows`.
    #[must_use]
    pub fn on(mut self, os: &[&str]) -> Self {
        self.last().for_each(|location| {
            location.os = os.iter().map(|&os| os.into()).collect();
        });
        self
    }

    /// Ranks the last location, for an editor's with its profiles: the lower, the better it tells a
    /// session that other locations tell, too.
    #[must_use]
    pub fn rank(mut self, rank: u8) -> Self {
        self.last().for_each(|location| location.rank = rank);
        self
    }

    fn push(
        mut self,
        base: &str,
        env: Option<&str>,
        pattern: &str,
        growth: Growth,
        content: Content,
    ) -> Self {
        self.locations.push(Location {
            base: base.into(),
            env: env.map(Into::into),
            pattern: pattern.into(),
            os: Vec::new(),
            growth,
            rank: 0,
            content,
        });
        self
    }

    /// What the last call added: for editors there are two locations.
    fn last(&mut self) -> impl Iterator<Item = &mut Location> {
        let profile = self.locations.last().is_some_and(|last| last.pattern.starts_with(PROFILES));
        let added = if profile { 2 } else { 1 };
        self.locations.iter_mut().rev().take(added)
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
