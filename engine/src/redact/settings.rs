//! What a person adds to the rules: patterns of their own, and what is not to be masked.

use std::borrow::Cow;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

/// Bytes of one compiled pattern, and of all of them.
const LARGEST: usize = 1 << 20;
const LARGEST_SET: usize = 16 << 20;

/// What a mask of an unnamed pattern is called.
const CUSTOM: &str = "custom";

/// What to mask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactorSettings {
    /// Addresses of people and of machines as well.
    pub addresses: bool,
    /// Regular expressions of what is masked beside what the rules know. One may be named:
    /// `ticket=ACME-[0-9]+` masks as `[REDACTED:ticket]`, a name being lower-case letters, digits and hyphens;
    /// the others mask as `[REDACTED:custom]`. Where a pattern has a group, that is masked.
    pub patterns: Vec<String>,
    /// Regular expressions: a secret that one of them matches as a whole is left alone.
    pub allow: Vec<String>,
}

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It does not compile.
    #[error("`{pattern}` is no regular expression that can be used: {fault}")]
    Invalid {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        fault: String,
    },
    /// It matches where there is nothing, and so everywhere.
    #[error("`{pattern}` matches the empty text; what stands before a first `=` may be its name")]
    Empty {
        /// As it was written.
        pattern: String,
    },
    /// All of them together.
    #[error("the patterns are too large together")]
    TooLarge,
}

/// A pattern of a person's.
pub(super) struct Pattern {
    pub(super) kind: Cow<'static, str>,
    pub(super) expression: Regex,
}

impl RedactorSettings {
    /// Whether all of it can be used.
    ///
    /// # Errors
    /// [`PatternError`] about the first that cannot.
    pub fn check(&self) -> Result<(), PatternError> {
        self.compiled().map(drop)
    }

    /// The patterns and the allow-list.
    pub(super) fn compiled(&self) -> Result<(Vec<Pattern>, RegexSet), PatternError> {
        let patterns = self.patterns.iter().map(|pattern| compile(pattern));
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        set(patterns.iter().map(|pattern| pattern.expression.as_str()))?;
        for allowed in &self.allow {
            expression(allowed, allowed)?;
        }
        // The line feed ends a comment that the expression may end with.
        let whole = |allowed: &String| match allowed.contains("(?x") {
            true => format!("\\A(?:{allowed}\n)\\z"),
            false => format!("\\A(?:{allowed})\\z"),
        };
        Ok((patterns, set(self.allow.iter().map(whole))?))
    }
}

fn compile(pattern: &str) -> Result<Pattern, PatternError> {
    let (kind, text) = match pattern.split_once('=') {
        Some((name, text)) if is_name(name) => (Cow::Owned(name.to_owned()), text),
        _ => (Cow::Borrowed(CUSTOM), pattern),
    };
    let expression = expression(pattern, text)?;
    match expression.is_match("") {
        true => Err(PatternError::Empty { pattern: pattern.to_owned() }),
        false => Ok(Pattern { kind, expression }),
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(super::is_plain)
}

fn expression(pattern: &str, text: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(text).size_limit(LARGEST).build().map_err(|error| {
        // The message draws the place of the fault in several lines; its last one says what it is.
        let message = error.to_string();
        let fault = message.lines().last().unwrap_or_default().trim();
        let fault = fault.strip_prefix("error: ").unwrap_or(fault).to_lowercase();
        PatternError::Invalid { pattern: pattern.to_owned(), fault }
    })
}

fn set<T: AsRef<str>>(patterns: impl Iterator<Item = T>) -> Result<RegexSet, PatternError> {
    let built = RegexSetBuilder::new(patterns).size_limit(LARGEST_SET).build();
    built.map_err(|_| PatternError::TooLarge)
}
