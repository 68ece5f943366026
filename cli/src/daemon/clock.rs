//! Notices that the machine slept, or that its clock was set.

use std::time::{Duration, Instant};

use lore_engine::model::Timestamp;

use crate::output::time;

/// Milliseconds by which two clocks may drift apart between two looks.
const DRIFT: i64 = 5_000;

/// The two clocks at the last look: the one on the wall, and the one that stands still in sleep.
pub(super) struct Clock {
    wall: Timestamp,
    running: Instant,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { wall: time::now(), running: Instant::now() }
    }

    /// Whether they drifted apart since the last look.
    pub(super) fn has_jumped(&mut self) -> bool {
        let before = std::mem::replace(self, Self::new());
        let wall = self.wall.0.saturating_sub(before.wall.0);
        let running = self.running.duration_since(before.running).as_millis() as i64;
        wall.saturating_sub(running).abs() > DRIFT
    }
}

/// The time from one moment on the wall to another, nothing if that is over.
pub(super) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::from_millis(to.0.saturating_sub(from.0).max(0).unsigned_abs())
}
