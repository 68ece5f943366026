//! The daemon: captures sessions while they are written, and links them when they end.
//!
//! ```text
//! file system ─► watcher ─┐                 ┌─► capture   holds the store, imports
//! signals ────────────────┼─► one loop ─────┼─► linking   links sessions that ended
//! daemon.sock ─► listener ┘   ([`Event`])   └─► audience  those who watch
//! ```
//!
//! ```text
//! ~/.lore/daemon.lock           held as long as it runs: there are no two
//! ~/.lore/daemon.sock           what [`control`] says is said there
//! ~/.lore/daemon_state.json     what it leaves to the next one
//! ~/.lore/logs/daemon.log
//! ```
//!
//! The loop decides and never waits for work: whatever takes long is done by a thread, which tells it
//! what came of it. Notifications only say where to look; what is new is found by comparing files with
//! the store, so that one that is missed costs time and nothing else: everything is looked at again
//! every minute, and after anything that casts doubt.

mod capture;
mod clock;
pub(crate) mod control;
mod endings;
mod event;
mod linking;
mod listener;
pub(crate) mod lock;
mod pending;
mod private;
mod running;
mod settings;
mod state;
mod troubles;
mod watcher;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::error::CliError;
use crate::home::Home;
use crate::log::Log;
use capture::{Done, Work};
use event::Event;
use linking::Task;
use listener::Listener;
use lock::{Lock, Owner};
use running::Running;
use settings::Settings;

/// Events that may wait for the loop.
const QUEUE: usize = 16 << 10;

/// How long a transaction may take that is being made when the daemon is to end. What it does not come
/// to is done by the next import.
const GRACE: Duration = Duration::from_secs(8);

/// How a run ended.
pub(crate) enum Ending {
    /// As somebody wanted.
    Stopped,
    /// Another daemon is running.
    AlreadyRunning(Owner),
}

/// The log of the daemon.
pub(crate) fn log(home: &Home) -> Log {
    Log::new(home, "daemon.log")
}

/// Runs the daemon until somebody stops it.
pub(crate) fn run(home: &Home, log: Log) -> Result<Ending, CliError> {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    home.create().map_err(|error| CliError::file("cannot make", home.root(), &error))?;
    let Some(_lock) = Lock::take(home)? else {
        return Ok(Ending::AlreadyRunning(lock::owner(home)?.unwrap_or_default()));
    };
    let log = Arc::new(log);
    let version = env!("CARGO_PKG_VERSION");
    log.info(&format!("lore {version} begins to watch, process {}", std::process::id()));
    let result = run_locked(home, &log);
    if let Err(error) = &result {
        log.error(&error.text());
    }
    result.map(|()| Ending::Stopped)
}

fn run_locked(home: &Home, log: &Arc<Log>) -> Result<(), CliError> {
    for said in private::check(home) {
        log.warn(&said);
    }
    let settings = Settings::load(home)?;
    std::panic::set_hook({
        let log = Arc::clone(log);
        // The engine makes errors of most of them.
        Box::new(move |panic| log.debug(&format!("panic: {panic}")))
    });
    let (events, heard) = sync_channel(QUEUE);
    let _listener = Listener::start(home, events.clone())
        .map_err(|error| CliError::file("cannot listen in", home.root(), &error))?;
    listen_to_signals(events.clone())
        .map_err(|error| CliError::new(format!("cannot listen to signals: {error}")))?;
    let stopping = Arc::new(AtomicBool::new(false));
    let work = start_capturing(home, events.clone(), Arc::clone(&stopping));
    let tasks = start_linking(home, events.clone());
    let mut running = Running::new(home, Arc::clone(log), settings, events, work, tasks);
    let reason = running.until_stopped(&heard);
    log.info(&format!("stops: {reason}"));
    stopping.store(true, Ordering::SeqCst);
    running.finish();
    if !is_closed_within(&heard, GRACE) {
        log.warn(
            "the import that is being made is left alone; what it had not stored is read later",
        );
    }
    log.info("stopped");
    Ok(())
}

fn start_capturing(
    home: &Home,
    events: SyncSender<Event>,
    stopping: Arc<AtomicBool>,
) -> SyncSender<Work> {
    let home = home.clone();
    // The loop gives a job when the one before is done, so it never waits here.
    let (give, work) = sync_channel(1);
    std::thread::spawn(move || capture::run(&home, work, &events, &stopping));
    give
}

fn start_linking(home: &Home, events: SyncSender<Event>) -> SyncSender<Task> {
    let home = home.clone();
    let (give, tasks) = sync_channel(1);
    std::thread::spawn(move || linking::run(&home, tasks, &events));
    give
}

fn listen_to_signals(events: SyncSender<Event>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let has_terminal = std::io::stderr().is_terminal();
    std::thread::spawn(move || {
        let mut asked = false;
        for signal in signals.forever() {
            let event = match signal {
                SIGHUP if !has_terminal => Event::Rescan,
                // Whoever asks twice does not want to wait.
                _ if asked => std::process::exit(1),
                SIGINT => Event::Stop("it was interrupted"),
                SIGHUP => Event::Stop("its terminal was closed"),
                _ => Event::Stop("a signal told it to"),
            };
            asked |= matches!(event, Event::Stop(_));
            if events.send(event).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Waits for the store to be closed.
fn is_closed_within(heard: &Receiver<Event>, grace: Duration) -> bool {
    let deadline = Instant::now() + grace;
    loop {
        match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Captured(Done::Gone)) => return true,
            // Nothing more is done about others.
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}
