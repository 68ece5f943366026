//! Dates as people write them.

use crate::model::Timestamp;

/// Reads a date: `yesterday`, `today`, `6h`, `3d`, `2w`, `1m`, `2026-01-05`, `2026-01-05T10:00`.
pub fn parse_date(_text: &str, _now: Timestamp, _utc_offset_minutes: i32) -> Option<Timestamp> {
    None
}
