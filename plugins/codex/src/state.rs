//! What is remembered from one line to the next, and how messages leave.
//!
//! The last message is held back as long as it is small and the next lines may complete it: with its
//! usage, which a rollout tells after the response, with the second telling of it, or by what shows
//! that a person wrote it. It is written at the end of a batch all the same and written again if it
//! is completed later, so that the events do not depend on where a batch ends, once a later message
//! has taken the place of an earlier one with its key.

use std::collections::VecDeque;

use lore_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::chain;
use crate::usage::Tokens;
use crate::utterance::Utterances;

/// The largest message that is held back, in bytes: it is part of the checkpoint.
const HELD: usize = 16 << 10;

/// How many calls are remembered.
const CALLS: usize = 64;

/// The checkpoint of a rollout.
#[derive(Default, Serialize, Deserialize)]
pub struct State {
    /// The session's id if the file does not tell: from its name.
    pub(crate) name: String,
    /// The file is named as Codex names them.
    pub(crate) is_named: bool,
    /// A line was read as Codex's.
    pub(crate) accepted: bool,
    /// The session's id, once a session was told of.
    pub(crate) id: Option<String>,
    /// The file's own head was read.
    pub(crate) has_meta: bool,
    pub(crate) lineage: String,
    pub(crate) parent: Option<String>,
    pub(crate) sidechain: bool,
    /// Where the session began.
    pub(crate) home: Option<String>,
    /// Where it is now.
    pub(crate) directory: Option<String>,
    pub(crate) model: Option<String>,
    /// The last time that was told.
    pub(crate) at: Option<i64>,
    /// Messages so far.
    pub(crate) messages: u64,
    /// Link of the last response item.
    chain: u128,
    /// Link of the last message of any kind: what the next key is made from.
    tip: u128,
    pub(crate) utterances: Utterances,
    calls: VecDeque<u64>,
    /// Id of the last call, for results that do not name theirs.
    pub(crate) last_call: String,
    pub(crate) tokens: Tokens,
    /// Usage that belongs to the next message of the model.
    pending: Option<Usage>,
    held: Option<Held>,
    /// Records of an old file that were dealt with.
    pub(crate) records: u64,
}

#[derive(Serialize, Deserialize)]
struct Held {
    link: u128,
    message: Message,
    written: bool,
}

impl State {
    /// Nothing known but the file's name.
    pub(crate) fn new(name: &str, is_named: bool) -> Self {
        Self { name: name.to_owned(), is_named, ..Self::default() }
    }

    /// The session's id; tells of the session if that was not done yet.
    pub(crate) fn session(&mut self, out: &mut Output) -> &str {
        if self.id.is_none() {
            let mut session = Session::new(self.name.clone());
            session.lineage = Some(self.name.clone());
            session.started = self.at;
            self.lineage = self.name.clone();
            self.id = Some(self.name.clone());
            out.session(session);
        }
        self.id.as_deref().unwrap_or(&self.name)
    }

    /// Extends the chain by a response item; returns the new link.
    pub(crate) fn extend(&mut self, parts: &[&str]) -> u128 {
        if self.chain == chain::START {
            self.begin();
        }
        self.chain = chain::link(self.chain, parts);
        self.tip = self.chain;
        self.chain
    }

    /// Extends the tip by something that only events tell; returns the new link.
    pub(crate) fn extend_tip(&mut self, parts: &[&str]) -> u128 {
        self.tip = self.next(parts);
        self.tip
    }

    /// The link of something said now, in whatever stream it is told first.
    pub(crate) fn next(&mut self, parts: &[&str]) -> u128 {
        if self.chain == chain::START {
            self.begin();
        }
        chain::link(self.tip, parts)
    }

    /// Goes on from something that only events tell so far.
    pub(crate) fn set_tip(&mut self, link: u128) {
        self.tip = link;
    }

    fn begin(&mut self) {
        let seed = if self.lineage.is_empty() { &self.name } else { &self.lineage };
        self.chain = chain::link(chain::START, &[seed]);
        self.tip = self.chain;
    }

    /// Whether a message was made: the lineage is settled.
    pub(crate) fn has_begun(&self) -> bool {
        self.chain != chain::START
    }

    /// A message of this session, as far as the session tells.
    pub(crate) fn message(&mut self, link: u128, role: Role, out: &mut Output) -> Message {
        let mut message = Message::new(self.session(out), chain::key(link), role);
        message.sidechain = self.sidechain;
        message.at = self.at;
        if self.directory != self.home {
            message.directory.clone_from(&self.directory);
        }
        if role == Role::Assistant {
            message.model.clone_from(&self.model);
        }
        message
    }

    /// Writes a new message.
    pub(crate) fn write(&mut self, link: u128, mut message: Message, out: &mut Output) {
        self.messages += 1;
        if message.role == Role::Assistant {
            message.usage = self.pending.take();
            if let Some(usage) = message.usage {
                self.utterances.note_usage(link, usage);
            }
        }
        let may_be_completed = match message.role {
            Role::Assistant => true,
            Role::User => message.injected,
            Role::System => false,
        };
        self.put(link, message, may_be_completed, out);
    }

    /// Writes a message in the place of the one with its key.
    pub(crate) fn rewrite(&mut self, link: u128, message: Message, out: &mut Output) {
        if self.held.as_ref().is_some_and(|held| held.link == link) {
            self.held = None;
        }
        let may_be_completed = message.role == Role::Assistant && message.usage.is_none();
        self.put(link, message, may_be_completed, out);
    }

    fn put(&mut self, link: u128, message: Message, may_be_completed: bool, out: &mut Output) {
        self.release(out);
        if may_be_completed && size(&message) <= HELD {
            self.held = Some(Held { link, message, written: false });
        } else {
            out.message(message);
        }
    }

    /// Lets the last message go: nothing that follows belongs to it.
    pub(crate) fn release(&mut self, out: &mut Output) {
        if let Some(held) = self.held.take()
            && !held.written
        {
            out.message(held.message);
        }
    }

    /// Writes the last message at the end of a batch, and goes on holding it.
    pub(crate) fn write_held(&mut self, out: &mut Output) {
        if let Some(held) = &mut self.held
            && !held.written
        {
            out.message(held.message.clone());
            held.written = true;
        }
    }

    /// The last message, to be completed, if it has this link and is held back.
    pub(crate) fn held(&mut self, link: u128) -> Option<&mut Message> {
        let held = self.held.as_mut().filter(|held| held.link == link)?;
        held.written = false;
        Some(&mut held.message)
    }

    /// The last message, to be added to, if it is a thought that only events told so far.
    pub(crate) fn held_thought(&mut self) -> Option<&mut Message> {
        let tip = self.tip;
        let held = self.held.as_mut().filter(|held| held.link == tip)?;
        let is_thought = matches!(held.message.content.last(), Some(Block::Thinking(_)));
        if !is_thought || size(&held.message) > HELD / 2 {
            return None;
        }
        held.written = false;
        Some(&mut held.message)
    }

    /// Gives tokens to the message of the model that they belong to: the last message, or the next
    /// one if that is not the model's or has its own already.
    pub(crate) fn spend(&mut self, usage: Usage, out: &mut Output) {
        match &mut self.held {
            Some(held) if held.message.role == Role::Assistant => {
                let usage = sum(held.message.usage, usage);
                held.message.usage = Some(usage);
                held.written = false;
                let link = held.link;
                self.utterances.note_usage(link, usage);
                self.release(out);
            }
            _ => self.pending = Some(sum(self.pending, usage)),
        }
    }

    /// Remembers a call, whose result other streams may repeat.
    pub(crate) fn remember_call(&mut self, id: &str) {
        self.last_call = id.to_owned();
        if self.calls.len() == CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(chain::text(id));
    }

    /// Whether a response item told of this call.
    pub(crate) fn knows_call(&self, id: &str) -> bool {
        self.calls.contains(&chain::text(id))
    }
}

fn sum(before: Option<Usage>, more: Usage) -> Usage {
    let Some(before) = before else { return more };
    Usage {
        input: before.input.saturating_add(more.input),
        output: before.output.saturating_add(more.output),
        cache_read: before.cache_read.saturating_add(more.cache_read),
        cache_write: before.cache_write.saturating_add(more.cache_write),
    }
}

/// Bytes of a message, about.
fn size(message: &Message) -> usize {
    let some = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let block = |block: &Block| match block {
        Block::Text(text) | Block::Thinking(text) | Block::Other(text) => text.len(),
        Block::ToolResult(result) => result.content.len(),
        Block::ToolUse(call) => {
            let edits = call.edits.iter().map(|e| e.path.len() + some(&e.before) + some(&e.after));
            call.input.len() + some(&call.command) + edits.sum::<usize>()
        }
    };
    message.content.iter().map(block).sum()
}
