//! Runs a parser outside WebAssembly: for tests.

use crate::{Batch, Cursor, ParseError, Source, Watcher, component};

/// Reads a source to its end, as one batch.
///
/// # Errors
/// Whatever the watcher returns.
pub fn read_all<W: Watcher>(source: &Source) -> Result<Batch, ParseError> {
    read_rest::<W>(source, None)
}

/// Reads from a checkpoint, or from the start, to the source's end, as one batch.
///
/// # Errors
/// Whatever the watcher returns.
pub fn read_rest<W: Watcher>(
    source: &Source,
    checkpoint: Option<&[u8]>,
) -> Result<Batch, ParseError> {
    let mut cursor = Cursor::open::<W>(source, checkpoint)?;
    let mut all = component::next::<W>(source, &mut cursor)?;
    while !all.done {
        let Batch { events, counts, position, checkpoint, done } =
            component::next::<W>(source, &mut cursor)?;
        all.events.extend(events);
        all.counts.extend(counts);
        (all.position, all.checkpoint, all.done) = (position, checkpoint, done);
    }
    Ok(all)
}

/// Reads one batch from a checkpoint, or from the start.
///
/// # Errors
/// Whatever the watcher returns.
pub fn read_from<W: Watcher>(
    source: &Source,
    checkpoint: Option<&[u8]>,
) -> Result<Batch, ParseError> {
    component::next::<W>(source, &mut Cursor::open::<W>(source, checkpoint)?)
}
