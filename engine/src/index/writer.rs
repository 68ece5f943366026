//! Writing the index.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tantivy::{Searcher, Term};

use super::IndexError;
use super::document::Document;
use super::label::{Label, Owner};
use super::merge::FewSegments;
use super::payload;
use super::schema::field;
use super::space::Budget;
use crate::model::{Message, Session, SessionNumber};

/// Bytes of documents that may wait for the indexing threads.
const WAITING_BYTES: usize = 8 << 20;

/// The index's only writer. What is not committed is lost when it is dropped.
pub struct IndexWriter {
    writer: tantivy::IndexWriter<Document>,
    path: PathBuf,
    budget: Budget,
    /// What was committed when the writer was opened.
    committed: Searcher,
    sessions: Mutex<Sessions>,
}

/// Sessions are written at the commit, once each, however often they change.
#[derive(Default)]
struct Sessions {
    changed: HashMap<SessionNumber, Document>,
    /// Those that this writer committed.
    written: HashSet<SessionNumber>,
}

impl IndexWriter {
    pub(super) fn new(
        writer: tantivy::IndexWriter<Document>,
        committed: Searcher,
        path: PathBuf,
    ) -> IndexWriter {
        writer.set_merge_policy(Box::new(FewSegments));
        let budget = Budget::new(WAITING_BYTES);
        IndexWriter { writer, path, budget, committed, sessions: Mutex::default() }
    }

    /// Goes on after a commit; `committed` is what that made visible.
    pub(super) fn resumed(self, committed: Searcher) -> Self {
        Self { committed, sessions: Mutex::default(), ..self }
    }

    /// Adds a message. It must not be there yet: see [`IndexWriter::remove_session`].
    ///
    /// Waits while the indexing threads have enough to do.
    pub fn add_message(
        &self,
        session: &Session,
        index: u32,
        message: &Message,
    ) -> Result<(), IndexError> {
        self.add(Document::message(session, index, message))
    }

    /// Makes the session found by its title, tool, directory and branches, in place of those that
    /// it had before.
    pub fn set_session(&self, session: &Session) {
        self.sessions().changed.insert(session.number, Document::session(session));
    }

    /// Removes a session with all its messages, for instance to add them anew.
    pub fn remove_session(&self, session: SessionNumber) {
        let mut sessions = self.sessions();
        sessions.changed.remove(&session);
        sessions.written.remove(&session);
        self.writer.delete_term(number_term(Owner::Message, session));
        self.writer.delete_term(number_term(Owner::Session, session));
    }

    /// Makes everything so far durable, as the state after the outbox entry `outbox`.
    pub fn commit(&mut self, outbox: u64) -> Result<(), IndexError> {
        let mut sessions = std::mem::take(&mut *self.sessions());
        for (number, document) in sessions.changed.drain() {
            let term = number_term(Owner::Session, number);
            // A deletion makes tantivy look into every segment: only where there is something.
            if !sessions.written.insert(number) || self.is_committed(&term)? {
                self.writer.delete_term(term);
            }
            self.add(document)?;
        }
        *self.sessions() = sessions;
        let IndexWriter { writer, path, .. } = self;
        let commit = writer.prepare_commit().and_then(|mut commit| {
            commit.set_payload(&payload::write(outbox));
            commit.commit()
        });
        commit.map(drop).map_err(|error| IndexError::new(path, error))
    }

    /// Waits until segments that are being merged are merged. Dropping the writer instead gives up
    /// these merges, which costs nothing but a few more segments.
    pub fn finish(self) -> Result<(), IndexError> {
        let IndexWriter { writer, path, .. } = self;
        writer.wait_merging_threads().map_err(|error| IndexError::new(&path, error))
    }

    fn add(&self, document: Document) -> Result<(), IndexError> {
        let space = self.budget.take(document.bytes());
        let added = self.writer.add_document(document.holding(space));
        added.map(drop).map_err(|error| self.error(error))
    }

    fn is_committed(&self, term: &Term) -> Result<bool, IndexError> {
        self.committed.doc_freq(term).map(|count| count > 0).map_err(|error| self.error(error))
    }

    fn error(&self, error: tantivy::TantivyError) -> IndexError {
        IndexError::new(&self.path, error)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        // Insertions and removals leave no half-done state behind.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number_term(owner: Owner, session: SessionNumber) -> Term {
    Term::from_field_text(field::LABEL, &Label::Number.term(owner, &session.0.to_string()))
}
