//! What must hold of a secret beside its form.

use std::collections::BTreeMap;

use super::rules::Check;

impl Check {
    pub(super) fn holds(self, secret: &str) -> bool {
        match self {
            Check::Form => true,
            Check::Literal => !stands_for_another(secret),
            Check::Random => !stands_for_another(secret) && is_random(secret),
            Check::Person => !secret.starts_with("git@"),
            Check::Remote => !secret.starts_with("127.") && !secret.starts_with("0."),
        }
    }
}

/// A variable, a place to fill in, or something that was masked by others.
fn stands_for_another(secret: &str) -> bool {
    let mut characters = secret.chars();
    let first = characters.next();
    secret.starts_with(['$', '<', '{', '%'])
        || secret.contains("...")
        || characters.all(|character| Some(character) == first)
}

/// Letters and digits, with three bits a character at least: names and numbers have fewer, or are of
/// one sort.
fn is_random(secret: &str) -> bool {
    let has = |sort: fn(&u8) -> bool| secret.bytes().any(|byte| sort(&byte));
    if !has(u8::is_ascii_digit) || !has(u8::is_ascii_alphabetic) {
        return false;
    }
    let mut counts: BTreeMap<u8, f64> = BTreeMap::new();
    for byte in secret.bytes() {
        *counts.entry(byte).or_default() += 1.0;
    }
    let length = secret.len() as f64;
    let bits: f64 = counts.values().map(|count| -count / length * (count / length).log2()).sum();
    // A short one cannot have more than its length allows.
    bits >= 3.0_f64.min(length.log2() - 0.8)
}
