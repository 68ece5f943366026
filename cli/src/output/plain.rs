//! Text of others, made harmless for terminals.
//!
//! What a tool recorded may hold colours, cursor movements and worse. Colours are left out; any
//! other control character is shown as a sign, so that nothing is hidden.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The text without colours, and with signs in place of control characters but line feed and tab.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find(hostile) {
        let (before, after) = rest.split_at(index);
        result.push_str(before);
        rest = match after.strip_prefix("\r\n") {
            Some(_) => &after[1..],
            None => after_colour(after).unwrap_or_else(|| {
                let mut characters = after.chars();
                result.extend(characters.next().map(sign));
                characters.as_str()
            }),
        };
    }
    result.push_str(rest);
    Cow::Owned(result)
}

/// The first `limit` bytes of a text, without half of a character, and how many bytes are left out.
pub(crate) fn cut(text: &str, limit: usize) -> (&str, usize) {
    let end = text.floor_char_boundary(limit);
    (&text[..end], text.len() - end)
}

/// As much of a text as fits into so many columns of a terminal, with a sign where it is cut.
pub(crate) fn fitting(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut left = columns.saturating_sub(1);
    let fits = |character: &char| {
        let width = character.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    Cow::Owned(text.chars().take_while(fits).chain(['…']).collect())
}

/// The text in one line: every run of white space is one space.
pub(crate) fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hostile(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
}

/// What follows the sequence that begins here, if it only sets colours: `ESC [ 1 ; 31 m`.
fn after_colour(text: &str) -> Option<&str> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    parameters
        .trim_start_matches(|character: char| character.is_ascii_digit() || character == ';')
        .strip_prefix('m')
}

/// The sign that stands for a control character: `␛`.
fn sign(control: char) -> char {
    match u32::from(control) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_controls_is_borrowed() {
        assert!(matches!(plain("a\tb\nä"), Cow::Borrowed("a\tb\nä")));
    }

    #[test]
    fn colours_go_and_line_ends_are_unix() {
        assert_eq!(plain("\u{1b}[1;31mred\u{1b}[0m\r\nnext"), "red\nnext");
    }

    #[test]
    fn other_controls_are_shown() {
        assert_eq!(plain("\u{1b}]0;title\u{7}x\u{1b}[2J\ry\u{9b}"), "␛]0;title␇x␛[2J␍y\u{fffd}");
    }

    #[test]
    fn what_fits_is_told_by_columns() {
        assert!(matches!(fitting("漢字", 4), Cow::Borrowed("漢字")));
        assert_eq!(fitting("漢字", 3), "漢…");
        assert_eq!(fitting("abc", 2), "a…");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(cut("aäb", 2), ("a", 3));
        assert_eq!(cut("aäb", 3), ("aä", 1));
        assert_eq!(cut("ab", 9), ("ab", 0));
    }
}
