//! The thread that holds the store and imports.
//!
//! It does one job at a time, in the order in which the loop gives them, and tells what came of it. The
//! store is closed when nothing was to be done for a while, for the memory that it takes, and opened
//! again with the next job, which takes some milliseconds. The same if the store fails: redb refuses to
//! go on after an error of the disk.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use lore_engine::api::{
    ApiError, Changed, ImportReport, ImportRequest, SessionDetail, SessionFilter, WatchPlan,
    WatchRequest,
};
use lore_engine::model::Timestamp;

use super::event::Event;
use super::settings::Settings;
use crate::client::{Client, ClientError, ConnectError};
use crate::error::CliError;
use crate::home::Home;
use crate::output::time;

/// Sessions whose state is looked up after everything was looked at: others may have captured them.
const RECENT: usize = 50;

/// The same for the first time.
const RECENT_AT_FIRST: usize = 1000;

/// How long nothing is to be done before the store is closed.
const REST: Duration = Duration::from_secs(2);

/// How long another process may hold the store before that is told.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// Files that are looked for in directories that are new; in larger ones everything is looked at.
const MOST_NEW_FILES: usize = 2000;

/// What to do, and by which settings.
pub(super) struct Work {
    pub(super) job: Job,
    pub(super) settings: Arc<Settings>,
}

/// What to do.
pub(super) enum Job {
    /// Find the directories to watch.
    Plan,
    /// Look at everything.
    Scan,
    /// Read what changed.
    Read(Changed),
}

/// What was done, or goes on.
pub(super) enum Done {
    /// Another process holds the store, and is waited for.
    Waiting,
    /// The store was opened.
    Opened,
    /// The store was closed, as there is nothing to do.
    Resting,
    /// The job was to find the directories to watch.
    Planned(WatchPlan),
    /// The job was to look at everything, which began then.
    Scanned { begun: Timestamp, report: ImportReport, recent: Vec<SessionDetail> },
    /// The job was to read what changed.
    Read(ImportReport),
    /// The job was to read more than can be told one by one.
    TooMuch,
    /// The job could not be done. The store is closed if the fault may be its.
    Failed { message: String, closed: bool },
    /// The thread has ended and the store is closed.
    Gone,
}

/// Does jobs until no more can come.
pub(super) fn run(
    home: &Home,
    work: Receiver<Work>,
    events: &SyncSender<Event>,
    stopping: &AtomicBool,
) {
    let mut holding =
        Holding { home, events, stopping, client: None, idle_minutes: 0, first: true };
    loop {
        // It is woken for rest only when there is something to give up.
        let next = match &holding.client {
            Some(_) => work.recv_timeout(REST),
            None => work.recv().map_err(RecvTimeoutError::from),
        };
        // Nobody could ask while an import of another process is waited for.
        let is_needed = holding.client.as_ref().is_some_and(Client::is_answering);
        let work = match next {
            Ok(work) => work,
            Err(RecvTimeoutError::Timeout) if is_needed => continue,
            Err(RecvTimeoutError::Timeout) => {
                holding.client = None;
                if events.send(Event::Captured(Done::Resting)).is_err() {
                    break;
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let done = catch_unwind(AssertUnwindSafe(|| holding.work(work)));
        let done = match done {
            Ok(Ok(Some(done))) => done,
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                let closed = is_of_the_store(&error);
                if closed {
                    holding.client = None;
                }
                Done::Failed { message: CliError::from(error).text(), closed }
            }
            Err(_) => {
                holding.client = None;
                Done::Failed { message: "internal error while importing".to_owned(), closed: true }
            }
        };
        if events.send(Event::Captured(done)).is_err() {
            break;
        }
    }
    // Closes the store.
    drop(holding);
    let _ = events.send(Event::Captured(Done::Gone));
}

/// Whether the fault may be the store's.
fn is_of_the_store(error: &ClientError) -> bool {
    match error {
        ClientError::Api(error) => {
            matches!(error, ApiError::Store(_) | ApiError::Index(_) | ApiError::Internal(_))
        }
        ClientError::Lost(_) | ClientError::Confused => true,
    }
}

struct Holding<'run> {
    home: &'run Home,
    events: &'run SyncSender<Event>,
    stopping: &'run AtomicBool,
    client: Option<Client>,
    /// What the engine was opened with.
    idle_minutes: u64,
    /// Not everything was looked at yet.
    first: bool,
}

impl Holding<'_> {
    /// Does a job; nothing if the daemon is to end before the store could be opened.
    fn work(&mut self, Work { job, settings }: Work) -> Result<Option<Done>, ClientError> {
        if self.idle_minutes != settings.idle_minutes {
            self.client = None;
            self.idle_minutes = settings.idle_minutes;
        }
        if self.client.is_none() {
            self.client = self.open()?;
        }
        let first = self.first;
        let Some(client) = &mut self.client else { return Ok(None) };
        let enabled = Some(settings.enabled.clone());
        let places = settings.places.clone();
        let done = match job {
            Job::Plan => {
                client.renew_plugins();
                Done::Planned(client.watch(WatchRequest { places, enabled })?)
            }
            Job::Scan => {
                client.renew_plugins();
                let begun = time::now();
                let request = ImportRequest { enabled, places, ..ImportRequest::default() };
                let report = client.import(request, &mut |_| ())?;
                let limit = if first { RECENT_AT_FIRST } else { RECENT };
                let recent =
                    client.sessions(SessionFilter { limit, ..SessionFilter::default() })?;
                self.first = false;
                Done::Scanned { begun, report, recent }
            }
            Job::Read(mut changed) => {
                let Some(files) = with_new_files(changed.paths) else {
                    return Ok(Some(Done::TooMuch));
                };
                changed.paths = files;
                let changed = Some(changed);
                let request =
                    ImportRequest { changed, enabled, places, ..ImportRequest::default() };
                Done::Read(client.import(request, &mut |_| ())?)
            }
        };
        Ok(Some(done))
    }

    fn open(&self) -> Result<Option<Client>, ConnectError> {
        let (begun, mut told) = (Instant::now(), false);
        let client = Client::hold(self.home, &mut || {
            if !told && begun.elapsed() >= SHORT_WAIT {
                told = true;
                let _ = self.events.send(Event::Captured(Done::Waiting));
            }
            !self.stopping.load(Ordering::SeqCst)
        })?;
        if client.is_some() {
            let _ = self.events.send(Event::Captured(Done::Opened));
        }
        Ok(client)
    }
}

/// The paths, and the files in those that are directories: what was made in a directory before it was
/// watched is not told. Nothing if there are too many.
fn with_new_files(paths: Vec<PathBuf>) -> Option<Vec<PathBuf>> {
    let mut waiting: Vec<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    let mut files: BTreeSet<PathBuf> = paths.into_iter().collect();
    let known = files.len();
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                waiting.push(entry.path());
            }
            files.insert(entry.path());
            if files.len() > known + MOST_NEW_FILES {
                return None;
            }
        }
    }
    Some(files.into_iter().collect())
}
