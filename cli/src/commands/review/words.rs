//! Words of others, made harmless for Markdown.
//!
//! What a person asked a tool for is quoted in a document of somebody else: it must not become a
//! heading, a link, HTML or an end of the quotation there, and nobody is to be notified because a
//! prompt holds an `@`.

use crate::output::plain;
use crate::output::plain::{cut, one_line};

/// Joins what it stands between without being seen, so that a name or a number is none for the host.
const JOINER: char = '\u{2060}';

/// The words in one line, as plain text.
pub(super) fn line(text: &str, limit: usize) -> String {
    escape(&shortened(&one_line(text), limit))
}

/// The words as block quotation, every line with its mark.
pub(super) fn quotation(text: &str, limit: usize) -> String {
    let text = plain(text);
    let text = shortened(text.trim(), limit);
    let mut result = String::new();
    for line in text.lines() {
        let line = line.trim_end();
        // An indented line would be code, in which nothing is escaped.
        let indent = line.len() - line.trim_start().len();
        let indent = "\u{a0}".repeat(indent.min(40));
        let line = format!("> {indent}{}", escape(line.trim_start()));
        result.push_str(line.trim_end());
        // Lines stay lines.
        result.push_str(if line.len() > 2 { "  \n" } else { "\n" });
    }
    result
}

/// Every sign that means something in Markdown with a backslash, and nobody called by name.
fn escape(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + text.len() / 8);
    for (index, character) in text.char_indices() {
        match character {
            '@' => result.extend(['@', JOINER]),
            // `#12` is an issue, also in the middle of a line.
            '#' => result.extend(['\\', '#', JOINER]),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '$' | '&'
            | '!' => {
                result.extend(['\\', character]);
            }
            // A list, a rule or a heading, at the start of a line.
            '-' | '+' | '=' if index == 0 => result.extend(['\\', character]),
            '.' | ')' if is_number(&text[..index]) => result.extend(['\\', character]),
            // An address would become a link.
            ':' if text[index..].starts_with("://") => result.extend([':', JOINER]),
            '.' if text[..index].ends_with("www") => result.extend(['.', JOINER]),
            _ => result.push(character),
        }
    }
    result
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// At most so many bytes, cut between words if there is a space near.
fn shortened(text: &str, limit: usize) -> String {
    let (part, missing) = cut(text, limit);
    if missing == 0 {
        return text.to_owned();
    }
    let part = match part.rfind(char::is_whitespace) {
        Some(space) if space >= limit / 2 => &part[..space],
        _ => part,
    };
    format!("{}…", part.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(line("# Title", 99), "\\#\u{2060} Title");
        assert_eq!(line("1. first", 99), "1\\. first");
        assert_eq!(line("- item", 99), "\\- item");
        assert_eq!(
            line("<b>&amp; a_b *c* `d` [e](f) | g", 99),
            "\\<b\\>\\&amp; a\\_b \\*c\\* \\`d\\` \\[e\\](f) \\| g"
        );
        assert_eq!(line("ask @ada in #12", 99), "ask @\u{2060}ada in \\#\u{2060}12");
        assert_eq!(line("see https://a.b", 99), "see https:\u{2060}//a.b");
        assert_eq!(line("one\ntwo", 99), "one two");
    }

    #[test]
    fn a_quotation_cannot_be_left() {
        let text = quotation("first\n\n```\n    code\n</details>\n---\n", 999);
        assert_eq!(
            text,
            "> first  \n>\n> \\`\\`\\`  \n> \u{a0}\u{a0}\u{a0}\u{a0}code  \n> \\</details\\>  \n> \\---  \n"
        );
        assert!(text.lines().all(|line| line.starts_with('>')));
    }

    #[test]
    fn long_words_are_cut_where_it_hurts_least() {
        assert_eq!(shortened("one two three", 10), "one two…");
        assert_eq!(shortened("onetwothree", 5), "onetw…");
        assert_eq!(shortened("ääää", 3), "ä…");
        assert_eq!(shortened("one", 3), "one");
    }
}
