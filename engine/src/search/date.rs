//! Dates as people write them.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use crate::model::Timestamp;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Reads a date as people write it:
///
/// - `now`, `today`, `yesterday`, `last week`, `last month`: the beginning of the day, today's,
///   yesterday's, or the one 7 or 30 days ago;
/// - `6h`, `3d`, `2w`, `1m`: so many hours, days, weeks or months of 30 days before `now`;
/// - `2026-01-05`, `2026-01-05T10:00`, `2026-01-05 10:00:30`: in local time, which is
///   `utc_offset_minutes` ahead of UTC;
/// - RFC 3339 with an offset: `2026-01-05T10:00:00Z`.
pub fn parse_date(text: &str, now: Timestamp, utc_offset_minutes: i32) -> Option<Timestamp> {
    let text = text.trim().to_ascii_lowercase();
    let zone = TimeZone::fixed(Offset::from_seconds(utc_offset_minutes.checked_mul(60)?).ok()?);
    let day = |days_ago: i64| {
        let today = now.to_jiff().to_zoned(zone.clone()).date();
        start_of(today.checked_sub(days_ago.days()).ok()?, &zone)
    };
    match text.as_str() {
        "now" => Some(now),
        "today" => day(0),
        "yesterday" => day(1),
        "last week" => day(7),
        "last month" => day(30),
        _ => ago(&text, now).or_else(|| calendar(&text, &zone)),
    }
}

/// Reads `6h`, `3d`, `2w`, `1m`.
fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let number = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let unit = match text.get(number.len()..)?.trim_start() {
        "h" => HOUR,
        "d" => DAY,
        "w" => 7 * DAY,
        "m" => 30 * DAY,
        _ => return None,
    };
    let span = number.parse::<u32>().map(i64::from).ok()?.checked_mul(unit)?;
    Some(Timestamp(now.0.checked_sub(span)?))
}

/// Reads a day, or a day and a time.
fn calendar(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.into());
    }
    // jiff also takes `20260105`, which is more likely a number.
    if text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    if text.len() == 10 {
        return start_of(text.parse::<Date>().ok()?, zone);
    }
    let time = text.parse::<DateTime>().ok()?;
    Some(time.to_zoned(zone.clone()).ok()?.timestamp().into())
}

fn start_of(date: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(date.to_zoned(zone.clone()).ok()?.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: i32, expected: Option<&str>) {
        let now: jiff::Timestamp = "2026-01-05T22:30:00Z".parse().unwrap();
        let found = parse_date(text, now.into(), offset).map(|time| time.to_string());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn relative_dates() {
        check("today", 0, Some("2026-01-05T00:00:00.000Z"));
        check("Yesterday", 0, Some("2026-01-04T00:00:00.000Z"));
        check("today", 120, Some("2026-01-05T22:00:00.000Z"));
        check("yesterday", -60, Some("2026-01-04T01:00:00.000Z"));
        check("now", 0, Some("2026-01-05T22:30:00.000Z"));
        check("6h", 60, Some("2026-01-05T16:30:00.000Z"));
        check("3d", 60, Some("2026-01-02T22:30:00.000Z"));
        check("2w", 0, Some("2025-12-22T22:30:00.000Z"));
        check("1m", 0, Some("2025-12-06T22:30:00.000Z"));
        check("last week", 0, Some("2025-12-29T00:00:00.000Z"));
        check("last month", 0, Some("2025-12-06T00:00:00.000Z"));
    }

    #[test]
    fn calendar_dates() {
        check("2026-01-05", 0, Some("2026-01-05T00:00:00.000Z"));
        check("2026-01-05", 330, Some("2026-01-04T18:30:00.000Z"));
        check("2026-01-05T10:00", -300, Some("2026-01-05T15:00:00.000Z"));
        check("2026-01-05 10:00:30", 0, Some("2026-01-05T10:00:30.000Z"));
        check("2026-01-05T10:00:00Z", 60, Some("2026-01-05T10:00:00.000Z"));
        check("2026-01-05T10:00:00+02:00", 60, Some("2026-01-05T08:00:00.000Z"));
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "d", "soon", "3", "3x", "-3d", "2026-13-01", "2026-02-30", "20260105"] {
            check(text, 0, None);
        }
        check("99999999999999999999d", 0, None);
        check("4294967295m", 0, None);
        check("today", i32::MAX, None);
    }
}
