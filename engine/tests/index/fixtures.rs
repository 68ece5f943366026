//! Sessions, messages and an index in a temporary directory.

use std::collections::BTreeSet;

use lore_engine::index::{Found, Index, IndexWriter, Place};
use lore_engine::model::{
    Block, MachineId, Message, MessageId, Role, Session, SessionId, SessionNumber, Timestamp,
    ToolResult, ToolUse, Usage,
};
use lore_engine::search::{self, Query};
use tempfile::TempDir;
use uuid::Uuid;

/// 2026-01-05, 12:00 UTC.
pub(crate) const NOW: Timestamp = Timestamp(1_767_614_400_000);

/// A session of `claude-code` in `/work/app` on `main`.
pub(crate) fn session(number: u32) -> Session {
    Session {
        id: SessionId::derive("claude-code", &number.to_string()),
        number: SessionNumber(number),
        tool: "claude-code".to_owned(),
        native_id: number.to_string(),
        parent: None,
        title: None,
        started: Some(NOW),
        last_activity: Some(NOW),
        ended: None,
        directory: Some("/work/app".to_owned()),
        branches: vec!["main".to_owned()],
        commit: None,
        repository: None,
        tool_version: None,
        model: None,
        message_count: 0,
        usage: Usage::default(),
        sources: Vec::new(),
        machine: MachineId(Uuid::nil()),
        lineage: None,
    }
}

/// A message of these blocks, said by the user.
pub(crate) fn message(content: Vec<Block>) -> Message {
    Message {
        id: MessageId(Uuid::nil()),
        parent: None,
        role: Role::User,
        injected: false,
        sidechain: false,
        withdrawn: false,
        at: Some(NOW),
        model: None,
        directory: None,
        branch: None,
        content,
        usage: None,
    }
}

/// A message that says `text`.
pub(crate) fn said(text: &str) -> Message {
    message(vec![Block::Text(text.to_owned())])
}

/// A call of a tool with these arguments.
pub(crate) fn call(name: &str, input: &str) -> ToolUse {
    ToolUse { name: name.to_owned(), input: input.to_owned(), ..ToolUse::default() }
}

/// What a tool answered.
pub(crate) fn answer(content: &str) -> ToolResult {
    ToolResult { content: content.to_owned(), ..ToolResult::default() }
}

/// An index in a directory of its own.
pub(crate) struct TestIndex {
    pub(crate) index: Index,
    _directory: TempDir,
}

impl TestIndex {
    pub(crate) fn empty() -> TestIndex {
        let directory = TempDir::new().expect("a temporary directory");
        let index = Index::create(directory.path()).expect("an empty index");
        TestIndex { index, _directory: directory }
    }

    /// With one session, number 1, of these messages.
    pub(crate) fn of(messages: &[Message]) -> TestIndex {
        Self::with(&[(session(1), messages.to_vec())])
    }

    pub(crate) fn with(sessions: &[(Session, Vec<Message>)]) -> TestIndex {
        let test = TestIndex::empty();
        test.write(1, |writer| {
            for (session, messages) in sessions {
                add(writer, session, 0, messages);
            }
        });
        test
    }

    /// Writes and commits, as the state after the outbox entry `entry`.
    pub(crate) fn write(&self, entry: u64, work: impl FnOnce(&IndexWriter)) {
        let mut writer = self.index.writer(1, 0).expect("the writer");
        work(&writer);
        writer.commit(entry).expect("a commit");
        writer.finish().expect("an end");
        self.index.reload().expect("what is committed is seen");
    }

    pub(crate) fn search(&self, query: &str) -> Found {
        self.index.search(&parse(query), 1000).expect("a search")
    }

    /// Session and index of the messages that match.
    pub(crate) fn places(&self, query: &str) -> BTreeSet<(u32, u32)> {
        places(&self.search(query))
    }

    /// The messages of session 1 that match.
    #[track_caller]
    pub(crate) fn check(&self, query: &str, expected: &[u32]) {
        let found = self.places(query);
        let expected: BTreeSet<(u32, u32)> = expected.iter().map(|index| (1, *index)).collect();
        assert_eq!(found, expected, "`{query}`");
    }
}

/// Adds a session and its messages, the first one at `first`.
pub(crate) fn add(writer: &IndexWriter, session: &Session, first: u32, messages: &[Message]) {
    writer.set_session(session);
    for (index, message) in (first..).zip(messages) {
        writer.add_message(session, index, message).expect("a message is added");
    }
}

pub(crate) fn parse(query: &str) -> Query {
    search::parse(query, NOW, 0)
}

pub(crate) fn places(found: &Found) -> BTreeSet<(u32, u32)> {
    let messages = found.hits.iter().filter_map(|hit| match hit.place {
        Place::Message(index) => Some((hit.session.0, index)),
        Place::Session => None,
    });
    let places: BTreeSet<_> = messages.collect();
    assert_eq!(places.len() as u64, found.total, "all that match are listed");
    places
}
