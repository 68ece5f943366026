//! Writing the store: the tables of one transaction.

use std::collections::BTreeSet;
use std::path::Path;

use redb::{ReadableTable, Table, WriteTransaction};

use super::page::{self, Body, MessageKey};
use super::view::{SessionKeys, place, read_body, read_keys, read_session, read_source};
use super::{
    Damage, FORMAT, Source, Store, StoreError, Surroundings, decode, encode, path_bytes, tables,
};
use crate::model::{Digest, Message, Session, SessionId, SessionNumber, SourceId};
use crate::plugin::Growth;

/// The tables of a write transaction.
pub(crate) struct Tables<'t> {
    pub(super) store: &'t Store,
    meta: Table<'t, &'static str, u64>,
    pub(super) sessions: Table<'t, u32, &'static [u8]>,
    pub(super) session_ids: Table<'t, u128, u32>,
    pub(super) starts: Table<'t, (i64, u32), ()>,
    pub(super) pages: Table<'t, (u32, u32, u16), &'static [u8]>,
    pub(super) keys: Table<'t, (u32, u32), &'static [u8]>,
    pub(super) lineages: Table<'t, u128, &'static [u8]>,
    pub(super) sources: Table<'t, u32, &'static [u8]>,
    source_paths: Table<'t, &'static [u8], u32>,
    surroundings: Table<'t, u32, &'static [u8]>,
    outbox: Table<'t, u64, (u32, u32, u32)>,
    pub(super) tags: Table<'t, (u32, &'static str), i64>,
    pub(super) links: Table<'t, (u32, &'static str), &'static [u8]>,
    pub(super) commits: Table<'t, (&'static str, u32), ()>,
    pub(super) marks: Table<'t, (u64, &'static str), ()>,
    pub(super) places: Table<'t, &'static str, &'static [u8]>,
    pub(super) summaries: Table<'t, u32, &'static [u8]>,
    pub(super) annotations: Table<'t, (u32, u128), &'static [u8]>,
    pub(super) children: Table<'t, (u32, &'static [u8]), i64>,
    pub(super) changes: Table<'t, u32, u64>,
    pub(super) deleted: Table<'t, u128, i64>,
    pub(super) machines: Table<'t, u128, &'static [u8]>,
    pub(super) sync_stores: Table<'t, u128, &'static [u8]>,
    pub(super) sync_sessions: Table<'t, (u128, u128), &'static [u8]>,
    pub(super) sync_forgotten: Table<'t, (u128, u128), i64>,
    pub(super) sync_excluded: Table<'t, &'static str, ()>,
    /// The sessions whose change has its number already.
    changed: BTreeSet<SessionNumber>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(
        store: &'t Store,
        transaction: &'t WriteTransaction,
    ) -> Result<Self, StoreError> {
        macro_rules! open {
            ($table:ident) => {
                transaction.open_table(tables::$table).map_err(|error| store.error(error))?
            };
        }
        Ok(Self {
            store,
            meta: open!(META),
            sessions: open!(SESSIONS),
            session_ids: open!(SESSION_IDS),
            starts: open!(STARTS),
            pages: open!(PAGES),
            keys: open!(KEYS),
            lineages: open!(LINEAGES),
            sources: open!(SOURCES),
            source_paths: open!(SOURCE_PATHS),
            surroundings: open!(SURROUNDINGS),
            outbox: open!(OUTBOX),
            tags: open!(TAGS),
            links: open!(LINKS),
            commits: open!(COMMITS),
            marks: open!(MARKS),
            places: open!(PLACES),
            machines: open!(MACHINES),
            summaries: open!(SUMMARIES),
            annotations: open!(ANNOTATIONS),
            children: open!(CHILDREN),
            changes: open!(CHANGES),
            deleted: open!(DELETED),
            sync_stores: open!(SYNC_STORES),
            sync_sessions: open!(SYNC_SESSIONS),
            sync_forgotten: open!(SYNC_FORGOTTEN),
            sync_excluded: open!(SYNC_EXCLUDED),
            changed: BTreeSet::new(),
        })
    }

    /// Writes the format's version into a new store.
    pub(super) fn initialise(&mut self) -> Result<(), StoreError> {
        let format = FORMAT.to_u64();
        self.meta.insert("format", format).map_err(|error| self.store.error(error))?;
        Ok(())
    }

    /// The next number of a counter; the first one is 1.
    fn next(&mut self, counter: &'static str) -> Result<u64, StoreError> {
        let last = self.meta.get(counter).map_err(|error| self.store.error(error))?;
        let next = last.map_or(0, |last| last.value()) + 1;
        self.meta.insert(counter, next).map_err(|error| self.store.error(error))?;
        Ok(next)
    }

    fn next_u32(&mut self, counter: &'static str) -> Result<u32, StoreError> {
        let next = self.next(counter)?;
        u32::try_from(next)
            .map_err(|_| self.store.damaged("table `meta`", Damage("a counter ran over")))
    }

    /// The number of a session's last change; 0 if it has not changed since an older build wrote it.
    pub(crate) fn change(&self, session: SessionNumber) -> Result<u64, StoreError> {
        let change = self.changes.get(session.0).map_err(|error| self.store.error(error))?;
        Ok(change.map_or(0, |change| change.value()))
    }

    /// Notes that a session, or something of it, changes in this transaction.
    pub(super) fn note_change(&mut self, session: SessionNumber) -> Result<(), StoreError> {
        if self.changed.insert(session) {
            let change = self.next("next_change")?;
            self.changes.insert(session.0, change).map_err(|error| self.store.error(error))?;
        }
        Ok(())
    }

    pub(crate) fn session(&self, number: SessionNumber) -> Result<Option<Session>, StoreError> {
        read_session(self.store, &self.sessions, number)
    }

    pub(crate) fn session_number(
        &self,
        id: SessionId,
    ) -> Result<Option<SessionNumber>, StoreError> {
        let number = self.session_ids.get(id.0.as_u128());
        let number = number.map_err(|error| self.store.error(error))?;
        Ok(number.map(|number| SessionNumber(number.value())))
    }

    /// Gives a new session its number.
    pub(crate) fn number_session(&mut self, id: SessionId) -> Result<SessionNumber, StoreError> {
        let number = self.next_u32("next_session")?;
        let put = self.session_ids.insert(id.0.as_u128(), number);
        put.map_err(|error| self.store.error(error))?;
        Ok(SessionNumber(number))
    }

    /// Writes a session's row. Listings show it from its first message on.
    pub(crate) fn put_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let old = self.session(session.number)?;
        if old.as_ref() == Some(session) {
            return Ok(());
        }
        self.note_change(session.number)?;
        let listed = |session: &Session| {
            (session.message_count > 0).then_some((session.listed_at().0, session.number.0))
        };
        let (was, is) = (old.as_ref().and_then(listed), listed(session));
        if was != is {
            if let Some(was) = was {
                self.starts.remove(was).map_err(|error| self.store.error(error))?;
            }
            if let Some(is) = is {
                self.starts.insert(is, ()).map_err(|error| self.store.error(error))?;
            }
        }
        let put = self.sessions.insert(session.number.0, encode(session).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(())
    }

    pub(crate) fn keys(
        &self,
        number: SessionNumber,
    ) -> Result<Vec<(u32, Vec<MessageKey>)>, StoreError> {
        let SessionKeys { pages } = read_keys(self.store, &self.keys, number)?;
        Ok(pages)
    }

    pub(crate) fn body(&self, number: SessionNumber, first: u32) -> Result<Body, StoreError> {
        read_body(self.store, &self.pages, number, first)
    }

    /// All messages of a page.
    pub(crate) fn page_messages(
        &self,
        number: SessionNumber,
        first: u32,
        keys: &[MessageKey],
    ) -> Result<Vec<Message>, StoreError> {
        let body = self.body(number, first)?;
        let mut previous = None;
        let decode = |(key, bytes): (&MessageKey, _)| {
            let message = page::decode_message(bytes, key, previous)?;
            previous = Some(key.id);
            Ok(message)
        };
        let pairs = body.messages_of(keys);
        pairs
            .and_then(|pairs| pairs.into_iter().map(decode).collect::<Result<_, Damage>>())
            .map_err(|damage| self.page_damaged(number, first, damage))
    }

    pub(crate) fn page_damaged(
        &self,
        number: SessionNumber,
        first: u32,
        damage: Damage,
    ) -> StoreError {
        self.store.damaged(format_args!("{}, page {first}", place(number)), damage)
    }

    pub(crate) fn put_body(
        &mut self,
        number: SessionNumber,
        first: u32,
        body: &Body,
    ) -> Result<(), StoreError> {
        self.note_change(number)?;
        let bytes = body.compress();
        let (mut rest, mut part) = (bytes.as_slice(), 0);
        for length in page::parts(bytes.len()) {
            let (now, later) = rest.split_at(length);
            let put = self.pages.insert((number.0, first, part), now);
            put.map_err(|error| self.store.error(error))?;
            (rest, part) = (later, part + 1);
        }
        // A body that became shorter leaves parts behind.
        while self
            .pages
            .remove((number.0, first, part))
            .map_err(|error| self.store.error(error))?
            .is_some()
        {
            part += 1;
        }
        Ok(())
    }

    pub(crate) fn put_keys(
        &mut self,
        number: SessionNumber,
        first: u32,
        keys: &[MessageKey],
    ) -> Result<(), StoreError> {
        self.note_change(number)?;
        let put = self.keys.insert((number.0, first), page::encode_keys(keys).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(())
    }

    /// Removes a page.
    pub(crate) fn remove_page(
        &mut self,
        number: SessionNumber,
        first: u32,
    ) -> Result<(), StoreError> {
        self.note_change(number)?;
        self.keys.remove((number.0, first)).map_err(|error| self.store.error(error))?;
        let parts = (number.0, first, 0)..=(number.0, first, u16::MAX);
        self.pages.retain_in(parts, |_, _| false).map_err(|error| self.store.error(error))
    }

    /// Notes that a session is of a lineage; returns the others of it.
    pub(crate) fn join_lineage(
        &mut self,
        tool: &str,
        lineage: &str,
        number: SessionNumber,
    ) -> Result<Vec<SessionNumber>, StoreError> {
        let key = lineage_key(tool, lineage);
        let mut members = self.lineage_members(key)?;
        if !members.contains(&number) {
            members.push(number);
            let put = self.lineages.insert(key, encode(&members).as_slice());
            put.map_err(|error| self.store.error(error))?;
        }
        members.retain(|&member| member != number);
        Ok(members)
    }

    pub(super) fn lineage_members(&self, key: u128) -> Result<Vec<SessionNumber>, StoreError> {
        let row = self.lineages.get(key).map_err(|error| self.store.error(error))?;
        row.map_or(Ok(Vec::new()), |row| decode(row.value()))
            .map_err(|damage| self.store.damaged(format_args!("lineage {key:032x}"), damage))
    }

    /// The source with this path, or a new one.
    pub(crate) fn source(
        &mut self,
        path: &Path,
        tool: &str,
        plugin: Digest,
        growth: Growth,
    ) -> Result<Source, StoreError> {
        let bytes = path_bytes(path);
        let known = self.source_paths.get(bytes.as_slice());
        let known = known.map_err(|error| self.store.error(error))?.map(|id| SourceId(id.value()));
        if let Some(id) = known
            && let Some(source) = read_source(self.store, &self.sources, id)?
        {
            return Ok(source);
        }
        let id = self.next_u32("next_source")?;
        let put = self.source_paths.insert(bytes.as_slice(), id);
        put.map_err(|error| self.store.error(error))?;
        Ok(Source::new(SourceId(id), path, tool.to_owned(), plugin, growth))
    }

    pub(crate) fn put_source(&mut self, source: &Source) -> Result<(), StoreError> {
        let put = self.sources.insert(source.id.0, encode(source).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(())
    }

    /// Notes what a source's reading depended on.
    pub(crate) fn put_surroundings(
        &mut self,
        id: SourceId,
        surroundings: &Surroundings,
    ) -> Result<(), StoreError> {
        let done = if *surroundings == Surroundings::default() {
            self.surroundings.remove(id.0).map(drop)
        } else {
            self.surroundings.insert(id.0, encode(surroundings).as_slice()).map(drop)
        };
        done.map_err(|error| self.store.error(error))
    }

    /// The rank of the location that a source was found in.
    pub(crate) fn rank(&self, id: SourceId) -> Result<u8, StoreError> {
        let row = self.surroundings.get(id.0).map_err(|error| self.store.error(error))?;
        let Some(row) = row else { return Ok(0) };
        let surroundings: Surroundings = decode(row.value()).map_err(|damage| {
            self.store.damaged(format_args!("surroundings of source {}", id.0), damage)
        })?;
        Ok(surroundings.rank)
    }

    /// Asks the index to take in messages; returns the entry's number.
    pub(crate) fn post(
        &mut self,
        session: SessionNumber,
        from: u32,
        to: u32,
    ) -> Result<u64, StoreError> {
        let number = self.next("next_outbox")?;
        let put = self.outbox.insert(number, (session.0, from, to));
        put.map_err(|error| self.store.error(error))?;
        Ok(number)
    }

    /// Removes the outbox entries up to this one.
    pub(crate) fn clear_outbox(&mut self, up_to: u64) -> Result<(), StoreError> {
        self.outbox.retain_in(..=up_to, |_, _| false).map_err(|error| self.store.error(error))
    }
}

/// The key of a lineage's row.
pub(super) fn lineage_key(tool: &str, lineage: &str) -> u128 {
    xxhash_rust::xxh3::xxh3_128(format!("{tool}\n{lineage}").as_bytes())
}
