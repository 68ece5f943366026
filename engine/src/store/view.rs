//! Reading the store.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::Path;

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition,
    TableError, TableHandle,
};

use super::page::{self, Body, MessageKey};
use super::source::path_bytes;
use super::{Damage, FormatVersion, Source, Store, StoreError, Surroundings, decode, tables};
use crate::api::TableStats;
use crate::model::{Message, Session, SessionId, SessionNumber, SourceId};

/// A snapshot of the store: what others write meanwhile is not in it.
pub struct View<'s> {
    pub(super) store: &'s Store,
    pub(super) transaction: ReadTransaction,
}

/// Messages that the index has to take in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutboxEntry {
    pub(crate) number: u64,
    pub(crate) session: SessionNumber,
    pub(crate) from: u32,
    /// The index after the last message; `u32::MAX` with `from` 0 is the whole session, anew.
    pub(crate) to: u32,
}

impl<'s> View<'s> {
    pub(super) fn new(store: &'s Store, transaction: ReadTransaction) -> Self {
        Self { store, transaction }
    }

    pub(super) fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, StoreError> {
        self.transaction.open_table(table).map_err(|error| self.store.error(error))
    }

    /// A table that older builds do not make: there is none if nothing was written since.
    pub(super) fn optional_table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<Option<ReadOnlyTable<K, V>>, StoreError> {
        match self.transaction.open_table(table) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(self.store.error(error)),
        }
    }

    /// The format's version, if the store was initialised.
    pub(super) fn format(&self) -> Result<Option<FormatVersion>, StoreError> {
        let Some(meta) = self.optional_table(tables::META)? else { return Ok(None) };
        let bits = meta.get("format").map_err(|error| self.store.error(error))?;
        Ok(bits.map(|bits| FormatVersion::from_u64(bits.value())))
    }

    /// The session with this number.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn session(&self, number: SessionNumber) -> Result<Option<Session>, StoreError> {
        read_session(self.store, &self.table(tables::SESSIONS)?, number)
    }

    /// The number of the session with this id.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn session_number(&self, id: SessionId) -> Result<Option<SessionNumber>, StoreError> {
        let number = self.table(tables::SESSION_IDS)?.get(id.0.as_u128());
        let number = number.map_err(|error| self.store.error(error))?;
        Ok(number.map(|number| SessionNumber(number.value())))
    }

    /// The numbers of the sessions whose ids lie in a range, at most `limit`.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn sessions_between(
        &self,
        ids: RangeInclusive<u128>,
        limit: usize,
    ) -> Result<Vec<SessionNumber>, StoreError> {
        let ids_table = self.table(tables::SESSION_IDS)?;
        let rows = ids_table.range(ids).map_err(|error| self.store.error(error))?;
        rows.take(limit)
            .map(|row| Ok(SessionNumber(row.map_err(|error| self.store.error(error))?.1.value())))
            .collect()
    }

    /// The sessions that have messages, the newest start first, as long as `each` returns true.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn newest_sessions(&self, mut each: impl FnMut(Session) -> bool) -> Result<(), StoreError> {
        let sessions = self.table(tables::SESSIONS)?;
        let starts = self.table(tables::STARTS)?;
        for row in starts.iter().map_err(|error| self.store.error(error))?.rev() {
            let number = SessionNumber(row.map_err(|error| self.store.error(error))?.0.value().1);
            let session = read_session(self.store, &sessions, number)?
                .ok_or_else(|| self.store.damaged(place(number), Damage("it is not there")))?;
            if !each(session) {
                break;
            }
        }
        Ok(())
    }

    /// Every session, those without messages included, in the order of their numbers.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn all_sessions(&self) -> Result<Vec<Session>, StoreError> {
        let sessions = self.table(tables::SESSIONS)?;
        let rows = sessions.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (number, bytes) = row.map_err(|error| self.store.error(error))?;
            let number = SessionNumber(number.value());
            decode(bytes.value()).map_err(|damage| self.store.damaged(place(number), damage))
        })
        .collect()
    }

    /// Messages of a session from the index `from`, at most `limit`.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn messages(
        &self,
        number: SessionNumber,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Message>, StoreError> {
        let to = from.saturating_add(limit);
        let keys = self.table(tables::KEYS)?;
        let pages = self.table(tables::PAGES)?;
        let mut messages = Vec::new();
        // The page that `from` lies in is the last one that begins at or before it.
        let first = keys
            .range((number.0, 0)..=(number.0, from))
            .map_err(|error| self.store.error(error))?
            .next_back();
        let Some(first) = first else { return Ok(messages) };
        let first = first.map_err(|error| self.store.error(error))?.0.value().1;
        let rows = keys.range((number.0, first)..(number.0, to.max(first)));
        for row in rows.map_err(|error| self.store.error(error))? {
            let (key, bytes) = row.map_err(|error| self.store.error(error))?;
            let first = key.value().1;
            let in_page = || format!("{}, page {first}", place(number));
            let damaged = |damage| self.store.damaged(in_page(), damage);
            let keys = page::decode_keys(bytes.value()).map_err(damaged)?;
            let body = read_body(self.store, &pages, number, first)?;
            let mut previous = None;
            let pairs = body.messages_of(&keys).map_err(damaged)?;
            for (index, (key, bytes)) in (first..).zip(pairs) {
                if index >= to {
                    break;
                }
                if index >= from {
                    messages.push(page::decode_message(bytes, key, previous).map_err(damaged)?);
                }
                previous = Some(key.id);
            }
        }
        Ok(messages)
    }

    /// The page of a session that a message lies in: its first message's index, and its messages.
    pub(crate) fn page(
        &self,
        number: SessionNumber,
        index: u32,
    ) -> Result<Option<(u32, Vec<Message>)>, StoreError> {
        let keys = self.table(tables::KEYS)?;
        let page = keys.range((number.0, 0)..=(number.0, index));
        let Some(page) = page.map_err(|error| self.store.error(error))?.next_back() else {
            return Ok(None);
        };
        let (key, bytes) = page.map_err(|error| self.store.error(error))?;
        let first = key.value().1;
        let keys = page::decode_keys(bytes.value()).map_err(|damage| {
            self.store.damaged(format_args!("{}, page {first}", place(number)), damage)
        })?;
        let count = keys.len() as u32;
        let is_there = index - first < count;
        is_there.then(|| Ok((first, self.messages(number, first, count)?))).transpose()
    }

    /// The keys of a session's messages, in order.
    pub(crate) fn keys(&self, number: SessionNumber) -> Result<Vec<MessageKey>, StoreError> {
        Ok(read_keys(self.store, &self.table(tables::KEYS)?, number)?.concat_keys())
    }

    /// The sources, in the order of their numbers.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let sources = self.table(tables::SOURCES)?;
        let rows = sources.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (number, bytes) = row.map_err(|error| self.store.error(error))?;
            let place = format_args!("source {}", number.value());
            decode(bytes.value()).map_err(|damage| self.store.damaged(place, damage))
        })
        .collect()
    }

    /// The source with this number.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn source(&self, id: SourceId) -> Result<Option<Source>, StoreError> {
        read_source(self.store, &self.table(tables::SOURCES)?, id)
    }

    /// The source at a path.
    pub(crate) fn source_at(&self, path: &Path) -> Result<Option<Source>, StoreError> {
        let paths = self.table(tables::SOURCE_PATHS)?;
        let number = paths.get(path_bytes(path).as_slice());
        match number.map_err(|error| self.store.error(error))? {
            Some(number) => self.source(SourceId(number.value())),
            None => Ok(None),
        }
    }

    /// What the reading of a source depended on, if that is more than the file itself.
    pub(crate) fn surroundings_of(&self, id: SourceId) -> Result<Option<Surroundings>, StoreError> {
        let Some(table) = self.optional_table(tables::SURROUNDINGS)? else { return Ok(None) };
        let row = table.get(id.0).map_err(|error| self.store.error(error))?;
        let place = format_args!("surroundings of source {}", id.0);
        let decoded = row.map(|row| decode(row.value()));
        decoded.transpose().map_err(|damage| self.store.damaged(place, damage))
    }

    /// What the readings of the sources depended on, where that is more than the file itself.
    pub(crate) fn surroundings(&self) -> Result<HashMap<SourceId, Surroundings>, StoreError> {
        let Some(table) = self.optional_table(tables::SURROUNDINGS)? else {
            return Ok(HashMap::new());
        };
        let rows = table.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (number, bytes) = row.map_err(|error| self.store.error(error))?;
            let place = format_args!("surroundings of source {}", number.value());
            let surroundings =
                decode(bytes.value()).map_err(|damage| self.store.damaged(place, damage))?;
            Ok((SourceId(number.value()), surroundings))
        })
        .collect()
    }

    /// The number of a session's last change, greater than those of all changes before; 0 if it has
    /// not changed since an older build wrote the store.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn change(&self, number: SessionNumber) -> Result<u64, StoreError> {
        let Some(table) = self.optional_table(tables::CHANGES)? else { return Ok(0) };
        let change = table.get(number.0).map_err(|error| self.store.error(error))?;
        Ok(change.map_or(0, |change| change.value()))
    }

    /// The numbers of the last changes of all sessions that have one, in the order of the sessions'
    /// numbers.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn changes(&self) -> Result<Vec<(SessionNumber, u64)>, StoreError> {
        let Some(table) = self.optional_table(tables::CHANGES)? else { return Ok(Vec::new()) };
        let rows = table.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (number, change) = row.map_err(|error| self.store.error(error))?;
            Ok((SessionNumber(number.value()), change.value()))
        })
        .collect()
    }

    /// The number of the first outbox entry.
    pub(crate) fn first_outbox(&self) -> Result<Option<u64>, StoreError> {
        let outbox = self.table(tables::OUTBOX)?;
        let first = outbox.first().map_err(|error| self.store.error(error))?;
        Ok(first.map(|(number, _)| number.value()))
    }

    /// The number of the last entry that the outbox ever had.
    pub(crate) fn outbox_counter(&self) -> Result<u64, StoreError> {
        let meta = self.table(tables::META)?;
        let last = meta.get("next_outbox").map_err(|error| self.store.error(error))?;
        Ok(last.map_or(0, |last| last.value()))
    }

    /// The outbox entries after the one with this number.
    pub(crate) fn outbox_after(&self, number: u64) -> Result<Vec<OutboxEntry>, StoreError> {
        let outbox = self.table(tables::OUTBOX)?;
        let rows = outbox.range(number + 1..).map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (number, entry) = row.map_err(|error| self.store.error(error))?;
            let (session, from, to) = entry.value();
            Ok(OutboxEntry { number: number.value(), session: SessionNumber(session), from, to })
        })
        .collect()
    }

    /// Rows and bytes of every table, in the order of their names.
    pub(crate) fn tables(&self) -> Result<Vec<TableStats>, StoreError> {
        let mut stats = Vec::new();
        for handle in self.transaction.list_tables().map_err(|error| self.store.error(error))? {
            let name = handle.name().to_owned();
            let table = self.transaction.open_untyped_table(handle);
            let table = table.map_err(|error| self.store.error(error))?;
            let rows = table.len().map_err(|error| self.store.error(error))?;
            let bytes = table.stats().map_err(|error| self.store.error(error))?.stored_bytes();
            stats.push(TableStats { name, rows, bytes });
        }
        stats.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(stats)
    }
}

/// The keys of a session's pages.
pub(super) struct SessionKeys {
    /// Index of the first message, and the keys, of each page.
    pub(super) pages: Vec<(u32, Vec<MessageKey>)>,
}

impl SessionKeys {
    pub(super) fn concat_keys(self) -> Vec<MessageKey> {
        self.pages.into_iter().flat_map(|(_, keys)| keys).collect()
    }
}

pub(super) fn place(number: SessionNumber) -> String {
    format!("session {}", number.0)
}

pub(super) fn read_session(
    store: &Store,
    sessions: &impl ReadableTable<u32, &'static [u8]>,
    number: SessionNumber,
) -> Result<Option<Session>, StoreError> {
    let row = sessions.get(number.0).map_err(|error| store.error(error))?;
    row.map(|row| decode(row.value()).map_err(|damage| store.damaged(place(number), damage)))
        .transpose()
}

pub(super) fn read_source(
    store: &Store,
    sources: &impl ReadableTable<u32, &'static [u8]>,
    id: SourceId,
) -> Result<Option<Source>, StoreError> {
    let row = sources.get(id.0).map_err(|error| store.error(error))?;
    let place = format_args!("source {}", id.0);
    row.map(|row| decode(row.value()).map_err(|damage| store.damaged(place, damage))).transpose()
}

pub(super) fn read_keys(
    store: &Store,
    keys: &impl ReadableTable<(u32, u32), &'static [u8]>,
    number: SessionNumber,
) -> Result<SessionKeys, StoreError> {
    let rows = keys.range((number.0, 0)..=(number.0, u32::MAX));
    let pages = rows
        .map_err(|error| store.error(error))?
        .map(|row| {
            let (key, bytes) = row.map_err(|error| store.error(error))?;
            let first = key.value().1;
            let keys = page::decode_keys(bytes.value()).map_err(|damage| {
                store.damaged(format_args!("{}, page {first}", place(number)), damage)
            })?;
            Ok((first, keys))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(SessionKeys { pages })
}

pub(super) fn read_body(
    store: &Store,
    pages: &impl ReadableTable<(u32, u32, u16), &'static [u8]>,
    number: SessionNumber,
    first: u32,
) -> Result<Body, StoreError> {
    let mut bytes = Vec::new();
    let rows = pages.range((number.0, first, 0)..=(number.0, first, u16::MAX));
    for row in rows.map_err(|error| store.error(error))? {
        bytes.extend_from_slice(row.map_err(|error| store.error(error))?.1.value());
    }
    Body::decompress(&bytes)
        .map_err(|damage| store.damaged(format_args!("{}, page {first}", place(number)), damage))
}
