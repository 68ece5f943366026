//! What was met lately, by its hash: bounded, because it is part of a checkpoint.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// How many are remembered.
const MOST: usize = 128;

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Recent(VecDeque<u64>);

impl Recent {
    /// Remembers a text; returns whether it was not remembered yet.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        if self.contains(text) {
            return false;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(xxh3_64(text.as_bytes()));
        true
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.0.contains(&xxh3_64(text.as_bytes()))
    }
}
