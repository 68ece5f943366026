//! Runs a parser outside WebAssembly: for tests.

use crate::{Batch, Cursor, ParseError, Source, Watcher, component};

/// Reads a source to its end, as one batch.
///
/// # Errors
/// Whatever the watcher returns.
pub fn read_all<W: Watcher>(source: &Source) -> Result<Batch, ParseError> {
    let mut all = read_from::<W>(source, None)?;
    while !all.done {
        let Batch { events, counts, position, checkpoint, done } =
            read_from::<W>(source, Some(&all.checkpoint))?;
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
