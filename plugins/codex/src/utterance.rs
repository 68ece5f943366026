//! Recognises what is said as the same when a rollout tells it again in another stream.
//!
//! Each of the streams tells an utterance at most once. A record is the same utterance as an earlier
//! one if that one was told by other streams only, lies at most a few messages back, was said by the
//! same voice, and
//!
//! - has the same text, white space around it apart, or else
//! - directly precedes it, within half a second. Texts differ where the tool adds labels for images, or
//!   where somebody masked a file. What the tool put in has no mirror and is not taken for one.
//!
//! Everything else is an utterance of its own, even if its text was there before.

use std::collections::VecDeque;

use lore_plugin_sdk::Usage;
use serde::{Deserialize, Serialize};

/// How many utterances are remembered.
const REMEMBERED: usize = 16;

/// How many messages may lie between two tellings.
const REACH: u64 = 32;

/// How far apart in time two tellings with different texts may be, in milliseconds.
const MOMENT: u64 = 500;

/// Where an utterance is told.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stream {
    /// `response_item`: what the model was given and gave.
    Item = 1,
    /// `event_msg`: what was shown.
    Event = 2,
    /// `event_msg/item_completed`: the same for newer programs.
    Completed = 4,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Voice {
    User,
    Assistant,
    Reasoning,
}

/// One telling.
pub(crate) struct Telling<'a> {
    pub(crate) stream: Stream,
    pub(crate) voice: Voice,
    /// Hashes of its parts, or of the whole.
    pub(crate) texts: &'a [u64],
    pub(crate) at: Option<i64>,
    pub(crate) injected: bool,
    /// Number of the message that it would become.
    pub(crate) place: u64,
}

/// What was said lately.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Utterances(VecDeque<Utterance>);

#[derive(Serialize, Deserialize)]
struct Utterance {
    voice: Voice,
    text: u64,
    /// The streams that told it, one bit for each.
    told: u8,
    at: Option<i64>,
    injected: bool,
    place: u64,
    message: Message,
}

/// The message that an utterance became.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    /// What its key is made from.
    pub(crate) link: u128,
    /// A response item told it: nothing can be added.
    pub(crate) complete: bool,
    pub(crate) usage: Option<Usage>,
}

impl Utterances {
    /// The message that this telling repeats, if any; remembers the telling.
    pub(crate) fn repeat(&mut self, telling: &Telling<'_>) -> Option<Message> {
        while self.0.front().is_some_and(|oldest| oldest.place + REACH < telling.place) {
            self.0.pop_front();
        }
        let same_text = |u: &Utterance| telling.texts.contains(&u.text);
        let known = self.0.iter().find(|u| u.may_be(telling) && same_text(u));
        let by_text = known.is_some();
        let known = known
            .or_else(|| self.0.back().filter(|u| u.may_be(telling) && u.precedes(telling)))?
            .message;
        for u in self.0.iter_mut().filter(|u| u.message.link == known.link) {
            // Of a message in parts, each is told on its own by the other streams.
            if telling.stream == Stream::Item || !by_text || same_text(u) {
                u.told |= telling.stream as u8;
            }
            u.message.complete |= telling.stream == Stream::Item;
        }
        Some(known)
    }

    /// Remembers a telling that made a message of its own.
    pub(crate) fn remember(&mut self, telling: &Telling<'_>, link: u128) {
        let complete = telling.stream == Stream::Item;
        for text in telling.texts.iter().take(REMEMBERED) {
            if self.0.len() == REMEMBERED {
                self.0.pop_front();
            }
            self.0.push_back(Utterance {
                voice: telling.voice,
                text: *text,
                told: telling.stream as u8,
                at: telling.at,
                injected: telling.injected,
                place: telling.place,
                message: Message { link, complete, usage: None },
            });
        }
    }

    /// Notes the usage of a message, so that it is kept when the message is completed.
    pub(crate) fn note_usage(&mut self, link: u128, usage: Usage) {
        for utterance in self.0.iter_mut().filter(|u| u.message.link == link) {
            utterance.message.usage = Some(usage);
        }
    }
}

impl Utterance {
    fn may_be(&self, telling: &Telling<'_>) -> bool {
        self.voice == telling.voice && self.told & telling.stream as u8 == 0
    }

    fn precedes(&self, telling: &Telling<'_>) -> bool {
        let in_a_moment = match (self.at, telling.at) {
            (Some(one), Some(other)) => one.abs_diff(other) <= MOMENT,
            (one, other) => one == other,
        };
        in_a_moment && self.place + 1 == telling.place && !self.injected && !telling.injected
    }
}
