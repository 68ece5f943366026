//! What a call has found so far.

use crate::{Batch, Block, Count, Event, Message, Outcome, Problem, Session};

/// Bytes of text after which a batch is full; the contract asks for at most about 4 MiB.
const FULL: usize = 2 << 20;

/// Collects the events and counts of one batch.
#[derive(Default)]
pub struct Output {
    events: Vec<Event>,
    counts: Vec<Count>,
    size: usize,
}

impl Output {
    /// Adds what is known about a session.
    pub fn session(&mut self, session: Session) {
        self.size += 256;
        self.events.push(Event::Session(session));
    }

    /// Adds a message.
    pub fn message(&mut self, message: Message) {
        self.size += 256 + message.content.iter().map(block_size).sum::<usize>();
        self.events.push(Event::Message(message));
    }

    /// Adds input that could not be read; it counts as a record of its own.
    pub fn problem(&mut self, offset: u64, message: impl Into<String>) {
        self.size += 64;
        self.events.push(Event::Problem(Problem { offset, message: message.into() }));
    }

    /// Counts a record that is in the events, or said something about the session.
    pub fn kept(&mut self, kind: &str) {
        self.count(kind, Outcome::Kept);
    }

    /// Counts a record that was left out on purpose.
    pub fn skipped(&mut self, kind: &str) {
        self.count(kind, Outcome::Skipped);
    }

    /// Counts a record of unknown kind, kept as [`Block::Other`].
    pub fn unknown(&mut self, kind: &str) {
        self.count(kind, Outcome::Unknown);
    }

    /// Whether the batch is to be returned before more is read.
    pub fn is_full(&self) -> bool {
        self.size >= FULL
    }

    fn count(&mut self, kind: &str, outcome: Outcome) {
        self.size += 16; // skipped records take input, too
        match self.counts.iter_mut().find(|c| c.outcome == outcome && c.kind == kind) {
            Some(count) => count.records += 1,
            None => self.counts.push(Count { kind: kind.to_owned(), outcome, records: 1 }),
        }
    }

    pub(crate) fn into_batch(self, position: u64, checkpoint: Vec<u8>, done: bool) -> Batch {
        Batch { events: self.events, counts: self.counts, position, checkpoint, done }
    }
}

fn block_size(block: &Block) -> usize {
    let some = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match block {
        Block::Text(text) | Block::Thinking(text) | Block::Other(text) => text.len(),
        Block::ToolUse(tool) => {
            let edits =
                tool.edits.iter().map(|e| some(&e.before) + some(&e.after) + e.path.len() + 32);
            tool.input.len() + edits.sum::<usize>() + some(&tool.command) + 64
        }
        Block::ToolResult(result) => result.content.len() + 64,
    }
}
