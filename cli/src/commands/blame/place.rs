//! `FILE`, `FILE:LINE` or `FILE:FIRST-LAST`, as people name lines.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A file and the lines that are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As it was given.
    pub(super) file: PathBuf,
    /// The first and the last, from 1; nothing: all.
    pub(super) lines: Option<(u32, u32)>,
}

impl Place {
    /// Splits at the last colon. A file that is really called so goes first.
    ///
    /// # Errors
    /// What follows the colon is meant for lines and names none; says what would.
    pub(super) fn parse(given: &OsStr, exists: impl Fn(&Path) -> bool) -> Result<Self, String> {
        let all = || Self { file: PathBuf::from(given), lines: None };
        let split = given.to_str().and_then(|text| text.rsplit_once(':'));
        let Some((file, rest)) = split.filter(|(file, _)| !file.is_empty()) else {
            return Ok(all());
        };
        if exists(Path::new(given)) {
            return Ok(all());
        }
        let for_lines =
            rest.is_empty() || rest.starts_with(|first| matches!(first, '0'..='9' | '-'));
        match lines(rest) {
            Some(lines) => Ok(Self { file: PathBuf::from(file), lines: Some(lines) }),
            None if for_lines || exists(Path::new(file)) => Err(format!(
                "`{rest}` names no line: it takes a number from 1, or a range as in `12-20`"
            )),
            None => Ok(all()),
        }
    }

    /// Whether it is a single line.
    pub(super) fn is_line(&self) -> bool {
        self.lines.is_some_and(|(first, last)| first == last)
    }

    /// For clap.
    pub(super) fn from_argument(given: OsString) -> Result<Self, String> {
        Self::parse(&given, Path::exists)
    }
}

/// `12` or `12-20`.
fn lines(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// A number from 1, of digits only.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of files that are called `a.rs` and `b:12`.
    fn parse(given: &str) -> Result<Place, String> {
        Place::parse(OsStr::new(given), |path| ["a.rs", "b:12"].map(Path::new).contains(&path))
    }

    #[track_caller]
    fn check(given: &str, file: &str, lines: Option<(u32, u32)>) {
        assert_eq!(parse(given), Ok(Place { file: PathBuf::from(file), lines }));
    }

    #[track_caller]
    fn check_mistake(given: &str) {
        let message = parse(given).expect_err("it names no line");
        assert!(message.contains("names no line"), "{message}");
    }

    #[test]
    fn lines_follow_the_last_colon() {
        check("a.rs", "a.rs", None);
        check("a.rs:12", "a.rs", Some((12, 12)));
        check("a.rs:12-20", "a.rs", Some((12, 20)));
        check("gone.rs:7-7", "gone.rs", Some((7, 7)));
        check(r"C:\work\a.rs:12", r"C:\work\a.rs", Some((12, 12)));
        check("x:1:2", "x:1", Some((2, 2)));
    }

    #[test]
    fn a_name_may_hold_colons() {
        check(r"C:\work\a.rs", r"C:\work\a.rs", None);
        check("std::fmt", "std::fmt", None);
        check(":12", ":12", None);
        check("b:12", "b:12", None);
        check("b:12:3", "b:12", Some((3, 3)));
    }

    #[test]
    fn what_is_no_line_is_a_mistake() {
        for lines in ["0", "0-3", "20-12", "-5", "5-", "1-2-3", "12x", "+3", "", "4294967296", "x"]
        {
            check_mistake(&format!("a.rs:{lines}"));
        }
        check_mistake("gone.rs:0");
    }
}
