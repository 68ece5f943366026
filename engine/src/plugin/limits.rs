//! How much a plugin may use.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use super::Exceeded;

/// What one instance of a plugin may use at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: usize,
    /// Time for one batch. Measured in ticks of the engine's own, so that a machine that slept does
    /// not count as a plugin that hung; a call of the engine in progress is not interrupted, unless it is a query.
    pub deadline: Duration,
    /// Bytes of stack. Whoever reads needs a thread with a megabyte more than this.
    pub stack: usize,
    /// Bytes of a batch, in the engine's memory. The contract asks for 4 MiB, but a single line with
    /// a picture may be longer.
    pub batch: usize,
    /// Bytes of the rows of one query.
    pub rows: usize,
    /// Calls of the engine (reads, opens, finds, queries) for one batch.
    pub calls: u32,
    /// Files that are open at once.
    pub files: usize,
    /// Batches in a row without events that do not move the position.
    pub empty_batches: u32,
    /// Batches in a row with events that do not move the position.
    pub standing_batches: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            deadline: Duration::from_secs(10),
            stack: 512 << 10,
            batch: 96 << 20,
            rows: 32 << 20,
            calls: 100_000,
            files: 64,
            empty_batches: 16,
            standing_batches: 1_000,
        }
    }
}

/// Table entries of all of an instance's tables: a plugin has a few hundred functions in them.
const TABLE_ENTRIES: usize = 1 << 20;

/// Counts what an instance has taken, and remembers what it was refused.
pub(super) struct Meter {
    memory_limit: usize,
    memory: usize,
    table_entries: usize,
    refused: Option<Exceeded>,
}

impl Meter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { memory_limit: limits.memory, memory: 0, table_entries: 0, refused: None }
    }

    /// What was refused since this was last asked.
    pub(super) fn take_refused(&mut self) -> Option<Exceeded> {
        self.refused.take()
    }

    /// Bytes of memory that it holds; an instance never gives any back.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    pub(super) fn refuse(&mut self, limit: Exceeded) {
        self.refused = Some(limit);
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let memory = self.memory.saturating_sub(current).saturating_add(desired);
        if memory > self.memory_limit {
            // The plugin may live without; if it cannot, this is why it failed.
            self.refuse(Exceeded::Memory(self.memory_limit));
            return Ok(false);
        }
        self.memory = memory;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let entries = self.table_entries.saturating_sub(current).saturating_add(desired);
        if entries > TABLE_ENTRIES {
            self.refuse(Exceeded::Tables(TABLE_ENTRIES));
            return Ok(false);
        }
        self.table_entries = entries;
        Ok(true)
    }

    fn instances(&self) -> usize {
        256
    }

    fn tables(&self) -> usize {
        256
    }

    fn memories(&self) -> usize {
        64
    }
}
