//! Points in time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The earliest and the latest time that calendars here can show; others are clamped to them.
    const RANGE: (i64, i64) = (-62_135_596_800_000, 253_402_300_799_999); // years 1 to 9999

    /// As a calendar time.
    pub fn to_jiff(self) -> jiff::Timestamp {
        let (first, last) = Self::RANGE;
        jiff::Timestamp::from_millisecond(self.0.clamp(first, last)).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with milliseconds: `2026-01-05T08:00:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(time: jiff::Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}
