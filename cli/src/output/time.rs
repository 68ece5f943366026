//! Times for people: in their own time zone, which `TZ` may name.

use jiff::tz::TimeZone;
use lore_engine::model::Timestamp;

/// `2026-01-05 09:30`.
pub(crate) fn local(time: Timestamp) -> String {
    let zoned = time.to_jiff().to_zoned(TimeZone::system());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `09:30:15`.
pub(crate) fn clock(time: Timestamp) -> String {
    time.to_jiff().to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

/// Date and time, or a dash where there is no time.
pub(crate) fn local_or_dash(time: Option<Timestamp>) -> String {
    time.map_or_else(|| "-".to_owned(), local)
}

/// `2 hours ago`.
pub(crate) fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.0.saturating_sub(time.0) / 1000;
    let (number, unit) = match seconds {
        ..60 => return "just now".to_owned(),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{} ago", super::number::count(number.unsigned_abs(), unit))
}

/// Now.
pub(crate) fn now() -> Timestamp {
    jiff::Timestamp::now().into()
}

/// Minutes that local time is ahead of UTC at that moment.
pub(crate) fn utc_offset_minutes(time: Timestamp) -> i32 {
    TimeZone::system().to_offset(time.to_jiff()).seconds() / 60
}
