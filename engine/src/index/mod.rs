//! The full-text index: derived from the store, may be deleted at any moment.

mod error;
mod hit;
mod writer;

pub use error::IndexError;
pub use hit::{Found, Hit, Place};
pub use writer::IndexWriter;

use std::collections::HashMap;
use std::path::Path;

use crate::model::SessionNumber;
use crate::search::Query;

/// The index, for searching.
pub struct Index {}

impl Index {
    /// Opens the index of this build's version in `directory`.
    ///
    /// # Errors
    /// [`IndexError::Missing`] if there is none of this version, [`IndexError::Damaged`] if it
    /// cannot be read: both mean that it is to be built anew.
    pub fn open(directory: &Path) -> Result<Index, IndexError> {
        Err(IndexError::Missing { path: directory.to_owned() })
    }

    /// Makes an empty index in `directory`, in place of what is there.
    pub fn create(directory: &Path) -> Result<Index, IndexError> {
        Err(IndexError::Missing { path: directory.to_owned() })
    }

    /// The last outbox entry that the index holds, 0 if none.
    pub fn committed(&self) -> u64 {
        0
    }

    /// Takes the index's only writer.
    ///
    /// # Errors
    /// [`IndexError::Busy`] if someone has it.
    pub fn writer(&self, _threads: usize, _memory_bytes: usize) -> Result<IndexWriter, IndexError> {
        Ok(IndexWriter {})
    }

    /// The best `limit` messages for `query`, and the sessions whose title, directory, branch or
    /// tool match; the best first.
    pub fn search(&self, _query: &Query, _limit: usize) -> Result<Found, IndexError> {
        Ok(Found::default())
    }

    /// Makes what was committed since the last time visible.
    pub fn reload(&self) -> Result<(), IndexError> {
        Ok(())
    }

    /// Messages in the index.
    pub fn message_count(&self) -> Result<u64, IndexError> {
        Ok(0)
    }

    /// Messages of each session.
    pub fn messages_by_session(&self) -> Result<HashMap<SessionNumber, u64>, IndexError> {
        Ok(HashMap::new())
    }

    /// Bytes that it takes on disk.
    pub fn size_bytes(&self) -> Result<u64, IndexError> {
        Ok(0)
    }

    /// Reads every file to the end and compares the checksums.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] names the files that do not fit.
    pub fn check(&self) -> Result<(), IndexError> {
        Ok(())
    }
}
