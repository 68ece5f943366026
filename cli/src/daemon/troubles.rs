//! What is not as it should be: said once in the log, and kept for `status`.
//!
//! A trouble that is looked for again and again (a plugin that cannot be used, a directory that cannot
//! be read) is over when it is not found any more; one that is met by chance (a source that a plugin
//! fails on) when it was not met for an hour.

use std::collections::BTreeMap;

use lore_engine::model::Timestamp;

use super::control;

/// Milliseconds after which a trouble that was met by chance counts as over.
const OVER: i64 = 3_600_000;

/// Troubles that are kept; more are of the kinds that are there.
const MOST: usize = 100;

/// Where a trouble comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
    /// The settings cannot be read.
    Settings,
    /// The store cannot be opened, read or written.
    Store,
    /// Found by looking for sources.
    Looking,
    /// A directory cannot be watched.
    Watching,
    /// Met by chance: when a source was read.
    Reading,
    /// Met by chance: when a session was linked.
    Linking,
}

/// What is not as it should be now.
#[derive(Default)]
pub(super) struct Troubles {
    kept: BTreeMap<(Topic, String), Occurrences>,
}

struct Occurrences {
    count: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Troubles {
    /// What is found now of a topic is all that there is of it. Returns those that are new, and those
    /// that are over.
    pub(super) fn found(
        &mut self,
        topic: Topic,
        messages: Vec<String>,
        now: Timestamp,
    ) -> (Vec<String>, Vec<String>) {
        let over: Vec<String> = self
            .kept
            .keys()
            .filter(|(other, message)| *other == topic && !messages.contains(message))
            .map(|(_, message)| message.clone())
            .collect();
        for message in &over {
            self.kept.remove(&(topic, message.clone()));
        }
        let new = messages.into_iter().filter(|message| self.met(topic, message, now)).collect();
        (new, over)
    }

    /// A trouble is met; returns whether it is new.
    pub(super) fn met(&mut self, topic: Topic, message: &str, now: Timestamp) -> bool {
        let is_full = self.kept.len() >= MOST;
        match self.kept.get_mut(&(topic, message.to_owned())) {
            Some(known) => {
                known.count += 1;
                known.last = now;
                false
            }
            None if is_full => false,
            None => {
                let occurrences = Occurrences { count: 1, first: now, last: now };
                self.kept.insert((topic, message.to_owned()), occurrences);
                true
            }
        }
    }

    /// Forgets what was met by chance and long ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.kept.retain(|(topic, _), known| {
            let by_chance = matches!(topic, Topic::Reading | Topic::Linking);
            !by_chance || now.0.saturating_sub(known.last.0) < OVER
        });
    }

    /// All of them, for people.
    pub(super) fn shown(&self) -> Vec<control::Trouble> {
        let shown = |((_, message), known): (&(Topic, String), &Occurrences)| control::Trouble {
            message: message.clone(),
            count: known.count,
            first_at: known.first.to_string(),
            last_at: known.last.to_string(),
        };
        self.kept.iter().map(shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: [&str; 0] = [];

    #[test]
    fn what_is_not_found_again_is_over() {
        let mut troubles = Troubles::default();
        let both = || vec!["a".to_owned(), "b".to_owned()];
        let (new, over) = troubles.found(Topic::Looking, both(), Timestamp(1));
        assert_eq!((new, over), (both(), vec![]));
        assert!(troubles.met(Topic::Store, "a", Timestamp(1)), "it is another topic's");
        let (new, over) = troubles.found(Topic::Looking, vec!["b".to_owned()], Timestamp(2));
        assert_eq!((new.len(), over), (0, vec!["a".to_owned()]));
        let shown = troubles.shown();
        assert_eq!(shown.len(), 2);
        assert_eq!((shown[1].message.as_str(), shown[1].count), ("b", 2));
        assert!(shown[1].first_at < shown[1].last_at);
    }

    #[test]
    fn what_is_met_by_chance_is_over_after_an_hour() {
        let mut troubles = Troubles::default();
        assert!(troubles.met(Topic::Reading, "a", Timestamp(0)));
        assert!(!troubles.met(Topic::Reading, "a", Timestamp(10)));
        assert!(troubles.met(Topic::Settings, "b", Timestamp(0)));
        troubles.forget(Timestamp(OVER + 9));
        assert_eq!(troubles.shown().len(), 2);
        troubles.forget(Timestamp(OVER + 10));
        let left: Vec<String> =
            troubles.shown().into_iter().map(|trouble| trouble.message).collect();
        assert_eq!(left, ["b"]);
        let (_, over) = troubles.found(Topic::Reading, vec![], Timestamp(OVER + 11));
        assert_eq!(over, NOTHING);
    }

    #[test]
    fn there_is_a_bound() {
        let mut troubles = Troubles::default();
        for number in 0..MOST * 2 {
            troubles.met(Topic::Reading, &number.to_string(), Timestamp(0));
        }
        assert_eq!(troubles.shown().len(), MOST);
    }
}
