//! What is remembered from one line to the next: the checkpoint of a file.

use std::collections::VecDeque;

use lore_plugin_sdk::{Message, Output, Role, Session, Source};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::key;

/// How many entries are remembered, so that others may answer them.
const ENTRIES: usize = 4096;

/// The checkpoint of a file.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// The session's id if no head tells it: from the file's name.
    name: String,
    /// The file is named as Pi does it.
    pub(crate) is_named: bool,
    /// A record was Pi's.
    pub(crate) is_ours: bool,
    pub(crate) id: Option<String>,
    /// The key of the first message was told as the lineage.
    has_lineage: bool,
    model: Option<String>,
    /// Short hash of an entry's id, and the key of the last message up to it.
    entries: VecDeque<(u32, Option<u64>)>,
    /// The key of the last message up to the last entry.
    last: Option<u64>,
}

impl State {
    /// Before the first line.
    pub(crate) fn of(source: &Source) -> Self {
        let stem = source.stem();
        let name = session_in(&stem);
        let is_named = name.is_some() && source.path().ends_with(".jsonl");
        Self { name: name.unwrap_or(&stem).to_owned(), is_named, ..Self::default() }
    }

    /// The session's id, of which the head says this.
    pub(crate) fn session_id(&self, told: &str) -> String {
        if told.is_empty() { self.name.clone() } else { told.to_owned() }
    }

    /// Tells of the session; its id is that of the head.
    pub(crate) fn begin(&mut self, session: Session, out: &mut Output) {
        self.id = Some(session.id.clone());
        self.model.clone_from(&session.model);
        out.session(session);
    }

    /// The session's id; tells of the session if no head did.
    pub(crate) fn session(&mut self, out: &mut Output) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let id = self.name.clone();
        self.begin(Session::new(id.as_str()), out);
        id
    }

    /// The model that answers from now on.
    pub(crate) fn use_model(&mut self, model: Option<String>, out: &mut Output) {
        if model.is_some() && model != self.model {
            self.model.clone_from(&model);
            let id = self.session(out);
            out.session(Session { model, ..Session::new(id) });
        }
    }

    /// Goes on to an entry, with its id and that of the one that it answers; `message` is the key's
    /// hash if it is a message. Returns the key of the message that it answers.
    pub(crate) fn enter(
        &mut self,
        id: Option<&str>,
        parent: Option<&str>,
        message: Option<u64>,
    ) -> Option<String> {
        let answered = match (id, parent) {
            (Some(_), Some(parent)) => {
                let parent = short(parent);
                let entry = self.entries.iter().rev().find(|(entry, _)| *entry == parent);
                entry.and_then(|(_, message)| *message)
            }
            // A root of the tree.
            (Some(_), None) => None,
            // The first version of the format is a list.
            (None, _) => self.last,
        };
        self.last = message.or(answered);
        if let Some(id) = id {
            if self.entries.len() == ENTRIES {
                self.entries.pop_front();
            }
            self.entries.push_back((short(id), self.last));
        }
        answered.map(key::text)
    }

    /// An empty message of the session. The key of the first one is the lineage: a fork begins with
    /// a copy of it.
    pub(crate) fn message(&mut self, hash: u64, role: Role, out: &mut Output) -> Message {
        let (id, key) = (self.session(out), key::text(hash));
        if !self.has_lineage {
            self.has_lineage = true;
            out.session(Session { lineage: Some(key.clone()), ..Session::new(id.as_str()) });
        }
        let mut message = Message::new(id, key, role);
        message.injected = role == Role::System;
        message
    }
}

/// The session that a file's name tells: `<uuid>` of `2026-03-01T10-00-00-000Z_<uuid>`.
pub(crate) fn session_in(stem: &str) -> Option<&str> {
    let (time, id) = stem.split_once('_')?;
    let is_time = time.len() > 10
        && time.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            0..10 => byte.is_ascii_digit(),
            10 => byte == b'T',
            _ => byte.is_ascii_alphanumeric() || byte == b'-',
        });
    (is_time && !id.is_empty()).then_some(id)
}

fn short(id: &str) -> u32 {
    xxh3_64(id.as_bytes()) as u32
}
