//! What stands between two lines `---` at the start of a text: keys and values, as YAML.
//!
//! People write these by hand, and a YAML library would double the size of most plugins. So this
//! reads what such blocks are made of: keys, keys below keys, quoted and plain values, blocks with
//! `|` and `>`, comments; lists are passed over. What YAML would refuse in a value (`globs: *.ts`) is
//! text here. A block that is anything else is none.

/// Lines of a block; what is longer was not written by hand, and is none.
const MAX_LINES: usize = 1000;

/// Keys and their values. A key below another is `outer.inner`.
#[derive(Debug, Default)]
pub(crate) struct FrontMatter(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    indent: usize,
    key: String,
    value: String,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    /// Plain or quoted; further lines continue it.
    Flow,
    /// `|`: lines stay lines.
    Literal,
    /// `>`: lines are joined.
    Folded,
}

impl FrontMatter {
    /// Parts a text into its front matter and what follows; nothing if it has none.
    pub(crate) fn split(text: &str) -> Option<(Self, &str)> {
        let mut lines = text.split_inclusive('\n');
        let first = lines.next()?;
        if first.trim_end() != "---" {
            return None;
        }
        let (mut found, mut end) = (Self::default(), first.len());
        for line in lines.take(MAX_LINES) {
            end += line.len();
            let line = line.trim_end();
            if line == "---" || line == "..." {
                found.0.iter_mut().for_each(Entry::finish);
                return Some((found, &text[end..]));
            }
            found.line(line)?;
        }
        None
    }

    /// The value of a key, unless it is empty.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let entry = self.0.iter().find(|entry| entry.key == key)?;
        Some(entry.value.as_str()).filter(|value| !value.is_empty())
    }

    /// Takes in a line; nothing if it can be no part of such a block.
    fn line(&mut self, line: &str) -> Option<()> {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if let Some(last) = self.0.last_mut()
            && (content.is_empty() || indent > last.indent)
            && last.goes_on_with(content)
        {
            last.push(content);
            return Some(());
        }
        if content.is_empty() || content.starts_with('#') {
            return Some(());
        }
        if is_item(content) {
            return self.0.last().map(|_| ());
        }
        let (key, value) = key_and_value(content)?;
        let outer = self.0.iter().rev().find(|entry| entry.indent < indent);
        let key = match outer {
            Some(outer) => format!("{}.{key}", outer.key),
            None => key.to_owned(),
        };
        self.0.push(Entry::new(indent, key, value));
        Some(())
    }
}

impl Entry {
    fn new(indent: usize, key: String, value: &str) -> Self {
        let header = value.split(" #").next().unwrap_or_default().trim_end();
        let is_header = |mark: char| {
            header.strip_prefix(mark).is_some_and(|rest| {
                rest.bytes().all(|byte| matches!(byte, b'+' | b'-' | b'0'..=b'9'))
            })
        };
        let style = match () {
            () if is_header('|') => Style::Literal,
            () if is_header('>') => Style::Folded,
            () => Style::Flow,
        };
        let value = if style == Style::Flow && !value.starts_with('#') { value } else { "" };
        Self { indent, key, value: value.to_owned(), style }
    }

    /// Whether a line that is indented further, or empty, belongs to the value.
    fn goes_on_with(&self, content: &str) -> bool {
        let begins_value = || {
            !content.is_empty()
                && !content.starts_with('#')
                && !is_item(content)
                && key_and_value(content).is_none()
        };
        self.style != Style::Flow || !self.value.is_empty() || begins_value()
    }

    fn push(&mut self, content: &str) {
        if !self.value.is_empty() {
            self.value.push(if self.style == Style::Literal { '\n' } else { ' ' });
        }
        self.value.push_str(content);
    }

    /// Makes the text that it stands for of what is written.
    fn finish(&mut self) {
        let written = self.value.trim();
        let value = match (self.style, written.chars().next()) {
            (Style::Flow, Some('"')) => double_quoted(&written[1..]),
            (Style::Flow, Some('\'')) => single_quoted(&written[1..]),
            (Style::Flow, _) => match written.split(" #").next().unwrap_or_default().trim_end() {
                "~" | "null" => String::new(),
                plain => plain.to_owned(),
            },
            (Style::Literal | Style::Folded, _) => written.to_owned(),
        };
        self.value = value.trim().to_owned();
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

fn key_and_value(content: &str) -> Option<(&str, &str)> {
    let (key, value) =
        content.split_once(": ").or_else(|| Some((content.strip_suffix(':')?, "")))?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (!key.is_empty() && key.bytes().all(is_plain)).then_some((key, value.trim()))
}

/// The text up to the closing quotation mark, or to the end if there is none.
fn double_quoted(rest: &str) -> String {
    let mut text = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(match characters.next() {
                Some('n') => Some('\n'),
                Some('t') => Some('\t'),
                Some('u') => {
                    let digits: String = characters.by_ref().take(4).collect();
                    u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                }
                other => other,
            }),
            other => text.push(other),
        }
    }
    text
}

/// As [`double_quoted`]: a mark that is doubled stands for itself.
fn single_quoted(rest: &str) -> String {
    let mut text = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\'' && characters.next_if_eq(&'\'').is_none() {
            break;
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(block: &str, key: &str, expected: Option<&str>) {
        let text = format!("---\n{block}\n---\nbody\n");
        let (found, body) = FrontMatter::split(&text).expect("it is front matter");
        assert_eq!(found.get(key), expected, "{found:?}");
        assert_eq!(body, "body\n");
    }

    #[test]
    fn values_are_read_as_people_write_them() {
        check("name: Tests first", "name", Some("Tests first"));
        check("name: a: b # why", "name", Some("a: b"));
        check("name: C#", "name", Some("C#"));
        check("name: \"a \\\"b\\\" \\u00e9 # c\"", "name", Some("a \"b\" é # c"));
        check("name: 'it''s'", "name", Some("it's"));
        check("name:", "name", None);
        check("name: # nothing", "name", None);
        check("name: null", "name", None);
        check("name: \"  \"", "name", None);
        check("globs: *.ts,*.tsx\nname: x", "name", Some("x"));
        check("globs: *.ts,*.tsx", "globs", Some("*.ts,*.tsx"));
        check("other: x", "name", None);
    }

    #[test]
    fn values_go_on_below_their_key() {
        check("name: one\n  two\nother: x", "name", Some("one two"));
        check("name:\n  one\n  two", "name", Some("one two"));
        check("name: >-\n  one\n\n  two\nother: x", "name", Some("one  two"));
        check("name: |\n  one\n  # two\nother: x", "name", Some("one\n# two"));
        check("name: |\n  one\nother: x", "other", Some("x"));
        check("name: \"one\n  two\"", "name", Some("one two"));
    }

    #[test]
    fn keys_stand_below_keys() {
        let block = "metadata:\n  type: feedback\n  deep:\n    type: x\ntype: y";
        check(block, "metadata.type", Some("feedback"));
        check(block, "metadata.deep.type", Some("x"));
        check(block, "type", Some("y"));
        check("metadata:\n  - type: x\nlist:\n- a\n- b\nname: z", "name", Some("z"));
    }

    #[test]
    fn ends_of_lines_do_not_matter() {
        let (found, body) = FrontMatter::split("---\r\nname: x\r\n---\r\nbody").expect("it is");
        assert_eq!((found.get("name"), body), (Some("x"), "body"));
        let (found, body) = FrontMatter::split("---\n---").expect("it is");
        assert_eq!((found.get("name"), body), (None, ""));
    }

    #[test]
    fn a_block_is_short() {
        let block = |lines: usize| format!("---\n{}---\n", "a: b\n".repeat(lines));
        assert!(FrontMatter::split(&block(MAX_LINES - 1)).is_some());
        assert!(FrontMatter::split(&block(MAX_LINES)).is_none());
    }

    #[test]
    fn what_is_no_front_matter_is_left() {
        for text in [
            "",
            "name: x\n",
            "---",
            "---\nname: x\n",
            "----\nname: x\n---\n",
            "---\nSome prose.\n---\n",
            "---\n- item\n---\n",
            "---\n\tname: x\n---\n",
            " ---\nname: x\n---\n",
        ] {
            assert!(FrontMatter::split(text).is_none(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_body_is_the_end(text in "(---\n)?([ a:#|>'\"\\\\\n-]{0,12}\n?){0,8}") {
            if let Some((_, body)) = FrontMatter::split(&text) {
                prop_assert!(text.ends_with(body));
            }
        }
    }
}
