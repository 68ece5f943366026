//! What a commit says of itself: the last outbox entry that it holds, with a checksum.
//!
//! The checksum is there because a number that is too great would hide messages from every search
//! without a sign.

use xxhash_rust::xxh3::xxh3_64;

/// The payload of a commit that holds the outbox up to `entry`.
pub(super) fn write(entry: u64) -> String {
    let text = entry.to_string();
    format!("{text} {:016x}", xxh3_64(text.as_bytes()))
}

/// The inverse of [`write()`]; `None` if the text is damaged.
pub(super) fn read(payload: &str) -> Option<u64> {
    let (text, _) = payload.split_once(' ')?;
    let entry = text.parse().ok()?;
    (write(entry) == payload).then_some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_written_is_read() {
        for entry in [0, 1, 1234, u64::MAX] {
            let payload = write(entry);
            assert_eq!(read(&payload), Some(entry));
            for at in 0..payload.len() {
                let mut damaged = payload.clone().into_bytes();
                damaged[at] ^= 1;
                assert_eq!(String::from_utf8(damaged).ok().and_then(|text| read(&text)), None);
            }
        }
        assert_eq!(read("12"), None);
        assert_eq!(read(""), None);
    }
}
