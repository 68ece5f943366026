//! Deleting sessions for good. What stays is the id and the time, so that nothing that still has the
//! session, a tool's file or another machine, brings it back.

use redb::ReadableTable;
use uuid::Uuid;

use super::view::View;
use super::write::{Tables, lineage_key};
use super::{Source, StoreError, decode, encode, tables};
use crate::model::{Session, SessionId, SessionNumber, Timestamp};

impl View<'_> {
    /// The sessions that were deleted for good, in the order of their ids, and when.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn deleted(&self) -> Result<Vec<(SessionId, Timestamp)>, StoreError> {
        let Some(table) = self.optional_table(tables::DELETED)? else { return Ok(Vec::new()) };
        let rows = table.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| {
            let (id, at) = row.map_err(|error| self.store.error(error))?;
            Ok((SessionId(Uuid::from_u128(id.value())), Timestamp(at.value())))
        })
        .collect()
    }
}

impl Tables<'_> {
    /// Whether a session was deleted for good.
    pub(crate) fn is_deleted(&self, id: SessionId) -> Result<bool, StoreError> {
        let row = self.deleted.get(id.0.as_u128()).map_err(|error| self.store.error(error))?;
        Ok(row.is_some())
    }

    /// Deletes a session for good, also one that is not there yet; returns whether it was there. The
    /// index is asked to drop it.
    pub(crate) fn delete_session(
        &mut self,
        id: SessionId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if !self.is_deleted(id)? {
            let put = self.deleted.insert(id.0.as_u128(), now.0);
            put.map_err(|error| self.store.error(error))?;
        }
        let Some(number) = self.session_number(id)? else { return Ok(false) };
        self.remove_children(number)?;
        for (first, _) in self.keys(number)? {
            self.remove_page(number, first)?;
        }
        if let Some(session) = self.session(number)? {
            if session.message_count > 0 {
                let listed = (session.listed_at().0, number.0);
                self.starts.remove(listed).map_err(|error| self.store.error(error))?;
            }
            self.leave_lineage(&session)?;
            self.sessions.remove(number.0).map_err(|error| self.store.error(error))?;
        }
        self.leave_sources(number)?;
        self.session_ids.remove(id.0.as_u128()).map_err(|error| self.store.error(error))?;
        self.changes.remove(number.0).map_err(|error| self.store.error(error))?;
        self.post(number, 0, u32::MAX)?;
        Ok(true)
    }

    fn leave_lineage(&mut self, session: &Session) -> Result<(), StoreError> {
        let Some(lineage) = &session.lineage else { return Ok(()) };
        let key = lineage_key(&session.tool, lineage);
        let mut members = self.lineage_members(key)?;
        members.retain(|&member| member != session.number);
        let done = if members.is_empty() {
            self.lineages.remove(key).map(drop)
        } else {
            self.lineages.insert(key, encode(&members).as_slice()).map(drop)
        };
        done.map_err(|error| self.store.error(error))
    }

    /// Takes a session off the sources that speak of it. Those that only name it are not among its
    /// own, so all are looked through.
    fn leave_sources(&mut self, number: SessionNumber) -> Result<(), StoreError> {
        let mut left = Vec::new();
        for row in self.sources.iter().map_err(|error| self.store.error(error))? {
            let (id, bytes) = row.map_err(|error| self.store.error(error))?;
            let mut source: Source = decode(bytes.value()).map_err(|damage| {
                self.store.damaged(format_args!("source {}", id.value()), damage)
            })?;
            if source.sessions.contains(&number) {
                source.sessions.retain(|&other| other != number);
                left.push(source);
            }
        }
        left.iter().try_for_each(|source| self.put_source(source))
    }
}
