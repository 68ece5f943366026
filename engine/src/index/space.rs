//! Bounds the memory of documents on their way to the indexing threads.
//!
//! Tantivy's queue is bounded by documents only, and a document may have megabytes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The memory that there is.
#[derive(Clone)]
pub(super) struct Budget {
    shared: Arc<Shared>,
}

struct Shared {
    limit: usize,
    taken: Mutex<usize>,
    given_back: Condvar,
}

impl Shared {
    fn taken(&self) -> MutexGuard<'_, usize> {
        // The number is right at any moment, also if a thread panicked.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    /// `limit` bytes.
    pub(super) fn new(limit: usize) -> Budget {
        let shared = Shared { limit, taken: Mutex::new(0), given_back: Condvar::new() };
        Budget { shared: Arc::new(shared) }
    }

    /// Takes `bytes`, and waits until they are there. What is larger than everything gets
    /// everything.
    pub(super) fn take(&self, bytes: usize) -> Space {
        let bytes = bytes.min(self.shared.limit);
        let mut taken = self.shared.taken();
        while *taken + bytes > self.shared.limit {
            taken = self.shared.given_back.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Space { shared: Arc::clone(&self.shared), bytes }
    }
}

/// A part of the memory.
pub(super) struct Space {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Drop for Space {
    fn drop(&mut self) {
        *self.shared.taken() -= self.bytes;
        self.shared.given_back.notify_all();
    }
}
