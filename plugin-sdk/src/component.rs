//! The exported `reader` resource: binds a [`Watcher`] to the contract.

use std::cell::RefCell;

use crate::bindings::exports::lore::watcher::parser::GuestReader;
use crate::bindings::lore::watcher::source::File;
use crate::{Batch, Cursor, Output, ParseError, Source, Watcher};

/// One source being read by the watcher `W`.
pub struct Component<W: Watcher>(RefCell<Reading<W>>);

enum Reading<W: Watcher> {
    Begin { source: Source, checkpoint: Option<Vec<u8>> },
    On { source: Source, cursor: Cursor<W::State> },
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
            *reading = match Cursor::open::<W>(&source, checkpoint.as_deref()) {
                Ok(cursor) => Reading::On { source, cursor },
                Err(error) => Reading::Failed(error),
            };
        }
        match &mut *reading {
            Reading::On { source, cursor } => next::<W>(source, cursor),
            Reading::Failed(error) => Err(error.clone()),
            Reading::Begin { .. } => unreachable!("opened above"),
        }
    }
}

/// Returns the next batch, reading on if none is held.
pub(crate) fn next<W: Watcher>(
    source: &Source,
    cursor: &mut Cursor<W::State>,
) -> Result<Batch, ParseError> {
    if cursor.held.is_empty() {
        let before = cursor.reached()?;
        let mut out = Output::default();
        let done = W::read(source, cursor, &mut out)?;
        cursor.held = out.into_batches(&before, cursor.reached()?, done);
    }
    cursor.held.pop_front().ok_or_else(|| ParseError::Other("nothing was read".into()))
}
