//! The exported `reader` resource: binds a [`Watcher`] to the contract.

use std::cell::RefCell;

use crate::bindings::exports::lore::watcher::parser::GuestReader;
use crate::bindings::lore::watcher::source::File;
use crate::memories::{self, Holds};
use crate::{Batch, Cursor, Output, ParseError, Source, Watcher};

/// One source being read by the watcher `W`.
pub struct Component<W: Watcher>(RefCell<Reading<W>>);

enum Reading<W: Watcher> {
    Begin { source: Source, checkpoint: Option<Vec<u8>> },
    On { source: Source, reader: Reader<W> },
    Failed(ParseError),
}

impl<W: Watcher> GuestReader for Component<W> {
    fn new(source: File, checkpoint: Option<Vec<u8>>) -> Self {
        Self(RefCell::new(Reading::Begin { source: Source::host(source), checkpoint }))
    }

    fn next(&self) -> Result<Batch, ParseError> {
        let mut reading = self.0.borrow_mut();
        // A constructor cannot fail in the contract, so opening happens at the first batch.
        if let Reading::Begin { .. } = &*reading {
            let gone = Reading::Failed(ParseError::Other("the reader is being opened".into()));
            let Reading::Begin { source, checkpoint } = std::mem::replace(&mut *reading, gone)
            else {
                unreachable!("matched above")
            };
            *reading = match Reader::open(&source, checkpoint.as_deref()) {
                Ok(reader) => Reading::On { source, reader },
                Err(error) => Reading::Failed(error),
            };
        }
        match &mut *reading {
            Reading::On { source, reader } => reader.next(source),
            Reading::Failed(error) => Err(error.clone()),
            Reading::Begin { .. } => unreachable!("opened above"),
        }
    }
}

/// How a source is read on.
pub(crate) enum Reader<W: Watcher> {
    /// Piece by piece, by the watcher.
    Sessions(Cursor<W::State>),
    /// As a whole, without it.
    Memory(Holds),
}

impl<W: Watcher> Reader<W> {
    /// Begins at the checkpoint, or at the start.
    pub(crate) fn open(source: &Source, checkpoint: Option<&[u8]>) -> Result<Self, ParseError> {
        match (memories::held::<W>(&source.path()), checkpoint) {
            (None, checkpoint) => Ok(Self::Sessions(Cursor::open::<W>(source, checkpoint)?)),
            (Some(holds), None) => Ok(Self::Memory(holds)),
            (Some(_), Some(_)) => Err(ParseError::StaleCheckpoint),
        }
    }

    /// Returns the next batch, reading on if none is held.
    pub(crate) fn next(&mut self, source: &Source) -> Result<Batch, ParseError> {
        let cursor = match self {
            Self::Sessions(cursor) => cursor,
            Self::Memory(holds) => return memories::read(source, *holds),
        };
        if cursor.held.is_empty() {
            let before = cursor.reached()?;
            let mut out = Output::default();
            let done = W::read(source, cursor, &mut out)?;
            cursor.held = out.into_batches(&before, cursor.reached()?, done);
        }
        cursor.held.pop_front().ok_or_else(|| ParseError::Other("nothing was read".into()))
    }
}
