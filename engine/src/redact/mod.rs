//! Masks secrets in text.
//!
//! The rules ([`rules`]) say what secrets look like, a person's settings what else is one and what is
//! none. A mask tells what kind of secret was there: `[REDACTED:github-token]`. Masking a masked text
//! changes nothing, and JSON stays JSON. The time grows with the text, not with its square. What has no
//! form of its own, a password in a sentence say, is not found.

mod check;
mod json;
mod message;
mod rules;
mod settings;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use json::Scalar;
use regex::{Regex, RegexSet, RegexSetBuilder};
use rules::{Check, RULES, Rule};
use xxhash_rust::xxh3::xxh3_64;

pub use settings::{PatternError, RedactorSettings};

/// What every mask begins with.
const MASK: &str = "[REDACTED:";

/// Bytes of all rules together, compiled, and of what they remember while they look.
const LARGEST_SET: usize = 64 << 20;

/// How often a text is looked at. What was hidden by a secret beside it shows at the next look, so two
/// or three do; a person's pattern may match what its own masks make, again and again.
const MOST_LOOKS: usize = 16;

/// Bytes of a line of a private key, lest a word be taken for one.
const SHORTEST_LINE: usize = 16;

/// How many secrets there are of each kind.
pub type Kinds = BTreeMap<String, u64>;

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
    /// A person's first.
    forms: Vec<Form>,
    /// Tells in one pass which of the forms are there at all: for most texts none.
    any: RegexSet,
    allow: RegexSet,
    fingerprint: u64,
}

/// What a secret looks like, ready to be looked for.
#[derive(Debug)]
struct Form {
    kind: Cow<'static, str>,
    check: Check,
    /// It is of a person's, who is to have it masked whatever else is there.
    is_custom: bool,
    expression: Regex,
}

/// A text without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked<'t> {
    /// The text, with masks.
    pub text: Cow<'t, str>,
    /// How many secrets of each kind there were.
    pub found: Kinds,
}

/// A secret in a text.
struct Secret<'r> {
    form: &'r Form,
    range: Range<usize>,
}

impl Redactor {
    /// With the built-in rules.
    pub fn built_in() -> Self {
        let settings = RedactorSettings { addresses: true, ..RedactorSettings::default() };
        Self::new(&settings).expect("valid rules")
    }

    /// With the built-in rules and what a person wants.
    ///
    /// # Errors
    /// [`PatternError`] about the first pattern that cannot be used.
    pub fn new(settings: &RedactorSettings) -> Result<Self, PatternError> {
        let (patterns, allow) = settings.compiled()?;
        let custom = patterns.into_iter().map(|pattern| Form {
            kind: pattern.kind,
            check: Check::Form,
            is_custom: true,
            expression: pattern.expression,
        });
        let is_wanted = |rule: &&Rule| {
            settings.addresses || !matches!(rule.check, Check::Person | Check::Remote)
        };
        let forms: Vec<Form> =
            custom.chain(RULES.iter().filter(is_wanted).map(Rule::form)).collect();
        let any = RegexSetBuilder::new(forms.iter().map(|form| form.expression.as_str()))
            .size_limit(LARGEST_SET)
            .dfa_size_limit(LARGEST_SET)
            .build()
            .map_err(|_| PatternError::TooLarge)?;
        let fingerprint = fingerprint(&forms, &allow);
        Ok(Self { forms, any, allow, fingerprint })
    }

    /// A number that is another one when rules, patterns or allow-list are others.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The text with a mask in the place of each secret. If the text is JSON, so is the result.
    pub fn mask<'t>(&self, text: &'t str) -> Masked<'t> {
        let mut masked = Masked { text: Cow::Borrowed(text), found: Kinds::new() };
        for _ in 0..MOST_LOOKS {
            match self.look(&masked.text, &mut masked.found) {
                Some(text) => masked.text = Cow::Owned(text),
                None => break,
            }
        }
        masked
    }

    /// Masks what shows at first sight; nothing if nothing does.
    fn look(&self, text: &str, found: &mut Kinds) -> Option<String> {
        let shows = self.any.is_match(text);
        // An escape may hide what shows without it.
        if !shows && !text.contains('\\') {
            return None;
        }
        match json::scalars(text) {
            Some(scalars) => self.look_at_json(text, &scalars, shows, found),
            None if shows => self.look_at_text(text, found),
            None => None,
        }
    }

    fn look_at_text(&self, text: &str, found: &mut Kinds) -> Option<String> {
        self.replace(text, self.secrets(text), found)
    }

    fn replace(&self, text: &str, secrets: Vec<Secret<'_>>, found: &mut Kinds) -> Option<String> {
        if secrets.is_empty() {
            return None;
        }
        let mut result = String::with_capacity(text.len());
        let mut end = 0;
        for Secret { form, range } in secrets {
            result.push_str(&text[end..range.start]);
            result.extend([MASK, &form.kind, "]"]);
            end = range.end;
            count(found, &form.kind);
        }
        result.push_str(&text[end..]);
        Some(result)
    }

    /// Each value is looked at by itself, without its escapes, and written anew if it has a secret.
    fn look_at_json(
        &self,
        text: &str,
        scalars: &[Scalar],
        shows: bool,
        found: &mut Kinds,
    ) -> Option<String> {
        let mut result = String::new();
        let (mut end, mut key_is_open) = (0, false);
        for Scalar { range, key, is_string } in scalars {
            let literal = &text[range.clone()];
            if !shows && !literal.contains('\\') {
                continue;
            }
            let key = key.clone().map_or("", |key| &text[key]);
            let masked = match serde_json::from_str::<String>(literal) {
                Ok(value) => {
                    let masked = self.look_at_value(key, &value, &mut key_is_open, found);
                    masked.and_then(|masked| serde_json::to_string(&masked).ok())
                }
                // A number, or half of a surrogate pair: what of it could be kept is not worth it.
                Err(_) => {
                    let around = if *is_string { "" } else { "\"" };
                    let named = format!("{key}: {around}{literal}{around}");
                    let secret = self.secrets(&named).pop();
                    secret.filter(|secret| secret.range.end > key.len() + 2).map(|secret| {
                        count(found, &secret.form.kind);
                        format!("\"{MASK}{}]\"", secret.form.kind)
                    })
                }
            };
            if let Some(masked) = masked {
                result.push_str(&text[end..range.start]);
                result.push_str(&masked);
                end = range.end;
            }
        }
        (end > 0).then(|| result + &text[end..])
    }

    /// A string of JSON, with its name's literal, if it has one.
    fn look_at_value(
        &self,
        key: &str,
        value: &str,
        key_is_open: &mut bool,
        found: &mut Kinds,
    ) -> Option<String> {
        // Of a private key whose lines are strings of their own, the first one has been masked.
        *key_is_open &= value.len() >= SHORTEST_LINE && value.bytes().all(is_of_key);
        if *key_is_open {
            return Some(format!("{MASK}private-key]"));
        }
        // JSON in a string: it is not deep, since the escapes double at every level.
        if let Some(scalars) = json::scalars(value) {
            return self.look_at_json(value, &scalars, true, found);
        }
        let masked = if key.is_empty() {
            self.look_at_text(value, found)
        } else {
            // The name tells what the value is.
            let named = format!("{key}: \"{value}\"");
            let own = named.len() - 1 - value.len()..named.len() - 1;
            let secrets = self.secrets(&named).into_iter().filter_map(|Secret { form, range }| {
                let range = range.start.max(own.start)..range.end.min(own.end);
                let range = (range.start < range.end)
                    .then(|| range.start - own.start..range.end - own.start);
                range.map(|range| Secret { form, range })
            });
            self.replace(value, secrets.collect(), found)
        };
        *key_is_open = masked.is_some()
            && value.contains("PRIVATE KEY")
            && value.contains("-----BEGIN ")
            && !value.contains("-----END ");
        masked
    }

    /// The secrets of a text, in order, none of which overlaps another one or a mask.
    fn secrets(&self, text: &str) -> Vec<Secret<'_>> {
        let mut secrets: BTreeMap<usize, Secret<'_>> = BTreeMap::new();
        let mut masks = None;
        for index in self.any.matches(text) {
            let form = &self.forms[index];
            let masks = masks.get_or_insert_with(|| masks_of(text));
            for captures in form.expression.captures_iter(text) {
                let group = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0));
                let Some(group) = group else { continue };
                let range = group.range();
                if range.is_empty()
                    || !form.check.holds(group.as_str())
                    || self.allow.is_match(group.as_str())
                {
                    continue;
                }
                let first = masks.partition_point(|mask| mask.end <= range.start);
                let masked = masks[first..].iter().take_while(|mask| mask.start < range.end);
                let masked: Vec<Range<usize>> = masked.cloned().collect();
                let is_masked = !masked.is_empty();
                let known = known_within(&secrets, &range);
                let yields = known.iter().all(|secret| secret.form.is_custom) && !is_masked;
                if !form.is_custom && !yields {
                    continue;
                }
                let known = known.into_iter().map(|secret| secret.range.clone());
                let taken = masked.into_iter().chain(known).collect();
                for range in what_is_left(range, taken) {
                    secrets.insert(range.start, Secret { form, range });
                }
            }
        }
        secrets.into_values().collect()
    }
}

impl Rule {
    fn form(&self) -> Form {
        // In JSON, a word may begin behind an escape.
        let pattern = match self.is_token {
            true => Cow::Owned(format!(r"(?:(?-u:\b)|\\[nrtf])({})", self.pattern)),
            false => Cow::Borrowed(self.pattern),
        };
        Form {
            kind: Cow::Borrowed(self.kind),
            check: self.check,
            is_custom: false,
            // A test compiles them all.
            expression: Regex::new(&pattern).expect("a valid rule"),
        }
    }
}

/// The secrets that overlap a range, the last one first.
fn known_within<'s, 'r>(
    secrets: &'s BTreeMap<usize, Secret<'r>>,
    range: &Range<usize>,
) -> Vec<&'s Secret<'r>> {
    let before = secrets.range(..range.end).rev().map(|(_, secret)| secret);
    before.take_while(|secret| secret.range.end > range.start).collect()
}

/// What of a range is not taken.
fn what_is_left(range: Range<usize>, mut taken: Vec<Range<usize>>) -> Vec<Range<usize>> {
    taken.sort_by_key(|taken| taken.start);
    let mut left = Vec::new();
    let mut start = range.start;
    for taken in taken {
        if taken.start > start {
            left.push(start..taken.start);
        }
        start = start.max(taken.end);
    }
    if start < range.end {
        left.push(start..range.end);
    }
    left
}

fn count(found: &mut Kinds, kind: &str) {
    *found.entry(kind.to_owned()).or_default() += 1;
}

/// Lower-case letters, digits and hyphens: what kinds are called.
fn is_plain(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || matches!(byte, b'+' | b'/' | b'=')
}

fn fingerprint(forms: &[Form], allow: &RegexSet) -> u64 {
    let forms = forms
        .iter()
        .map(|form| format!("{}\0{:?}\0{}\0", form.kind, form.check, form.expression.as_str()));
    let allow = allow.patterns().iter().map(|pattern| format!("\0{pattern}\0"));
    xxh3_64(forms.chain(allow).collect::<String>().as_bytes())
}

/// Where masks are, in order.
fn masks_of(text: &str) -> Vec<Range<usize>> {
    let mask = |(start, _)| {
        let kind = text.get(start + MASK.len()..)?;
        let after = kind.trim_start_matches(is_plain);
        let length = kind.len() - after.len();
        after.starts_with(']').then(|| start..start + MASK.len() + length + 1)
    };
    text.match_indices(MASK).filter_map(mask).collect()
}
