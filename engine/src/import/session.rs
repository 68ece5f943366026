//! A session that messages are being added to.
//!
//! A message that is there already (same id) is left alone if its content is the same, and replaced
//! if not. A message that another session of the lineage has is a copy and is left out. Everything
//! else is appended: a source's messages stay in its order. Only when several sources fed a session
//! and their times interleave is the whole session put in the order of its times.

mod foreign;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::indexing::Posted;
use crate::model::{
    Message, MessageId, Role, Session, SessionId, SessionNumber, SourceId, Timestamp, Usage,
};
use crate::plugin::SessionRecord;
use crate::store::page::{self, Body, ContentHash, MessageKey};
use crate::store::{Damage, StoreError, Tables};

pub(crate) use foreign::take_in;

/// Parents of parents that are looked at.
const GENERATIONS: usize = 64;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merged {
    New { index: u32 },
    Changed,
    Unchanged,
    Copy,
}

/// A message on its way into the store.
pub(super) struct Incoming {
    pub(super) message: Message,
    /// The plugin's keys of the message and of the one that it answers.
    pub(super) key: String,
    pub(super) parent_key: Option<String>,
    /// Its stored form, and the hash of it.
    pub(super) content: Vec<u8>,
    pub(super) hash: ContentHash,
}

/// A session of the same lineage, whose messages may be copied here.
struct Relative {
    id: SessionId,
    /// It descends from this session.
    is_below: bool,
    messages: HashSet<MessageId>,
}

/// A session with the keys of all its messages, and its last page.
pub(super) struct OpenSession {
    pub(super) row: Session,
    /// It had no message when it was opened: so far nobody has seen it.
    pub(super) is_new: bool,
    keys: Vec<MessageKey>,
    places: HashMap<MessageId, u32>,
    /// Index of the first message of each page.
    firsts: Vec<u32>,
    /// The last page's messages, once something is to be added to them.
    tail: Option<Body>,
    tail_changed: bool,
    row_changed: bool,
    /// Messages from here on are not in the outbox yet.
    unposted: u32,
    /// The index has to take in the whole session anew.
    index_anew: bool,
    relatives: Vec<Relative>,
    out_of_order: bool,
    /// The messages that the source has, in its order, while it is read as a whole once more.
    told: Option<Told>,
}

/// A message, and what stands beside it in the store.
type Stored = (MessageKey, Message);

/// What a source has told so far, by the indexes of the messages.
#[derive(Default)]
struct Told {
    order: Vec<u32>,
    seen: HashSet<u32>,
}

impl Told {
    fn note(&mut self, index: u32) {
        if self.seen.insert(index) {
            self.order.push(index);
        }
    }
}

impl OpenSession {
    /// A session that is in the store, or a new one.
    pub(super) fn open(
        tables: &mut Tables<'_>,
        id: SessionId,
        new: impl FnOnce(SessionNumber) -> Session,
    ) -> Result<Self, StoreError> {
        let known = match tables.session_number(id)? {
            Some(number) => tables.session(number)?,
            None => None,
        };
        let row_changed = known.is_none();
        let is_new = known.as_ref().is_none_or(|row| row.message_count == 0);
        let row = match known {
            Some(row) => row,
            None => new(tables.number_session(id)?),
        };
        let pages = tables.keys(row.number)?;
        let firsts = pages.iter().map(|(first, _)| *first).collect();
        let keys: Vec<MessageKey> = pages.into_iter().flat_map(|(_, keys)| keys).collect();
        let places = (0..).zip(&keys).map(|(index, key)| (key.id, index)).collect();
        let mut session = Self {
            unposted: keys.len() as u32,
            row,
            is_new,
            keys,
            places,
            firsts,
            tail: None,
            tail_changed: false,
            row_changed,
            index_anew: false,
            relatives: Vec::new(),
            out_of_order: false,
            told: None,
        };
        session.find_relatives(tables)?;
        Ok(session)
    }

    /// From now on notes which messages the source has: [`OpenSession::withdraw_unseen`].
    pub(super) fn watch(&mut self) {
        self.told.get_or_insert_default();
    }

    /// As [`OpenSession::watch`], for a source that tells the session better than those before.
    pub(super) fn watch_better(&mut self) {
        self.watch();
        // It was that of the first answer, as others told it.
        self.row.model = None;
        self.row_changed = true;
    }

    /// Takes in what a source says about the session: if another tells it better, only what nobody
    /// has said yet.
    pub(super) fn describe(
        &mut self,
        tables: &mut Tables<'_>,
        record: SessionRecord,
        parent: Option<SessionId>,
        is_told_better: bool,
    ) -> Result<(), StoreError> {
        let before = self.row.clone();
        let row = &mut self.row;
        take(&mut row.parent, parent.filter(|&parent| parent != row.id), is_told_better);
        take(&mut row.title, record.title, is_told_better);
        take(&mut row.ended, record.ended, is_told_better);
        take(&mut row.commit, record.commit, is_told_better);
        take(&mut row.repository, record.repository, is_told_better);
        take(&mut row.tool_version, record.tool_version, is_told_better);
        take(&mut row.model, record.model, is_told_better);
        take(&mut row.directory, record.directory, is_told_better);
        take(&mut row.lineage, record.lineage, is_told_better);
        if let Some(started) = record.started {
            row.started = Some(row.started.map_or(started, |at| at.min(started)));
        }
        // It is the one that the session began on, and told again when the source is read again.
        if let Some(branch) = record.branch
            && !row.branches.contains(&branch)
        {
            row.branches.push(branch);
        }
        if row.lineage != before.lineage {
            self.find_relatives(tables)?;
        }
        // What stands in the index with each message.
        let facts = |row: &Session| (row.directory.clone(), row.repository.clone());
        self.index_anew |= !self.keys.is_empty() && facts(&self.row) != facts(&before);
        self.row_changed |= self.row != before;
        Ok(())
    }

    /// Takes in a message.
    pub(super) fn merge(
        &mut self,
        tables: &mut Tables<'_>,
        incoming: &mut Incoming,
    ) -> Result<Merged, StoreError> {
        let id = incoming.message.id;
        if let Some(&index) = self.places.get(&id) {
            return self.merge_known(tables, index, incoming);
        }
        for relative in &self.relatives {
            if relative.messages.contains(&MessageId::derive(relative.id, &incoming.key)) {
                // Where the copy was read before the original, the copy is the child.
                if self.row.parent.is_none() && !relative.is_below {
                    self.row.parent = Some(relative.id);
                    self.row_changed = true;
                }
                return Ok(Merged::Copy);
            }
        }
        if let Some(key) = &incoming.parent_key
            && let Some(parent) = incoming.message.parent
            && !self.places.contains_key(&parent)
        {
            // The message that it answers may be one that was left out here as a copy.
            let origin = self.relatives.iter().find_map(|relative| {
                let parent = MessageId::derive(relative.id, key);
                relative.messages.contains(&parent).then_some(parent)
            });
            incoming.message.parent = origin.or(incoming.message.parent);
        }
        let index = self.append(tables, incoming)?;
        self.account(&incoming.message);
        Ok(Merged::New { index })
    }

    fn merge_known(
        &mut self,
        tables: &mut Tables<'_>,
        index: u32,
        incoming: &Incoming,
    ) -> Result<Merged, StoreError> {
        if let Some(told) = &mut self.told {
            told.note(index);
        }
        if self.row.model.is_none() {
            self.take_model(&incoming.message);
        }
        let known = self.keys[index as usize];
        if known.hash == incoming.hash {
            if known.withdrawn {
                self.keys[index as usize].withdrawn = false;
                self.put_keys_around(tables, index)?;
            }
            return Ok(Merged::Unchanged);
        }
        let (page, first) = self.page_of(index);
        let number = self.row.number;
        let damaged = |tables: &Tables<'_>, damage| tables.page_damaged(number, first, damage);
        let place = (index - first) as usize;
        let previous = (place > 0).then(|| self.keys[index as usize - 1].id);
        let is_tail = page + 1 == self.firsts.len();
        let tail = if is_tail { self.tail.take() } else { None };
        let mut body = match tail {
            Some(tail) => tail,
            None => tables.body(number, first)?,
        };
        let old = body
            .messages()
            .nth(place)
            .unwrap_or(Err(Damage("its messages are fewer than its keys")))
            .and_then(|bytes| page::decode_message(bytes, &known, previous));
        let used = old.map_err(|damage| damaged(tables, damage))?.usage;
        // A tool may tell what a response used only once, or later than what it said.
        let completed;
        let incoming = if incoming.message.usage.is_none_or(|usage| usage == Usage::default()) {
            let message = Message { usage: used, ..incoming.message.clone() };
            let content = page::encode_content(&message);
            let hash = ContentHash::of(&content);
            let (key, parent_key) = (String::new(), None);
            completed = Incoming { message, key, parent_key, content, hash };
            &completed
        } else {
            incoming
        };
        let changed = known.hash != incoming.hash;
        if changed {
            let bytes = page::encode_message(incoming.message.parent, previous, &incoming.content);
            body.replace(place, &bytes).map_err(|damage| damaged(tables, damage))?;
            self.keys[index as usize] =
                MessageKey { id: known.id, hash: incoming.hash, withdrawn: false };
            tables.put_body(number, first, &body)?;
            self.put_keys_around(tables, index)?;
            self.row.usage.remove(&used.unwrap_or_default());
            self.row.usage.add(&incoming.message.usage.unwrap_or_default());
            if let Some(at) = incoming.message.at {
                self.take_time(at);
            }
            self.index_anew = true;
            self.row_changed = true;
        } else if known.withdrawn {
            self.keys[index as usize].withdrawn = false;
            self.put_keys_around(tables, index)?;
        }
        if is_tail {
            self.tail = Some(body);
        }
        Ok(if changed { Merged::Changed } else { Merged::Unchanged })
    }

    fn append(&mut self, tables: &mut Tables<'_>, incoming: &Incoming) -> Result<u32, StoreError> {
        let index = self.keys.len() as u32;
        if self.tail.is_none()
            && let Some(&first) = self.firsts.last()
        {
            self.tail = Some(tables.body(self.row.number, first)?);
        }
        if self.tail.as_ref().is_none_or(|tail| tail.len() >= page::FULL) {
            self.save_tail(tables)?;
            self.firsts.push(index);
            self.tail = Some(Body::default());
        }
        let first = *self.firsts.last().unwrap_or(&0);
        let previous = (index > first).then(|| self.keys[index as usize - 1].id);
        let message = &incoming.message;
        if let Some(tail) = &mut self.tail {
            tail.push(&page::encode_message(message.parent, previous, &incoming.content));
        }
        self.tail_changed = true;
        self.keys.push(MessageKey { id: message.id, hash: incoming.hash, withdrawn: false });
        self.places.insert(message.id, index);
        if let Some(told) = &mut self.told {
            told.note(index);
        }
        Ok(index)
    }

    /// Takes a new message into the session's own facts.
    fn account(&mut self, message: &Message) {
        let several_sources = self.row.sources.len() > 1;
        if let Some(at) = message.at {
            let last = self.row.last_activity;
            self.out_of_order |= several_sources && last.is_some_and(|last| at < last);
            self.take_time(at);
        }
        let row = &mut self.row;
        if row.directory.is_none() && message.directory.is_some() {
            row.directory.clone_from(&message.directory);
            self.index_anew |= self.keys.len() > 1;
        }
        // It is told where it is not the one that the session began on.
        let first = row.branches.first().filter(|_| row.branches.len() > 1 && !message.injected);
        if let Some(branch) = message.branch.clone().or_else(|| first.cloned()) {
            on_branch(row, &branch);
        }
        if let Some(usage) = &message.usage {
            row.usage.add(usage);
        }
        row.message_count = self.keys.len() as u32;
        self.row_changed = true;
        self.take_model(message);
    }

    fn take_time(&mut self, at: Timestamp) {
        let row = &mut self.row;
        row.started = Some(row.started.map_or(at, |started| started.min(at)));
        row.last_activity = Some(row.last_activity.map_or(at, |last| last.max(at)));
    }

    /// The session's model is that of the first answer, unless the tool says another.
    fn take_model(&mut self, message: &Message) {
        if message.role == Role::Assistant && message.model.is_some() {
            self.row_changed |= self.row.model.is_none();
            take(&mut self.row.model, message.model.clone(), true);
        }
    }

    /// Notes that the session is read from this source, too.
    pub(super) fn add_source(&mut self, source: SourceId) {
        if !self.row.sources.contains(&source) {
            self.row.sources.push(source);
            self.row_changed = true;
        }
    }

    /// Marks the messages that were not met since [`OpenSession::watch`] as withdrawn.
    pub(super) fn withdraw_unseen(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        let Some(told) = self.told.take() else { return Ok(()) };
        let mut withdrawn = Vec::new();
        for (index, key) in (0..).zip(&mut self.keys) {
            if !told.seen.contains(&index) && !std::mem::replace(&mut key.withdrawn, true) {
                withdrawn.push(index);
            }
        }
        let firsts: BTreeSet<u32> =
            withdrawn.into_iter().map(|index| self.page_of(index).1).collect();
        firsts.into_iter().try_for_each(|first| self.put_keys_around(tables, first))?;
        if told.order.is_sorted() {
            return Ok(());
        }
        // The source tells them in another order than it did; what it no longer tells stays behind
        // what it followed.
        let mut order: Vec<u32> = Vec::with_capacity(self.keys.len());
        let count = self.keys.len() as u32;
        let unseen_from = |from: u32| (from..count).take_while(|index| !told.seen.contains(index));
        order.extend(unseen_from(0));
        for index in told.order.iter().copied() {
            order.push(index);
            order.extend(unseen_from(index + 1));
        }
        let mut messages: Vec<_> = self.take_all(tables)?.into_iter().map(Some).collect();
        let taken = order.into_iter();
        let taken =
            taken.filter_map(|index| messages.get_mut(index as usize).and_then(Option::take));
        self.append_all(tables, taken)
    }

    /// Puts the messages in the order of their times, if several sources brought them in another.
    fn put_in_order(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        if !std::mem::take(&mut self.out_of_order) {
            return Ok(());
        }
        let mut latest = Timestamp(i64::MIN);
        let mut timed: Vec<(Timestamp, Stored)> = Vec::with_capacity(self.keys.len());
        for (key, message) in self.take_all(tables)? {
            latest = message.at.unwrap_or(latest);
            timed.push((latest, (key, message)));
        }
        // Stable: what has the same time, or none, stays behind what it followed.
        timed.sort_by_key(|(at, _)| *at);
        self.append_all(tables, timed.into_iter().map(|(_, stored)| stored))
    }

    /// Takes all messages out, in their order.
    fn take_all(&mut self, tables: &mut Tables<'_>) -> Result<Vec<Stored>, StoreError> {
        self.save_tail(tables)?;
        let mut messages = Vec::with_capacity(self.keys.len());
        for (page, &first) in self.firsts.iter().enumerate() {
            let end = self.firsts.get(page + 1).map_or(self.keys.len(), |&next| next as usize);
            let keys = &self.keys[first as usize..end];
            let page = tables.page_messages(self.row.number, first, keys)?;
            messages.extend(keys.iter().copied().zip(page));
        }
        for first in std::mem::take(&mut self.firsts) {
            tables.remove_page(self.row.number, first)?;
        }
        self.keys.clear();
        self.places.clear();
        self.tail = None;
        self.told = None;
        Ok(messages)
    }

    /// Puts back what [`OpenSession::take_all`] took out, in another order.
    fn append_all(
        &mut self,
        tables: &mut Tables<'_>,
        messages: impl Iterator<Item = Stored>,
    ) -> Result<(), StoreError> {
        for (MessageKey { hash, withdrawn, .. }, message) in messages {
            let content = page::encode_content(&message);
            let (key, parent_key) = (String::new(), None);
            let incoming = Incoming { message, key, parent_key, content, hash };
            let index = self.append(tables, &incoming)?;
            self.keys[index as usize].withdrawn = withdrawn;
        }
        self.index_anew = true;
        Ok(())
    }

    /// Writes what has changed, and tells the index.
    pub(super) fn save(&mut self, tables: &mut Tables<'_>) -> Result<Option<Posted>, StoreError> {
        self.put_in_order(tables)?;
        self.save_tail(tables)?;
        // A source may have very many sessions; it is read again when it is needed again.
        self.tail = None;
        let anew = std::mem::take(&mut self.index_anew);
        if std::mem::take(&mut self.row_changed) {
            tables.put_session(&self.row)?;
        } else if !anew {
            return Ok(None);
        }
        let session = self.row.number;
        let count = self.keys.len() as u32;
        let (from, to) = if anew { (0, u32::MAX) } else { (self.unposted, count) };
        self.unposted = count;
        Ok(Some(Posted { entry: tables.post(session, from, to)?, session, anew }))
    }

    fn save_tail(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        if let (true, Some(tail), Some(&first)) =
            (self.tail_changed, &self.tail, self.firsts.last())
        {
            tables.put_body(self.row.number, first, tail)?;
            tables.put_keys(self.row.number, first, &self.keys[first as usize..])?;
        }
        self.tail_changed = false;
        Ok(())
    }

    fn put_keys_around(&self, tables: &mut Tables<'_>, index: u32) -> Result<(), StoreError> {
        let (page, first) = self.page_of(index);
        let end = self.firsts.get(page + 1).map_or(self.keys.len(), |&next| next as usize);
        tables.put_keys(self.row.number, first, &self.keys[first as usize..end])
    }

    /// The page that a message lies in, and the index of that page's first one.
    fn page_of(&self, index: u32) -> (usize, u32) {
        let page = self.firsts.partition_point(|&first| first <= index).saturating_sub(1);
        (page, self.firsts.get(page).copied().unwrap_or(0))
    }

    fn find_relatives(&mut self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        let Some(lineage) = &self.row.lineage else { return Ok(()) };
        self.relatives.clear();
        for number in tables.join_lineage(&self.row.tool, lineage, self.row.number)? {
            if let Some(row) = tables.session(number)? {
                let keys = tables.keys(number)?.into_iter().flat_map(|(_, keys)| keys);
                let messages = keys.map(|key| key.id).collect();
                let is_below = descends(tables, &row, self.row.id)?;
                self.relatives.push(Relative { id: row.id, is_below, messages });
            }
        }
        Ok(())
    }
}

/// Whether `ancestor` is among the parents of a session, as far as they are known.
fn descends(
    tables: &Tables<'_>,
    session: &Session,
    ancestor: SessionId,
) -> Result<bool, StoreError> {
    let mut parent = session.parent;
    for _ in 0..GENERATIONS {
        let Some(id) = parent.filter(|&id| id != ancestor) else { break };
        let number = tables.session_number(id)?;
        let row = number.map(|number| tables.session(number)).transpose()?.flatten();
        parent = row.and_then(|row| row.parent);
    }
    Ok(parent == Some(ancestor))
}

/// Sets the field to the value, if there is one and, if asked for that, none was there.
fn take<T>(field: &mut Option<T>, value: Option<T>, only_where_absent: bool) {
    if value.is_some() && !(only_where_absent && field.is_some()) {
        *field = value;
    }
}

fn on_branch(row: &mut Session, branch: &str) {
    if row.branches.last().is_none_or(|last| last != branch) {
        row.branches.push(branch.to_owned());
    }
}
