//! The loop: what to do about each event, and what to do next.

mod results;
mod telling;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use lore_engine::api::Changed;
use lore_engine::model::Timestamp;

use super::capture::{Job, Work};
use super::clock::{Clock, between};
use super::control::{Answer, Command, StoreState};
use super::endings::Endings;
use super::event::{Change, Event};
use super::linking::Task;
use super::listener::Audience;
use super::pending::Pending;
use super::settings::Settings;
use super::state::State;
use super::troubles::{Topic, Troubles};
use super::watcher::{Meaning, Watcher};
use crate::error::CliError;
use crate::home::Home;
use crate::log::Log;
use crate::output::time;
use telling::answer;

/// Time between two looks at everything.
const SCAN_EVERY: Duration = Duration::from_secs(60);

/// The same where something is not told by the file system, and how many times as long as a look takes
/// the time between two has to be at least.
const POLL_EVERY: Duration = Duration::from_secs(5);
const POLL_PART: u32 = 200;

/// How long settings and plugins have to rest before they are read.
const SETTLED: Duration = Duration::from_millis(100);

/// Pauses before the store is tried again after it failed.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// Pause before sessions are linked again that could not be.
const LINK_RETRY: Duration = Duration::from_secs(60);

/// Problems of one tool that are reported of one import.
const PROBLEMS: usize = 5;

/// The daemon as it runs.
pub(super) struct Running {
    home: Home,
    log: Arc<Log>,
    settings: Arc<Settings>,
    watcher: Watcher,
    pending: Pending,
    endings: Endings,
    troubles: Troubles,
    audience: Audience,
    state: State,
    clock: Clock,
    counts: Counts,
    capturing: Capturing,
    linking: Linking,
}

/// What the thread that captures is at, and what it is to do next.
struct Capturing {
    work: Option<SyncSender<Work>>,
    busy: bool,
    store: StoreState,
    /// The directories to watch are to be found.
    plan: bool,
    /// Everything is to be looked at.
    scan: bool,
    /// Everything was looked at before.
    scanned: bool,
    scan_at: Instant,
    /// When the look began that is being taken, and how long the last one took.
    scan_begun: Instant,
    scan_took: Duration,
    /// Settings or plugins have changed, and are to be read then.
    settings_at: Option<Instant>,
    /// The store failed, and is to be tried again then.
    retry_at: Option<Instant>,
    retry_pause: Duration,
}

/// What the thread that links is at.
struct Linking {
    tasks: Option<SyncSender<Task>>,
    busy: bool,
    after: Instant,
    /// Something was dealt with that the state does not say yet.
    unsaved: bool,
}

/// What was done since the daemon began.
struct Counts {
    started: Timestamp,
    running: Instant,
    sessions: u64,
    messages: u64,
    links: u64,
    last_capture: Option<Timestamp>,
}

impl Running {
    pub(super) fn new(
        home: &Home,
        log: Arc<Log>,
        settings: Settings,
        events: SyncSender<Event>,
        work: SyncSender<Work>,
        tasks: SyncSender<Task>,
    ) -> Self {
        let (now, wall) = (Instant::now(), time::now());
        let state = State::load(home);
        // Without a state this is the first daemon: `lore link --auto --backfill` is for what was before.
        let looked_at = state.looked_at().unwrap_or(wall).min(wall);
        Self {
            home: home.clone(),
            log,
            settings: Arc::new(settings),
            watcher: Watcher::new(home, events),
            pending: Pending::default(),
            endings: Endings::new(looked_at),
            troubles: Troubles::default(),
            audience: Audience::default(),
            state,
            clock: Clock::new(),
            counts: Counts {
                started: wall,
                running: now,
                sessions: 0,
                messages: 0,
                links: 0,
                last_capture: None,
            },
            capturing: Capturing {
                work: Some(work),
                busy: false,
                store: StoreState::Closed,
                plan: true,
                scan: true,
                scanned: false,
                scan_at: now + SCAN_EVERY,
                scan_begun: now,
                scan_took: Duration::ZERO,
                settings_at: None,
                retry_at: None,
                retry_pause: FIRST_RETRY,
            },
            linking: Linking { tasks: Some(tasks), busy: false, after: now, unsaved: true },
        }
    }

    /// Runs until something stops it; returns what did.
    pub(super) fn until_stopped(&mut self, heard: &Receiver<Event>) -> &'static str {
        loop {
            if self.clock.has_jumped() {
                self.log.info("the clock jumped, or the machine slept; everything is looked at");
                self.look_at_everything();
            }
            if self.watcher.has_lost() {
                self.look_at_everything();
            }
            self.give_work();
            self.at_the_end_of_sessions();
            self.on_schedule();
            match self.next(heard) {
                Event::Changed(change) => self.changed(change),
                Event::Unwatchable(path, reason) => {
                    self.watcher.give_up(&path, reason);
                    self.report_watching();
                    self.look_at_everything();
                }
                Event::Lost => {
                    self.log.debug("the file system told more than could be taken in");
                    self.look_at_everything();
                }
                Event::Idle(sessions) => {
                    for id in sessions {
                        if let Some(seen) = self.endings.end(id) {
                            self.tell_end(seen);
                        }
                    }
                }
                Event::Timer => {}
                Event::Captured(done) => self.captured(done),
                Event::Linked(linked) => self.linked(linked),
                Event::Asked(Command::Stop, answers) => {
                    answer(&answers, &Answer::Stopping { pid: std::process::id() });
                    return "`lore daemon stop` told it to";
                }
                Event::Asked(command, answers) => self.asked(command, answers),
                Event::Rescan => self.look_at_everything(),
                Event::Stop(reason) => return reason,
            }
        }
    }

    /// Gives no more work, so that the threads end.
    pub(super) fn finish(&mut self) {
        self.linking.unsaved = true;
        self.save_state();
        self.capturing.work = None;
        self.linking.tasks = None;
    }

    /// The next event: one that is heard, or that the time has come for something.
    fn next(&self, heard: &Receiver<Event>) -> Event {
        let idle = self.endings.idle(time::now(), self.settings.idle());
        if !idle.is_empty() {
            return Event::Idle(idle);
        }
        match heard.recv_timeout(self.pause()) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => Event::Timer,
            Err(RecvTimeoutError::Disconnected) => Event::Stop("nothing can be heard any more"),
        }
    }

    /// How long nothing is to be done unless something happens.
    fn pause(&self) -> Duration {
        let capturing = &self.capturing;
        let mut moments = vec![];
        if !capturing.busy {
            moments.push(capturing.retry_at.unwrap_or(capturing.scan_at));
            if capturing.retry_at.is_none() {
                moments.extend(self.pending.next());
                moments.extend(capturing.settings_at);
            }
        }
        if !self.linking.busy && self.endings.looked_at().is_none() {
            moments.push(self.linking.after);
        }
        let now = Instant::now();
        let pauses = moments.into_iter().map(|moment| moment.saturating_duration_since(now));
        let end = self.endings.next(self.settings.idle());
        let end = end.map(|end| between(time::now(), end) + Duration::from_millis(1));
        pauses.chain(end).min().unwrap_or(SCAN_EVERY).min(SCAN_EVERY)
    }

    fn look_at_everything(&mut self) {
        self.capturing.plan = true;
        self.capturing.scan = true;
    }

    /// Gives the thread that captures its next job, if it can take one.
    fn give_work(&mut self) {
        let now = Instant::now();
        let is_over = |moment: Option<Instant>| moment.is_some_and(|moment| moment <= now);
        if self.capturing.busy || self.capturing.retry_at.is_some_and(|moment| now < moment) {
            return;
        }
        if is_over(self.capturing.settings_at) || is_over(Some(self.capturing.scan_at)) {
            self.look_at_everything();
        }
        let job = if self.capturing.plan {
            self.capturing.settings_at = None;
            self.capturing.scan_at = now + SCAN_EVERY;
            self.read_settings();
            Job::Plan
        } else if self.capturing.scan {
            // What changed until now is found by looking.
            self.pending = Pending::default();
            self.capturing.scan_begun = now;
            Job::Scan
        } else {
            let paths = self.pending.due(now);
            if paths.is_empty() {
                return;
            }
            Job::Read(Changed { paths, watched: self.watcher.plan().watched.clone() })
        };
        let work = Work { job, settings: Arc::clone(&self.settings) };
        // It takes one always: it has done the one before, and ends only when no more can come.
        self.capturing.busy = true;
        if let Some(give) = &self.capturing.work {
            let _ = give.try_send(work);
        }
    }

    fn read_settings(&mut self) {
        let troubles = match Settings::load(&self.home) {
            Ok(settings) => {
                if settings != *self.settings {
                    self.log.info("the settings have changed");
                    self.settings = Arc::new(settings);
                }
                vec![]
            }
            Err(error) => {
                let reason = CliError::from(error).text();
                vec![format!("the settings cannot be read, those of before hold: {reason}")]
            }
        };
        self.found(Topic::Settings, troubles);
    }

    /// What is to be done when sessions have ended. What else comes to be done then (a summary) has its
    /// place here: a task for a thread of its own, and the session waits until that is done.
    fn at_the_end_of_sessions(&mut self) {
        let sessions = self.endings.waiting();
        if sessions.is_empty() || self.linking.busy || Instant::now() < self.linking.after {
            return;
        }
        match (self.settings.link_from, &self.linking.tasks) {
            (Some(threshold), Some(give)) => {
                self.linking.busy = true;
                let _ = give.try_send(Task { sessions, threshold });
            }
            _ => self.endings.dealt_with(&sessions),
        }
        self.linking.unsaved = true;
    }

    /// What is to be done every now and then, whatever happens. A synchronisation has its place here,
    /// and its moment in [`Running::pause`].
    fn on_schedule(&mut self) {
        self.troubles.forget(time::now());
        self.save_state();
    }

    fn save_state(&mut self) {
        if self.linking.unsaved
            && self.capturing.scanned
            && let Some(moment) = self.endings.looked_at()
        {
            self.linking.unsaved = false;
            if let Err(error) = self.state.set_looked_at(moment) {
                self.log.warn(&format!("the state cannot be written: {error}"));
            }
        }
    }

    fn changed(&mut self, Change { paths, gone }: Change) {
        let now = Instant::now();
        for path in paths {
            match self.watcher.meaning(&path, gone) {
                Meaning::Nothing => {}
                Meaning::Settings => self.capturing.settings_at = Some(now + SETTLED),
                Meaning::Places => self.look_at_everything(),
                Meaning::Source => self.source_changed(path, now),
            }
        }
    }

    fn source_changed(&mut self, path: PathBuf, now: Instant) {
        if !self.pending.add(path, now) {
            self.log.debug("very many files change at once");
            self.look_at_everything();
        }
    }
}
