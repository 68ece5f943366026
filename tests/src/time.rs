//! Times in sessions, and waiting for something to happen.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Pause between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(2);

/// The clock of an invented session: it moves on two seconds at each look.
pub(crate) struct Clock {
    millis: i64,
}

impl Clock {
    /// # Panics
    /// If it is no RFC 3339 time.
    pub(crate) fn at(time: &str) -> Self {
        let start: Timestamp = time.parse().unwrap_or_else(|error| panic!("`{time}`: {error}"));
        Self { millis: start.as_millisecond() }
    }

    /// The moment as the tools write it.
    pub(crate) fn tick(&mut self) -> String {
        let now = self.text();
        self.millis += 2_000;
        now
    }

    pub(crate) fn text(&self) -> String {
        let now = Timestamp::from_millisecond(self.millis).expect("an invented time is in range");
        format!("{now:.3}")
    }
}

/// A moment: so many minutes after nine o'clock of a morning long ago.
pub fn minute(number: i64) -> String {
    moment("2026-02-03T09:00:00Z".parse().expect("it is a time"), number)
}

/// A moment so many minutes before now.
pub fn minutes_ago(number: i64) -> String {
    moment(Timestamp::now(), -number)
}

fn moment(start: Timestamp, minutes: i64) -> String {
    let time = start + SignedDuration::from_mins(minutes);
    format!("{time:.0}")
}

/// Waits until `condition` holds; returns whether it did before `deadline` was over.
#[must_use]
pub fn wait_until(deadline: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() >= deadline {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
}
