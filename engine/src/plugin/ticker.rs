//! The clock by which plugins are stopped: a thread that raises the sandbox's epoch while one runs.
//!
//! The thread starts with the first plugin that runs, sleeps without waking while none does, and ends
//! with the host.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

/// Time from one epoch to the next.
const TICK: Duration = Duration::from_millis(50);

/// The clock of one sandbox.
#[derive(Default)]
pub(super) struct Ticker(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Plugins that run now.
    running: usize,
    started: bool,
    stopped: bool,
}

/// As long as it lives, epochs pass.
pub(super) struct Running<'a>(&'a Ticker);

impl Ticker {
    /// The number of epochs after which `time` has surely passed.
    pub(super) fn epochs(time: Duration) -> u64 {
        u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX / 2) + 1
    }

    /// Lets epochs pass.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn run(&self, engine: &Engine) -> io::Result<Running<'_>> {
        let mut state = self.0.state();
        if !state.started {
            let (shared, engine) = (self.0.clone(), engine.clone());
            thread::Builder::new()
                .name("plugin deadlines".into())
                .spawn(move || shared.tick(&engine))?;
            state.started = true;
        }
        state.running += 1;
        if state.running == 1 {
            self.0.changed.notify_one();
        }
        Ok(Running(self))
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.0.state().running -= 1;
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.state().stopped = true;
        self.0.changed.notify_one();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self, engine: &Engine) {
        let mut state = self.state();
        while !state.stopped {
            if state.running == 0 {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let waited = self.changed.wait_timeout_while(state, TICK, |state| !state.stopped);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            engine.increment_epoch();
        }
    }
}
