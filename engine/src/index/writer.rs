//! Writing the index.

use super::IndexError;
use crate::model::{Message, Session, SessionNumber};

/// The index's only writer. What is not committed is lost when it is dropped.
pub struct IndexWriter {}

impl IndexWriter {
    /// Adds a message. It must not be there yet: see [`IndexWriter::remove_session`].
    pub fn add_message(
        &self,
        _session: &Session,
        _index: u32,
        _message: &Message,
    ) -> Result<(), IndexError> {
        Ok(())
    }

    /// Makes the session found by its title, tool, directory and branches, in place of those that
    /// it had before.
    pub fn set_session(&mut self, _session: &Session) -> Result<(), IndexError> {
        Ok(())
    }

    /// Removes a session with all its messages, for instance to add them anew.
    pub fn remove_session(&mut self, _session: SessionNumber) -> Result<(), IndexError> {
        Ok(())
    }

    /// Makes everything so far durable, as the state after the outbox entry `outbox`.
    pub fn commit(&mut self, _outbox: u64) -> Result<(), IndexError> {
        Ok(())
    }

    /// Waits until segments that are being merged are merged. Dropping the writer instead gives up
    /// these merges, which costs nothing but a few more segments.
    pub fn finish(self) -> Result<(), IndexError> {
        Ok(())
    }
}
