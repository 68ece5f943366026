//! Masks secrets in text.
//!
//! The rules ([`rules`]) say what secrets look like. A mask tells what kind of secret was there:
//! `[REDACTED:github-token]`. Masking a masked text changes nothing. What has no form of its own, a
//! password in a sentence say, is not found.

mod rules;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use regex::{Regex, RegexSet};
use rules::{Check, RULES, Rule};

/// What every mask begins with.
const MASK: &str = "[REDACTED:";

/// Finds and masks secrets.
///
/// ```
/// use lore_engine::redact::Redactor;
///
/// let redactor = Redactor::built_in();
/// let masked = redactor.mask("postgres://ada:lovelace@db/engine");
/// assert_eq!(masked.text, "postgres://ada:[REDACTED:password-in-url]@db/engine");
/// assert_eq!(masked.found["password-in-url"], 1);
/// ```
#[derive(Debug)]
pub struct Redactor {
    rules: Vec<&'static Rule>,
    /// Tells in one pass which of the rules match at all: for most texts none.
    any: RegexSet,
    /// One for each rule, in the same order.
    expressions: Vec<Regex>,
}

/// A text without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<'t> {
    /// The text, with masks.
    pub text: Cow<'t, str>,
    /// How many secrets of each kind there were.
    pub found: BTreeMap<&'static str, u64>,
}

/// A secret in a text.
struct Secret {
    kind: &'static str,
    range: Range<usize>,
}

impl Redactor {
    /// With the built-in rules.
    pub fn built_in() -> Self {
        Self::of(RULES.iter().collect())
    }

    /// With the built-in rules but those for addresses, of people and of machines.
    pub fn of_secrets() -> Self {
        let is_address = |rule: &&Rule| matches!(rule.check, Check::Person | Check::Remote);
        Self::of(RULES.iter().filter(|rule| !is_address(rule)).collect())
    }

    fn of(rules: Vec<&'static Rule>) -> Self {
        let patterns = rules.iter().map(|rule| rule.pattern);
        // A test compiles them all.
        let any = RegexSet::new(patterns.clone()).expect("valid rules");
        let compiled = patterns.map(|pattern| Regex::new(pattern).expect("a valid rule"));
        let expressions = compiled.collect();
        Self { rules, any, expressions }
    }

    /// The text with a mask in the place of each secret.
    pub fn mask<'t>(&self, text: &'t str) -> Masked<'t> {
        let mut masked = Masked { text: Cow::Borrowed(text), found: BTreeMap::new() };
        // What was hidden by a secret beside it shows at the next look. Every look but the last makes
        // something of the text a mask, and masks are not looked at.
        loop {
            let secrets = self.secrets(&masked.text);
            if secrets.is_empty() {
                return masked;
            }
            let mut result = String::with_capacity(masked.text.len());
            let mut end = 0;
            for Secret { kind, range } in secrets {
                result.push_str(&masked.text[end..range.start]);
                result.extend([MASK, kind, "]"]);
                end = range.end;
                *masked.found.entry(kind).or_default() += 1;
            }
            result.push_str(&masked.text[end..]);
            masked.text = Cow::Owned(result);
        }
    }

    /// The secrets of a text, in order, none of which overlaps another one or a mask.
    fn secrets(&self, text: &str) -> Vec<Secret> {
        let mut secrets: BTreeMap<usize, Secret> = BTreeMap::new();
        let mut masks = None;
        for index in self.any.matches(text) {
            let (rule, expression) = (self.rules[index], &self.expressions[index]);
            let masks = masks.get_or_insert_with(|| masks_of(text));
            for captures in expression.captures_iter(text) {
                let group = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0));
                let Some(group) = group else { continue };
                let range = group.range();
                if range.is_empty() || !rule.check.holds(group.as_str()) {
                    continue;
                }
                let after = masks.partition_point(|mask| mask.end <= range.start);
                let is_masked = masks.get(after).is_some_and(|mask| overlap(mask, &range));
                let before = secrets.range(..range.end).next_back();
                let is_known = before.is_some_and(|(_, secret)| overlap(&secret.range, &range));
                if !is_masked && !is_known {
                    secrets.insert(range.start, Secret { kind: rule.kind, range });
                }
            }
        }
        secrets.into_values().collect()
    }
}

/// Where masks are, in order.
fn masks_of(text: &str) -> Vec<Range<usize>> {
    let mask = |(start, _)| {
        let kind = text.get(start + MASK.len()..)?;
        let plain = |character: char| character.is_ascii_lowercase() || character == '-';
        let after = kind.trim_start_matches(plain);
        let length = kind.len() - after.len();
        after.starts_with(']').then(|| start..start + MASK.len() + length + 1)
    };
    text.match_indices(MASK).filter_map(mask).collect()
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

impl Check {
    fn holds(self, secret: &str) -> bool {
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
