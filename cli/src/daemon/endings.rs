//! Which sessions are active, and which of them have ended.
//!
//! A session has ended when its tool says so, or when nothing was added to it for some minutes. That is
//! judged by the clock on the wall each time anew: whatever the clock does, a session that goes on is
//! simply active again.

use std::collections::{BTreeMap, BTreeSet};

use lore_engine::api::{SessionChange, SessionDetail};
use lore_engine::model::{SessionId, Timestamp};

use super::control::Seen;

/// The sessions that are active, and those that ended and are not dealt with yet.
pub(super) struct Endings {
    active: BTreeMap<SessionId, Active>,
    waiting: BTreeSet<SessionId>,
    /// What ended before was dealt with, unless it waits.
    looked_at: Timestamp,
}

struct Active {
    seen: Seen,
    last: Timestamp,
}

/// A session as it was found.
pub(super) struct Sighting {
    pub(super) seen: Seen,
    id: SessionId,
    last: Option<Timestamp>,
    ended: Option<Timestamp>,
}

/// What a sighting tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    /// Messages that it did not have before, as far as known.
    pub(super) messages: u32,
    /// It was not known to be active.
    pub(super) new: bool,
    /// It has ended.
    pub(super) ended: bool,
}

impl Sighting {
    /// What an import did to a session of that tool.
    pub(super) fn changed(tool: &str, change: &SessionChange) -> Self {
        let seen = Seen {
            id: change.id.to_string(),
            tool: tool.to_owned(),
            title: change.title.clone(),
            directory: change.directory.clone(),
            branch: change.branch.clone(),
            message_count: change.message_count,
            last_activity_at: change.last_activity.map(|time| time.to_string()),
        };
        Self { seen, id: change.id, last: change.last_activity, ended: change.ended }
    }

    /// A session of the store.
    pub(super) fn stored(SessionDetail { session, .. }: &SessionDetail) -> Self {
        let seen = Seen {
            id: session.id.to_string(),
            tool: session.tool.clone(),
            title: session.title.clone(),
            directory: session.directory.clone(),
            branch: session.branch().map(str::to_owned),
            message_count: session.message_count,
            last_activity_at: session.last_activity.map(|time| time.to_string()),
        };
        Self { seen, id: session.id, last: session.last_activity, ended: session.ended }
    }
}

impl Endings {
    /// Sessions that ended before that moment are not looked at.
    pub(super) fn new(looked_at: Timestamp) -> Self {
        Self { active: BTreeMap::new(), waiting: BTreeSet::new(), looked_at }
    }

    /// A session was found; `live` if it was captured just now, because its files changed.
    pub(super) fn see(
        &mut self,
        Sighting { seen, id, last, ended }: Sighting,
        live: bool,
        now: Timestamp,
        idle: i64,
    ) -> News {
        let known = self.active.get(&id);
        let before = known.map_or(0, |known| known.seen.message_count);
        let mut news = News {
            messages: seen.message_count.saturating_sub(before),
            new: known.is_none(),
            ended: false,
        };
        let Some(end) = ended.or(last.map(|last| end(last, idle))) else { return news };
        match last {
            Some(last) if end > now => {
                self.waiting.remove(&id);
                self.active.insert(id, Active { seen, last });
            }
            _ => {
                let was_active = self.active.remove(&id).is_some();
                if was_active || live || end > self.looked_at {
                    news.ended = self.waiting.insert(id);
                }
            }
        }
        news
    }

    /// Takes out the sessions to which nothing was added for long.
    pub(super) fn idle(&self, now: Timestamp, idle: i64) -> Vec<SessionId> {
        let is_over = |active: &Active| end(active.last, idle) <= now;
        let over = self.active.iter().filter(|(_, active)| is_over(active)).map(|(id, _)| *id);
        over.collect()
    }

    /// A session has ended.
    pub(super) fn end(&mut self, id: SessionId) -> Option<Seen> {
        let active = self.active.remove(&id)?;
        self.waiting.insert(id);
        Some(active.seen)
    }

    /// When the next session ends if nothing is added to it.
    pub(super) fn next(&self, idle: i64) -> Option<Timestamp> {
        self.active.values().map(|active| end(active.last, idle)).min()
    }

    /// The sessions that are active.
    pub(super) fn active(&self) -> impl ExactSizeIterator<Item = &Seen> {
        self.active.values().map(|active| &active.seen)
    }

    /// Everything was looked at, beginning then.
    pub(super) fn looked(&mut self, begun: Timestamp) {
        self.looked_at = begun;
    }

    /// The moment before which every session that ended was dealt with; nothing while some wait.
    pub(super) fn looked_at(&self) -> Option<Timestamp> {
        self.waiting.is_empty().then_some(self.looked_at)
    }

    /// The sessions that ended and are not dealt with yet.
    pub(super) fn waiting(&self) -> Vec<SessionId> {
        self.waiting.iter().copied().collect()
    }

    /// They were dealt with.
    pub(super) fn dealt_with(&mut self, sessions: &[SessionId]) {
        for id in sessions {
            self.waiting.remove(id);
        }
    }
}

fn end(Timestamp(last): Timestamp, idle: i64) -> Timestamp {
    Timestamp(last.saturating_add(idle))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const IDLE: i64 = 100;
    const ID: SessionId = SessionId(Uuid::from_u128(7));

    fn sighting(messages: u32, last: i64, ended: Option<i64>) -> Sighting {
        let seen = Seen { message_count: messages, ..Seen::default() };
        Sighting { seen, id: ID, last: Some(Timestamp(last)), ended: ended.map(Timestamp) }
    }

    #[test]
    fn a_session_ends_when_nothing_is_added() {
        let mut endings = Endings::new(Timestamp(1000));
        let news = endings.see(sighting(2, 1000, None), true, Timestamp(1010), IDLE);
        assert_eq!(news, News { messages: 2, new: true, ended: false });
        let news = endings.see(sighting(5, 1050, None), true, Timestamp(1060), IDLE);
        assert_eq!(news, News { messages: 3, new: false, ended: false });
        assert_eq!(endings.next(IDLE), Some(Timestamp(1150)));
        assert!(endings.idle(Timestamp(1149), IDLE).is_empty());
        assert_eq!(endings.idle(Timestamp(1150), IDLE), [ID]);
        assert!(endings.end(ID).is_some() && endings.end(ID).is_none());
        assert_eq!((endings.waiting(), endings.looked_at()), (vec![ID], None));
        endings.dealt_with(&[ID]);
        assert_eq!(endings.looked_at(), Some(Timestamp(1000)));
    }

    #[test]
    fn a_session_ends_when_its_tool_says_so_and_may_go_on() {
        let mut endings = Endings::new(Timestamp(1000));
        endings.see(sighting(2, 1000, None), true, Timestamp(1010), IDLE);
        let news = endings.see(sighting(3, 1020, Some(1020)), true, Timestamp(1030), IDLE);
        assert!(news.ended && endings.active().len() == 0);
        let news = endings.see(sighting(4, 1040, None), true, Timestamp(1050), IDLE);
        assert!(news.new && !news.ended && endings.active().len() == 1);
        assert!(endings.waiting().is_empty(), "it goes on");
    }

    #[test]
    fn what_ended_before_is_not_looked_at_again_unless_it_changes_now() {
        let mut endings = Endings::new(Timestamp(1000));
        assert!(!endings.see(sighting(2, 850, None), false, Timestamp(2000), IDLE).ended);
        assert!(endings.see(sighting(2, 950, None), false, Timestamp(2000), IDLE).ended);
        endings.dealt_with(&[ID]);
        endings.looked(Timestamp(2000));
        assert!(!endings.see(sighting(2, 950, None), false, Timestamp(2001), IDLE).ended);
        assert!(endings.see(sighting(3, 960, None), true, Timestamp(2001), IDLE).ended);
    }

    #[test]
    fn a_clock_that_jumps_ends_nothing_for_ever() {
        let mut endings = Endings::new(Timestamp(1000));
        endings.see(sighting(2, 1000, None), true, Timestamp(1010), IDLE);
        let far = Timestamp(i64::MAX);
        assert_eq!(endings.idle(far, i64::MAX), [ID]);
        endings.end(ID);
        let news = endings.see(sighting(2, 1000, None), false, Timestamp(1020), IDLE);
        assert!(!news.ended && endings.active().len() == 1 && endings.waiting().is_empty());
        assert!(endings.idle(Timestamp(i64::MIN), IDLE).is_empty());
    }
}
