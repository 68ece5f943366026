//! Lines as they are compared: without white space, and by their fingerprints.
//!
//! White space is left out altogether, so that a line that was only formatted anew is the same line.

/// Letters and digits that a line needs to tell anything by itself: `}` and `);` do not.
const TELLING: usize = 3;

/// A line without its white space.
pub(crate) fn normalised(line: &str) -> String {
    line.chars().filter(|character| !character.is_whitespace()).collect()
}

/// Whether a normalised line says enough to be looked up.
pub(crate) fn is_telling(normalised: &str) -> bool {
    normalised.chars().filter(|character| character.is_alphanumeric()).nth(TELLING - 1).is_some()
}

/// The fingerprint of a normalised line.
pub(crate) fn fingerprint(normalised: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(normalised.as_bytes())
}

/// The fingerprint of a line in files of this name, the last part of their path: what is common to
/// many files is rare in those of one name.
pub(crate) fn fingerprint_in(name: &str, line: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), line)
}

/// The last part of a path, whatever the system that it was written on.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
