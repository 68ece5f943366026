//! What came of the work that was given, and what follows from it.

use std::time::Instant;

use lore_engine::api::{ImportReport, SessionDetail, ToolReport};
use lore_engine::model::Timestamp;

use super::{
    FIRST_RETRY, LAST_RETRY, LINK_RETRY, POLL_EVERY, POLL_PART, PROBLEMS, Running, SCAN_EVERY,
};
use crate::daemon::capture::Done;
use crate::daemon::control::{Notice, StoreState};
use crate::daemon::endings::{News, Sighting};
use crate::daemon::linking::Linked;
use crate::daemon::troubles::Topic;
use crate::installed;
use crate::output::number::count;
use crate::output::time;

impl Running {
    pub(super) fn captured(&mut self, done: Done) {
        match done {
            Done::Waiting => {
                self.log.info("another process holds the store; waiting for it");
                self.capturing.store = StoreState::Waiting;
            }
            Done::Opened => {
                self.log.debug("the store is open");
                self.capturing.store = StoreState::Held;
            }
            Done::Resting => {
                self.log.debug("nothing is to be done; the store is closed");
                self.capturing.store = StoreState::Resting;
            }
            Done::Planned(plan) => {
                // Whether the store can be written shows when that is tried.
                self.capturing.busy = false;
                self.capturing.retry_at = None;
                let applied = self.watcher.apply(plan);
                self.capturing.plan = applied.is_outdated;
                self.capturing.scan |= applied.is_new || applied.is_outdated;
                self.report_watching();
            }
            Done::Scanned { begun, report, recent } => {
                self.succeeded();
                self.capturing.scan = false;
                let now = Instant::now();
                self.capturing.scan_took = now.duration_since(self.capturing.scan_begun);
                self.schedule_scan(now);
                self.looked(begun, &report, &recent);
            }
            Done::Read(report) => {
                self.succeeded();
                self.imported(&report, true);
            }
            Done::TooMuch => {
                self.capturing.busy = false;
                self.look_at_everything();
            }
            Done::Failed { message, closed } => {
                self.capturing.busy = false;
                if closed {
                    self.capturing.store = StoreState::Closed;
                }
                // One trouble may show in several ways, one after the other, until something is stored.
                if self.troubles.met(Topic::Store, &message, time::now()) {
                    self.tell_trouble(message);
                }
                self.capturing.retry_at = Some(Instant::now() + self.capturing.retry_pause);
                self.capturing.retry_pause = (self.capturing.retry_pause * 2).min(LAST_RETRY);
                // Whatever the job was to read is found then.
                self.look_at_everything();
            }
            Done::Gone => self.capturing.busy = true,
        }
    }

    fn succeeded(&mut self) {
        self.capturing.busy = false;
        self.capturing.retry_at = None;
        self.capturing.retry_pause = FIRST_RETRY;
        self.found(Topic::Store, vec![]);
    }

    fn schedule_scan(&mut self, now: Instant) {
        let pause = match self.watcher.is_polling() {
            true => POLL_EVERY.max(self.capturing.scan_took * POLL_PART).min(SCAN_EVERY),
            false => SCAN_EVERY,
        };
        self.capturing.scan_at = now + pause;
    }

    pub(super) fn report_watching(&mut self) {
        self.found(Topic::Watching, self.watcher.troubles());
    }

    /// Everything was looked at.
    fn looked(&mut self, begun: Timestamp, report: &ImportReport, recent: &[SessionDetail]) {
        self.imported(report, false);
        for detail in recent {
            let news = self.see(Sighting::stored(detail), false);
            // Somebody else has captured it.
            if self.capturing.scanned && news.messages > 0 && detail.active {
                self.tell_capture(&Sighting::stored(detail).seen, &news);
            }
        }
        self.endings.looked(begun);
        self.capturing.scanned = true;
        let failed = report.failed_plugins.iter();
        let failed = failed.map(|failed| installed::failure(&self.home, failed));
        let unreadable = report.problems.iter();
        let unreadable =
            unreadable.map(|problem| format!("`{}`: {}", problem.path.display(), problem.message));
        self.found(Topic::Looking, failed.chain(unreadable).collect());
    }

    /// Something was imported; `live` if because files changed.
    fn imported(&mut self, report: &ImportReport, live: bool) {
        let now = time::now();
        for tool in &report.tools {
            self.counts.sessions += tool.new_sessions;
            self.counts.messages += tool.new_messages;
            if tool.new_messages > 0 {
                self.counts.last_capture = Some(now);
            }
            for change in &tool.sessions {
                let sighting = Sighting::changed(&tool.tool, change);
                let seen = sighting.seen.clone();
                let mut news = self.see(sighting, live);
                (news.new, news.messages) = (change.new, change.new_messages);
                if news.new || news.messages > 0 {
                    self.tell_capture(&seen, &news);
                }
            }
            for problem in tool.problems.iter().take(PROBLEMS) {
                let (tool, path) = (&tool.tool, problem.path.display());
                let message = format!("{tool}: `{path}`: {}", problem.message);
                if self.troubles.met(Topic::Reading, &message, now) {
                    self.tell_trouble(message);
                }
            }
        }
        let sum = |number: fn(&ToolReport) -> u64| report.tools.iter().map(number).sum::<u64>();
        let (sessions, messages) = (sum(|tool| tool.new_sessions), sum(|tool| tool.new_messages));
        if sessions > 0 {
            // There may be others beside them, in directories that are new.
            self.capturing.plan = true;
        }
        if !live && messages > 0 {
            let (sessions, messages) = (count(sessions, "new session"), count(messages, "message"));
            self.log.info(&format!("captured {sessions} and {messages}"));
        }
    }

    fn see(&mut self, sighting: Sighting, live: bool) -> News {
        let seen = sighting.seen.clone();
        let news = self.endings.see(sighting, live, time::now(), self.settings.idle());
        if news.ended {
            self.tell_end(seen);
        }
        news
    }

    pub(super) fn linked(&mut self, linked: Linked) {
        self.linking.busy = false;
        for (session, commits) in linked.links {
            let (id, number) = (session.short(), count(commits, "commit"));
            self.log.info(&format!("Auto-linked session {id} to {number}"));
            self.counts.links += commits;
            let (at, session_id) = (time::now().to_string(), session.to_string());
            self.audience.tell(&Notice::Linked { at, session_id, commits });
        }
        self.endings.dealt_with(&linked.dealt_with);
        for detail in &linked.going_on {
            self.see(Sighting::stored(detail), false);
        }
        for message in linked.troubles {
            self.linking.after = Instant::now() + LINK_RETRY;
            if self.troubles.met(Topic::Linking, &message, time::now()) {
                self.tell_trouble(message);
            }
        }
        self.linking.unsaved = true;
    }
}
