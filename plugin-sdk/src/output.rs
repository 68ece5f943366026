//! What a call has found so far.

use std::collections::VecDeque;

use crate::{Batch, Block, Count, Event, Message, Outcome, Problem, Session};

/// Bytes of text after which a batch is full; the contract asks for at most about 4 MiB.
const FULL: usize = 2 << 20;

/// Collects the events and counts of one batch.
#[derive(Default)]
pub struct Output {
    events: Vec<Event>,
    counts: Vec<Count>,
    size: usize,
    /// Where to cut what is too much for one batch: indexes of events, and the size up to the last.
    cuts: Vec<usize>,
    cut_size: usize,
}

/// How far a source is dealt with.
pub(crate) struct Reached {
    pub(crate) position: u64,
    pub(crate) checkpoint: Vec<u8>,
}

impl Output {
    /// Adds what is known about a session.
    pub fn session(&mut self, session: Session) {
        self.push(Event::Session(session), 256);
    }

    /// Adds a message.
    pub fn message(&mut self, message: Message) {
        let size = 256 + message.content.iter().map(block_size).sum::<usize>();
        self.push(Event::Message(message), size);
    }

    /// Adds input that could not be read; it counts as a record of its own.
    pub fn problem(&mut self, offset: u64, message: impl Into<String>) {
        self.push(Event::Problem(Problem { offset, message: message.into() }), 64);
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

    /// Whether the batch is to be returned before more is read: whoever reads on has it cut into
    /// several, but has all of them in memory.
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

    fn push(&mut self, event: Event, size: usize) {
        if self.size - self.cut_size >= FULL {
            self.cuts.push(self.events.len());
            self.cut_size = self.size;
        }
        self.size += size;
        self.events.push(event);
    }

    /// At least one batch. Only the last one goes on from `after`; whoever stops earlier reads all
    /// of it again, from `before`.
    pub(crate) fn into_batches(
        mut self,
        before: &Reached,
        after: Reached,
        done: bool,
    ) -> VecDeque<Batch> {
        let mut batches = VecDeque::new();
        for cut in self.cuts.into_iter().rev() {
            batches.push_front(self.events.split_off(cut));
        }
        batches.push_front(self.events);
        let last = batches.pop_back().unwrap_or_default();
        let earlier = |events| Batch {
            events,
            counts: Vec::new(),
            position: before.position,
            checkpoint: before.checkpoint.clone(),
            done: false,
        };
        let mut batches: VecDeque<Batch> = batches.into_iter().map(earlier).collect();
        let Reached { position, checkpoint } = after;
        batches.push_back(Batch { events: last, counts: self.counts, position, checkpoint, done });
        batches
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
