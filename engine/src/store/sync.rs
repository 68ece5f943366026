//! What this machine knows of the stores that it synchronises with.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::view::View;
use super::write::Tables;
use super::{StoreError, decode, encode, tables};
use crate::model::{SessionId, Timestamp};
use crate::sync::{PageName, Version};

/// Synchronisations that are remembered of each store.
const REMEMBERED: usize = 100;

/// A store, as it was last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SyncedStore {
    /// The commit that all of this machine's knowledge is up with, in hex.
    pub(crate) merged: Option<String>,
    /// The newest manifest that was seen.
    pub(crate) manifest: String,
    /// The synchronisations, the newest last.
    pub(crate) log: Vec<SyncRun>,
}

/// A synchronisation that came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRun {
    /// When.
    pub at: Timestamp,
    /// Sessions that came in or changed.
    pub pulled: u64,
    /// Sessions that went out or changed.
    pub pushed: u64,
    /// How often it was begun anew, because others pushed.
    pub rounds: u32,
    /// The remote's name.
    pub remote: String,
}

/// A session, as it lies in a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SyncedSession {
    /// The change of the session that the store has; none if it does not have all.
    pub(crate) change: Option<u64>,
    /// Its tree, in hex.
    pub(crate) tree: String,
    /// What it says there.
    pub(crate) version: Version,
    /// Its pages there.
    pub(crate) pages: Vec<SyncedPage>,
}

/// A page, as it lies in a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SyncedPage {
    pub(crate) name: PageName,
    /// Its blob, in hex.
    pub(crate) blob: String,
    pub(crate) messages: u32,
    /// A hash of the keys of the messages here that it was made of, and of how; nothing if it came
    /// from elsewhere.
    pub(crate) made_of: Option<u128>,
    /// Nothing is added to it any more.
    pub(crate) is_full: bool,
}

impl SyncedStore {
    /// Of several that found nothing to do, the last one.
    pub(crate) fn remember(&mut self, run: SyncRun) {
        let is_idle = |run: &SyncRun| run.pulled == 0 && run.pushed == 0;
        self.log.pop_if(|last| is_idle(last) && is_idle(&run) && last.remote == run.remote);
        self.log.push(run);
        let surplus = self.log.len().saturating_sub(REMEMBERED);
        self.log.drain(..surplus);
    }
}

impl View<'_> {
    /// What is known of a store.
    pub(crate) fn synced_store(&self, store: Uuid) -> Result<Option<SyncedStore>, StoreError> {
        let Some(table) = self.optional_table(tables::SYNC_STORES)? else { return Ok(None) };
        let row = table.get(store.as_u128()).map_err(|error| self.store.error(error))?;
        let decoded = row.map(|row| decode(row.value()));
        decoded.transpose().map_err(|damage| self.store.damaged(place(store), damage))
    }

    /// The sessions that are known to lie in a store.
    pub(crate) fn synced_sessions(
        &self,
        store: Uuid,
    ) -> Result<Vec<(SessionId, SyncedSession)>, StoreError> {
        let Some(table) = self.optional_table(tables::SYNC_SESSIONS)? else {
            return Ok(Vec::new());
        };
        let rows = table.range((store.as_u128(), 0)..=(store.as_u128(), u128::MAX));
        rows.map_err(|error| self.store.error(error))?
            .map(|row| {
                let (key, row) = row.map_err(|error| self.store.error(error))?;
                let id = SessionId(Uuid::from_u128(key.value().1));
                let row = decode(row.value());
                Ok((id, row.map_err(|damage| self.store.damaged(place(store), damage))?))
            })
            .collect()
    }

    /// The sessions that were forgotten in a store, and when.
    pub(crate) fn forgotten(&self, store: Uuid) -> Result<Vec<(SessionId, i64)>, StoreError> {
        let Some(table) = self.optional_table(tables::SYNC_FORGOTTEN)? else {
            return Ok(Vec::new());
        };
        let rows = table.range((store.as_u128(), 0)..=(store.as_u128(), u128::MAX));
        rows.map_err(|error| self.store.error(error))?
            .map(|row| {
                let (key, at) = row.map_err(|error| self.store.error(error))?;
                Ok((SessionId(Uuid::from_u128(key.value().1)), at.value()))
            })
            .collect()
    }

    /// What is kept out of all stores: `session <id>` and `repository <top>`.
    pub(crate) fn excluded(&self) -> Result<Vec<String>, StoreError> {
        let Some(table) = self.optional_table(tables::SYNC_EXCLUDED)? else {
            return Ok(Vec::new());
        };
        let rows = table.iter().map_err(|error| self.store.error(error))?;
        rows.map(|row| Ok(row.map_err(|error| self.store.error(error))?.0.value().to_owned()))
            .collect()
    }
}

impl Tables<'_> {
    pub(crate) fn put_synced_store(
        &mut self,
        id: Uuid,
        store: &SyncedStore,
    ) -> Result<(), StoreError> {
        let put = self.sync_stores.insert(id.as_u128(), encode(store).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(())
    }

    /// Notes what a store has of a session, or that it has nothing.
    pub(crate) fn put_synced_session(
        &mut self,
        store: Uuid,
        id: SessionId,
        session: Option<&SyncedSession>,
    ) -> Result<(), StoreError> {
        let key = (store.as_u128(), id.0.as_u128());
        let done = match session {
            Some(session) => self.sync_sessions.insert(key, encode(session).as_slice()).map(drop),
            None => self.sync_sessions.remove(key).map(drop),
        };
        done.map_err(|error| self.store.error(error))
    }

    /// Notes that a session was forgotten in a store; returns whether that is new.
    pub(crate) fn forget(
        &mut self,
        store: Uuid,
        id: SessionId,
        at: i64,
    ) -> Result<bool, StoreError> {
        let key = (store.as_u128(), id.0.as_u128());
        let known = self.sync_forgotten.get(key).map_err(|error| self.store.error(error))?;
        let known = known.map(|known| known.value());
        // The earliest time is the same on all machines, whoever tells it first.
        if known.is_some_and(|known| known <= at) {
            return Ok(false);
        }
        let put = self.sync_forgotten.insert(key, at);
        put.map_err(|error| self.store.error(error))?;
        Ok(known.is_none())
    }

    /// Keeps something out of all stores, or lets it in again; returns whether that changes anything.
    pub(crate) fn exclude(&mut self, what: &str, excluded: bool) -> Result<bool, StoreError> {
        let was = match excluded {
            true => self.sync_excluded.insert(what, ()).map(|old| old.is_some()),
            false => self.sync_excluded.remove(what).map(|old| old.is_some()),
        };
        Ok(was.map_err(|error| self.store.error(error))? != excluded)
    }
}

fn place(store: Uuid) -> String {
    format!("synchronised store {store}")
}
