//! Keeps the index up with the store.
//!
//! What a transaction changes stands in the store's outbox. After the commit it goes to the index,
//! and each commit of the index names the last outbox entry that it holds. So after a crash the
//! entries beyond that one are taken in from the store, and nothing is in the index that is not in
//! the store.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::api::Progress;
use crate::index::{Index, IndexError, IndexWriter};
use crate::model::{Message, Session, SessionNumber};
use crate::store::{Store, StoreError, View};

/// Threads that write the index, and the memory that they share, in bytes.
const THREADS: usize = 2;
const MEMORY: usize = 72 << 20;

/// Time after which what was taken in is made visible while an import goes on.
const COMMIT_TIME: Duration = Duration::from_secs(3);

/// Messages that are read from the store at once.
const READ_MESSAGES: u32 = 256;

/// What the index has to take in once a transaction is committed.
#[derive(Default)]
pub(crate) struct ForIndex {
    pub(crate) posted: Vec<Posted>,
    /// The sessions as they are after the transaction.
    pub(crate) sessions: HashMap<SessionNumber, Session>,
    /// The new messages and their places.
    pub(crate) messages: Vec<(SessionNumber, u32, Message)>,
}

/// An entry of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) entry: u64,
    pub(crate) session: SessionNumber,
    /// The whole session is to be indexed anew.
    pub(crate) anew: bool,
}

/// How far an index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Up with the store.
    Current,
    /// What is missing stands in the outbox.
    Behind,
    /// It is not this store's, or was not built to the end.
    Foreign,
}

impl Standing {
    pub(crate) fn of(index: &Index, store: &Store) -> Result<Self, StoreError> {
        let view = store.view()?;
        let (committed, last) = (index.committed(), view.outbox_counter()?);
        let first_waiting = view.first_outbox()?.unwrap_or(last + 1);
        Ok(if committed > last || committed + 1 < first_waiting {
            Self::Foreign
        } else if committed < last {
            Self::Behind
        } else {
            Self::Current
        })
    }
}

/// Why the index is not up with the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexingError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The index while it is being written.
pub(crate) struct Indexing<'i> {
    index: &'i Index,
    writer: Option<IndexWriter>,
    taken_in: u64,
    committed: u64,
    last_commit: Instant,
    /// More will follow soon.
    follows: bool,
}

impl<'i> Indexing<'i> {
    pub(crate) fn new(index: &'i Index) -> Self {
        let committed = index.committed();
        let last_commit = Instant::now();
        Self { index, writer: None, taken_in: committed, committed, last_commit, follows: false }
    }

    /// For one of many small changes: the end of none of them waits for segments to be merged.
    pub(crate) fn following(index: &'i Index) -> Self {
        Self { follows: true, ..Self::new(index) }
    }

    /// The last entry of the outbox that the index holds for good.
    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// Takes in what was committed to the store.
    pub(crate) fn take_in(&mut self, store: &Store, work: ForIndex) -> Result<(), IndexingError> {
        let taken = self.try_take_in(store, work);
        if taken.is_err() {
            // Nothing of it may be committed: what is half there would be added again.
            self.writer = None;
            self.taken_in = self.committed;
        }
        taken
    }

    fn try_take_in(&mut self, store: &Store, work: ForIndex) -> Result<(), IndexingError> {
        let Some(last) = work.posted.iter().map(|posted| posted.entry).max() else { return Ok(()) };
        let anew: HashSet<SessionNumber> =
            work.posted.iter().filter(|posted| posted.anew).map(|posted| posted.session).collect();
        let writer = self.writer()?;
        for (number, session) in &work.sessions {
            if anew.contains(number) {
                add_session(writer, &store.view()?, session)?;
            } else {
                writer.set_session(session);
            }
        }
        for (number, index, message) in &work.messages {
            if let Some(session) = work.sessions.get(number).filter(|_| !anew.contains(number)) {
                writer.add_message(session, *index, message)?;
            }
        }
        self.taken_in = last;
        if self.last_commit.elapsed() >= COMMIT_TIME {
            self.commit()?;
        }
        Ok(())
    }

    /// Makes everything durable and visible, and empties the outbox, unless the next change does.
    pub(crate) fn finish(mut self, store: &Store) -> Result<(), IndexingError> {
        if self.taken_in == self.committed {
            return Ok(());
        }
        self.commit()?;
        if self.follows {
            if let Some(writer) = self.writer {
                self.index.keep(writer);
            }
            return Ok(());
        }
        let committed = self.committed;
        match store.write(|tables| tables.clear_outbox(committed)) {
            // A newer release's store: what stands in its outbox is known to be taken in.
            Ok(()) | Err(StoreError::ReadOnly { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.writer {
            Some(writer) => Ok(writer.finish()?),
            None => Ok(()),
        }
    }

    /// Takes in what stands in the outbox and is not in the index.
    pub(crate) fn catch_up(mut self, store: &Store) -> Result<(), IndexingError> {
        let view = store.view()?;
        let entries = view.outbox_after(self.committed)?;
        let Some(last) = entries.last().map(|entry| entry.number) else { return Ok(()) };
        let writer = self.writer()?;
        let anew: HashSet<SessionNumber> = entries
            .iter()
            .filter(|entry| entry.to == u32::MAX)
            .map(|entry| entry.session)
            .collect();
        for number in &anew {
            match view.session(*number)? {
                Some(session) => add_session(writer, &view, &session)?,
                // It was deleted.
                None => writer.remove_session(*number),
            }
        }
        for entry in entries.iter().filter(|entry| !anew.contains(&entry.session)) {
            if let Some(session) = view.session(entry.session)? {
                writer.set_session(&session);
                add_messages(writer, &view, &session, entry.from, entry.to)?;
            }
        }
        self.taken_in = last;
        self.finish(store)
    }

    /// Takes in the whole store; the index is empty. Returns the number of messages.
    pub(crate) fn rebuild(
        mut self,
        store: &Store,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<u64, IndexingError> {
        let view = store.view()?;
        let last = view.outbox_counter()?;
        let sessions = view.all_sessions()?;
        let mut done = Progress { total_sources: sessions.len() as u64, ..Progress::default() };
        for session in &sessions {
            let writer = self.writer()?;
            writer.set_session(session);
            add_messages(writer, &view, session, 0, session.message_count)?;
            done.sessions += 1;
            done.sources += 1;
            done.messages += u64::from(session.message_count);
            progress(done);
        }
        self.taken_in = last;
        self.finish(store)?;
        Ok(done.messages)
    }

    fn commit(&mut self) -> Result<(), IndexingError> {
        let taken_in = self.taken_in;
        self.writer()?.commit(taken_in)?;
        self.index.reload()?;
        self.committed = taken_in;
        self.last_commit = Instant::now();
        Ok(())
    }

    fn writer(&mut self) -> Result<&mut IndexWriter, IndexError> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None if self.follows => self.index.resume()?,
            None => self.index.writer(THREADS, MEMORY)?,
        };
        Ok(self.writer.insert(writer))
    }
}

fn add_session(
    writer: &mut IndexWriter,
    view: &View<'_>,
    session: &Session,
) -> Result<(), IndexingError> {
    writer.remove_session(session.number);
    writer.set_session(session);
    add_messages(writer, view, session, 0, session.message_count)
}

fn add_messages(
    writer: &IndexWriter,
    view: &View<'_>,
    session: &Session,
    from: u32,
    to: u32,
) -> Result<(), IndexingError> {
    let mut from = from;
    while from < to {
        let messages = view.messages(session.number, from, READ_MESSAGES.min(to - from))?;
        if messages.is_empty() {
            break;
        }
        for message in &messages {
            writer.add_message(session, from, message)?;
            from += 1;
        }
    }
    Ok(())
}
