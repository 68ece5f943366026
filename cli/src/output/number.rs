//! Counts and sizes for people.

/// A count with its noun: `1 session`, `12,345 sessions`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with("ry") => format!("{} {}ies", grouped(number), &noun[..noun.len() - 1]),
        _ if noun.ends_with("ch") => format!("{} {noun}es", grouped(number)),
        _ => format!("{} {noun}s", grouped(number)),
    }
}

/// A number with commas between thousands: `12,345`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut result = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            result.push(',');
        }
        result.push(digit);
    }
    result
}

/// A part of the whole, from 0 to 1, in per cent. It is rounded down, so that what does not reach a
/// threshold never looks as if it did.
pub(crate) fn percent(part: f32) -> String {
    // Decimal fractions are a little less than they look.
    format!("{:.0}%", (f64::from(part) * 100.0 + 1e-4).floor())
}

/// A number of bytes: `532 B`, `12.3 MB`.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    // From 999.95 on one decimal would round up to the next unit's 1.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(count(0, "session"), "0 sessions");
        assert_eq!(count(1, "match"), "1 match");
        assert_eq!(count(2, "match"), "2 matches");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(percent(0.57), "57%");
        assert_eq!(percent(0.599), "59%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(999_960), "1.0 MB");
        assert_eq!(bytes(12_340_000), "12.3 MB");
    }
}
