//! A session as another machine tells it.

use std::collections::HashMap;

use super::{Incoming, OpenSession, Stored};
use crate::model::{Message, MessageId, Session, Usage};
use crate::store::page::{self, ContentHash, MessageKey};
use crate::store::{StoreError, Tables};

/// Takes in a session: its row, whose number counts only if the session is new, and its messages from
/// the one at `from` on. Returns false, and changes nothing, if all of its messages are needed because
/// those that are here are others.
///
/// What sources of this machine tell stays as they tell it, and what only they tell stays behind the
/// rest: the other machine's copy may have masks in it.
pub(crate) fn take_in(
    tables: &mut Tables<'_>,
    row: &Session,
    from: u32,
    messages: Vec<Message>,
) -> Result<bool, StoreError> {
    let mut open = OpenSession::open(tables, row.id, |number| {
        // Each message adds what it used.
        Session { number, usage: Usage::default(), ..row.clone() }
    })?;
    let is_own = !open.row.sources.is_empty();
    let messages: Vec<Incoming> = messages.into_iter().map(incoming).collect();
    if open.continues(from, &messages, is_own) {
        let known = open.keys.len() - from as usize;
        for incoming in messages.into_iter().skip(known) {
            let place = open.append(tables, &incoming)?;
            open.keys[place as usize].withdrawn = incoming.message.withdrawn;
            if let Some(used) = &incoming.message.usage {
                open.row.usage.add(used);
            }
        }
    } else if from > 0 {
        return Ok(false);
    } else {
        open.replace(tables, messages, is_own)?;
    }
    let known = open.row.clone();
    if !is_own {
        // What is told with each message in the index.
        let facts = |row: &Session| (row.directory.clone(), row.repository.clone());
        open.index_anew |= !open.is_new && facts(&known) != facts(row);
        open.row = Session { number: known.number, usage: known.usage, ..row.clone() };
    }
    open.row.started = known.started.into_iter().chain(row.started).min();
    open.row.last_activity = known.last_activity.into_iter().chain(row.last_activity).max();
    open.row.message_count = open.keys.len() as u32;
    open.row_changed = true;
    // The index takes it in from the outbox.
    open.save(tables)?;
    Ok(true)
}

impl OpenSession {
    /// Whether the messages from `from` on are those that are here, and others behind them.
    fn continues(&self, from: u32, messages: &[Incoming], is_own: bool) -> bool {
        let Some(known) = self.keys.get(from as usize..) else { return false };
        let is_same = |(key, incoming): (&MessageKey, &Incoming)| {
            let message = &incoming.message;
            key.id == message.id
                && (is_own || (key.hash == incoming.hash && key.withdrawn == message.withdrawn))
        };
        let mut new = messages.iter().skip(known.len());
        known.len() <= messages.len()
            && known.iter().zip(messages).all(is_same)
            && new.all(|incoming| !self.places.contains_key(&incoming.message.id))
    }

    /// Puts the messages in the place of all that are here.
    fn replace(
        &mut self,
        tables: &mut Tables<'_>,
        messages: Vec<Incoming>,
        is_own: bool,
    ) -> Result<(), StoreError> {
        let known = self.take_all(tables)?;
        let mut told: Vec<Option<Stored>> = known.into_iter().map(Some).collect();
        let places: HashMap<MessageId, usize> = told
            .iter()
            .enumerate()
            .filter_map(|(place, stored)| Some((stored.as_ref()?.0.id, place)))
            .collect();
        let mut all: Vec<Stored> = Vec::with_capacity(messages.len());
        for Incoming { message, hash, .. } in messages {
            let own = places.get(&message.id).and_then(|&place| told[place].take());
            let key = MessageKey { id: message.id, hash, withdrawn: message.withdrawn };
            all.push(own.filter(|_| is_own).unwrap_or((key, message)));
        }
        if is_own {
            all.extend(told.into_iter().flatten());
        }
        self.row.usage = Usage::default();
        for used in all.iter().filter_map(|(_, message)| message.usage.as_ref()) {
            self.row.usage.add(used);
        }
        self.append_all(tables, all.into_iter())
    }
}

fn incoming(message: Message) -> Incoming {
    let content = page::encode_content(&message);
    let hash = ContentHash::of(&content);
    Incoming { message, key: String::new(), parent_key: None, content, hash }
}
