//! Runs a parser outside WebAssembly: for tests.

use std::collections::HashMap;

use crate::component::Reader;
use crate::{Batch, Event, Message, ParseError, Source, Watcher};

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
    let mut reader = Reader::<W>::open(source, checkpoint)?;
    let mut all = reader.next(source)?;
    while !all.done {
        let Batch { events, counts, position, checkpoint, done } = reader.next(source)?;
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
    Reader::<W>::open(source, checkpoint)?.next(source)
}

/// Reads a source batch by batch to its end, each by a reader that knows the last checkpoint only.
///
/// # Errors
/// Whatever the watcher returns.
pub fn read_in_batches<W: Watcher>(source: &Source) -> Result<Vec<Batch>, ParseError> {
    let mut batches: Vec<Batch> = Vec::new();
    while batches.last().is_none_or(|last| !last.done) {
        let checkpoint = batches.last().map(|last| last.checkpoint.as_slice());
        batches.push(read_from::<W>(source, checkpoint)?);
    }
    Ok(batches)
}

/// The messages of a batch as they are told: one written again stands there each time.
pub fn messages(batch: &Batch) -> Vec<&Message> {
    let messages = batch.events.iter().filter_map(|event| match event {
        Event::Message(message) => Some(message),
        Event::Session(_) | Event::Problem(_) | Event::Memory(_) => None,
    });
    messages.collect()
}

/// The messages that remain of all batches of a source: of those with the same key the last, in the
/// place of the first.
pub fn remaining(batches: &[Batch]) -> Vec<Message> {
    let mut remaining: Vec<Message> = Vec::new();
    let mut places = HashMap::new();
    for message in batches.iter().flat_map(messages) {
        match places.get(&(&message.session, &message.key)) {
            Some(place) => remaining[*place] = message.clone(),
            None => {
                places.insert((&message.session, &message.key), remaining.len());
                remaining.push(message.clone());
            }
        }
    }
    remaining
}
