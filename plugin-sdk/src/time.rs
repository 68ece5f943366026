//! Points in time, in every shape that tools write them.
//!
//! ISO 8601 with a zone or without (then it is UTC), and seconds or milliseconds since the Unix
//! epoch as integer, float or text. It runs for each line of a source, so it is written by hand.

use serde_json::Value;

/// Numbers above this are milliseconds, below it seconds: 1973 in the one unit, 5138 in the other.
const SECONDS_END: f64 = 1e11;

/// The last millisecond of the year 9999; what lies beyond is no time of a session.
const LAST: f64 = 253_402_300_799_999.0;

/// Milliseconds since the Unix epoch of a JSON string or number; nothing if it is no time.
pub fn parse(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => parse_text(text),
        Value::Number(number) => from_number(number.as_f64()?),
        _ => None,
    }
}

/// Milliseconds since the Unix epoch of `2026-01-05T08:00:00.250Z`, `2026-01-05 09:00:00+01:00`,
/// `2026-01-05`, `1767600000`, `1767600000.25` or `1767600000250`; nothing if it is no time.
pub fn parse_text(text: &str) -> Option<i64> {
    let bytes = text.trim_ascii().as_bytes();
    if bytes.get(4) == Some(&b'-') {
        return from_iso(bytes);
    }
    // `parse` alone would take words such as `inf` as well.
    if !bytes.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')) {
        return None;
    }
    from_number(text.trim_ascii().parse().ok()?)
}

fn from_number(number: f64) -> Option<i64> {
    let milliseconds = if number.abs() > SECONDS_END { number } else { number * 1000.0 };
    (milliseconds.abs() <= LAST).then(|| milliseconds.round() as i64)
}

fn from_iso(bytes: &[u8]) -> Option<i64> {
    let mut rest = Rest(bytes);
    let year = rest.digits(4)?;
    rest.take(b"-")?;
    let month = rest.digits(2).filter(|month| (1..=12).contains(month))?;
    rest.take(b"-")?;
    let day = rest.digits(2).filter(|day| (1..=days_of(year, month)).contains(day))?;
    let midnight = days_before(year, month, day) * 86_400_000;
    if rest.0.is_empty() {
        return Some(midnight);
    }
    rest.take(b"Tt ")?;
    let hour = rest.digits(2).filter(|hour| *hour < 24)?;
    rest.take(b":")?;
    let minute = rest.digits(2).filter(|minute| *minute < 60)?;
    let mut clock = (hour * 60 + minute) * 60_000;
    if rest.take(b":").is_some() {
        // A leap second is the first one of the next minute here.
        clock += rest.digits(2).filter(|second| *second <= 60)? * 1000;
        if rest.take(b".,").is_some() {
            clock += rest.fraction()?;
        }
    }
    rest.take(b" ");
    Some(midnight + clock - rest.offset()?)
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Takes one byte, if it is one of these.
    fn take(&mut self, any: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        any.contains(&first).then(|| self.0 = rest).map(|()| first)
    }

    /// Takes exactly so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + i64::from(byte - b'0'))
        })
    }

    /// Takes the digits after the decimal point; milliseconds.
    fn fraction(&mut self) -> Option<i64> {
        let (mut milliseconds, mut unit) = (0, 100);
        let mut digits = 0;
        while let Some(digit) = self.take(b"0123456789") {
            milliseconds += i64::from(digit - b'0') * unit;
            unit /= 10;
            digits += 1;
        }
        (digits > 0).then_some(milliseconds)
    }

    /// Takes all that is left: a zone or nothing; milliseconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        if matches!(self.0, b"" | b"Z" | b"z" | b"UTC" | b"GMT") {
            return Some(0);
        }
        let sign = if self.take(b"+-")? == b'+' { 1 } else { -1 };
        let hours = self.digits(2).filter(|hours| *hours < 24)?;
        self.take(b":");
        let minutes =
            if self.0.is_empty() { 0 } else { self.digits(2).filter(|minutes| *minutes < 60)? };
        self.0.is_empty().then_some(sign * (hours * 60 + minutes) * 60_000)
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the epoch to a date of the proleptic Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_shape_gives_the_same_moment() {
        let moment = Some(1_767_600_000_250);
        for text in [
            "2026-01-05T08:00:00.250Z",
            "2026-01-05T08:00:00.250999Z",
            "2026-01-05 08:00:00,25",
            "2026-01-05T09:00:00.25+01:00",
            "2026-01-05T02:30:00.25-0530",
            "2026-01-05 08:00:00.25 UTC",
            " 1767600000250 ",
            "1767600000.25",
        ] {
            assert_eq!(parse_text(text), moment, "{text}");
            assert_eq!(parse(&json!(text)), moment, "{text}");
        }
        assert_eq!(parse(&json!(1_767_600_000.25)), moment);
        assert_eq!(parse(&json!(1_767_600_000_250_i64)), moment);
        assert_eq!(parse(&json!(1_767_600_000)), Some(1_767_600_000_000));
        assert_eq!(parse_text("2026-01-05T08:00"), Some(1_767_600_000_000));
        assert_eq!(parse_text("2026-01-05"), Some(1_767_571_200_000));
        assert_eq!(parse_text("1969-12-31T23:59:59Z"), Some(-1000));
    }

    #[test]
    fn what_is_no_time_gives_nothing() {
        for text in [
            "",
            "now",
            "inf",
            "-",
            "1e99",
            "99999999999999999999",
            "2026-13-01",
            "2026-02-29",
            "2026-01-05T24:00:00Z",
            "2026-01-05T08:00:00.Z",
            "2026-01-05T08:00:00+1",
            "2026-01-05T08:00:00 somewhere",
            "2026-01-05T08",
        ] {
            assert_eq!(parse_text(text), None, "{text}");
        }
        for value in [json!(null), json!(true), json!([1]), json!({"seconds": 1}), json!(1e300)] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn days_count_up_by_one(day in -700_000_i64..2_900_000) {
            // Counted from 0001-01-01 by years and months, without the formula.
            let (mut year, mut month, mut left) = (1970, 1, day);
            while left < 0 {
                year -= 1;
                left += 337 + days_of(year, 2);
            }
            while left >= 337 + days_of(year, 2) {
                left -= 337 + days_of(year, 2);
                year += 1;
            }
            while left >= days_of(year, month) {
                left -= days_of(year, month);
                month += 1;
            }
            prop_assert_eq!(days_before(year, month, left + 1), day);
        }

        #[test]
        fn written_and_read_again(
            (days, clock) in (0_i64..47_482, 0_i64..86_400_000),
            (sign, zone) in (prop::bool::ANY, 0_i64..1440),
        ) {
            let mut date = (1970, 1, days);
            while date.2 >= days_of(date.0, date.1) {
                date.2 -= days_of(date.0, date.1);
                date = if date.1 == 12 { (date.0 + 1, 1, date.2) } else { (date.0, date.1 + 1, date.2) };
            }
            let text = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}",
                date.0, date.1, date.2 + 1,
                clock / 3_600_000, clock / 60_000 % 60, clock / 1000 % 60, clock % 1000,
                if sign { '+' } else { '-' }, zone / 60, zone % 60,
            );
            let offset = if sign { zone } else { -zone } * 60_000;
            prop_assert_eq!(parse_text(&text), Some(days * 86_400_000 + clock - offset));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}", digits in "[0-9TZ:., +-]{0,40}") {
            let _ = parse_text(&text);
            let _ = parse_text(&digits);
        }
    }
}
