//! One source, read by one fresh instance of a plugin.

use std::iter::FusedIterator;
use std::sync::Arc;

use wasmtime::Store;

use super::grant::Grant;
use super::host::{Fault, Sandbox};
use super::record::{Batch, Event};
use super::{Exceeded, Place, ReadError, SourceFile, checks, v0_1};

/// The batches of one source, in its order.
///
/// It ends after the batch that is `done`, or after an error; whatever was returned before an error
/// holds, and the last checkpoint with it.
pub struct Reading {
    sandbox: Arc<Sandbox>,
    /// None once the reading has ended.
    instance: Option<(v0_1::Reader, Store<Grant>)>,
    place: Place,
    size: u64,
    /// Batches in a row that did not move the position, without and with events.
    empty: u32,
    standing: u32,
    used: Used,
}

/// What a reading took so far of what [`Limits`](super::Limits) bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes of memory.
    pub memory: usize,
    /// Calls of the engine for one batch, at most.
    pub calls: u32,
}

/// Why a plugin returned no batch, whatever version of the contract it speaks.
pub(super) enum Refusal {
    NotMine,
    StaleCheckpoint,
    Source(String),
    Plugin(String),
}

impl Reading {
    pub(super) fn begin(
        sandbox: Arc<Sandbox>,
        prepared: &v0_1::Prepared,
        tool: &str,
        source: SourceFile,
        checkpoint: Option<&[u8]>,
    ) -> Result<Self, ReadError> {
        let place = Place { plugin: tool.to_owned(), path: source.path().to_owned(), position: 0 };
        let size = source.size();
        let mut store = sandbox.store(Some(source.folder().clone()));
        let begun = sandbox.run(&mut store, |store| prepared.begin(store, source, checkpoint));
        match begun {
            Ok(reader) => Ok(Self {
                sandbox,
                instance: Some((reader, store)),
                place,
                size,
                empty: 0,
                standing: 0,
                used: Used::default(),
            }),
            Err(fault) => Err(failed(place, fault)),
        }
    }

    /// What it took so far.
    pub fn used(&self) -> Used {
        self.used
    }

    fn advance(&mut self) -> Option<Result<Batch, ReadError>> {
        let (reader, store) = self.instance.as_mut()?;
        let returned = self.sandbox.run(store, |store| reader.next(store));
        let grant = store.data();
        self.used.memory = grant.meter.memory();
        self.used.calls = self.used.calls.max(grant.calls());
        let batch = match returned {
            Ok(Ok(batch)) => batch,
            Ok(Err(refusal)) => return Some(Err(refused(self.place.clone(), refusal))),
            Err(fault) => return Some(Err(failed(self.place.clone(), fault))),
        };
        if let Err(reason) = checks::batch(&batch, self.place.position, self.size) {
            return Some(Err(ReadError::Contract { place: self.place.clone(), reason }));
        }
        if let Err(limit) = self.note_progress(&batch) {
            return Some(Err(ReadError::Limit { place: self.place.clone(), limit }));
        }
        self.place.position = batch.position;
        Some(Ok(batch))
    }

    /// Whoever neither moves on nor comes to an end would be asked for ever.
    fn note_progress(&mut self, batch: &Batch) -> Result<(), Exceeded> {
        if batch.position > self.place.position {
            (self.empty, self.standing) = (0, 0);
        } else if batch.events.is_empty() {
            self.empty += 1;
        } else {
            (self.empty, self.standing) = (0, self.standing + 1);
        }
        let limits = self.sandbox.limits();
        if batch.done {
            Ok(())
        } else if self.empty >= limits.empty_batches {
            Err(Exceeded::Standstill(self.empty))
        } else if self.standing >= limits.standing_batches {
            Err(Exceeded::Standstill(self.standing))
        } else {
            Ok(())
        }
    }
}

impl Iterator for Reading {
    type Item = Result<Batch, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut next = self.advance()?;
        match &mut next {
            Ok(batch) => {
                for event in &mut batch.events {
                    if let Event::Problem { message, .. } = event {
                        *message = checks::words(message);
                    }
                }
                if batch.done {
                    self.instance = None;
                }
            }
            Err(_) => self.instance = None,
        }
        Some(next)
    }
}

impl FusedIterator for Reading {}

fn refused(place: Place, refusal: Refusal) -> ReadError {
    match refusal {
        Refusal::NotMine => ReadError::NotMine(place),
        Refusal::StaleCheckpoint => ReadError::StaleCheckpoint(place),
        Refusal::Source(reason) => ReadError::Source { place, reason: checks::words(&reason) },
        Refusal::Plugin(reason) => ReadError::Plugin { place, reason: checks::words(&reason) },
    }
}

fn failed(place: Place, fault: Fault) -> ReadError {
    match fault {
        Fault::Limit(limit) => ReadError::Limit { place, limit },
        Fault::Trap(reason) => ReadError::Trap { place, reason },
    }
}
