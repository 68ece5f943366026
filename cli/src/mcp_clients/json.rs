//! Edits of JSON that may have comments and trailing commas.
//!
//! The parser tells where things stand; what is changed is the text, so that all else in it stays as
//! it is: comments, order, indentation.

use std::collections::BTreeMap;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::tokens::{Token, TokenAndRange};
use jsonc_parser::{
    CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast, parse_to_serde_value,
};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;

use super::{Addition, Edit, NAME, apply, value_of};

/// What tools that take comments take, and no more.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A text, taken apart.
struct Document<'a> {
    text: &'a str,
    root: Option<Object<'a>>,
    /// Comments among them.
    tokens: Vec<TokenAndRange<'a>>,
}

/// What names the server in the object `container`.
pub(super) fn add(text: &str, container: &str, entry: &impl Serialize) -> Result<Addition, String> {
    let document = Document::parse(text)?;
    let Some(root) = &document.root else {
        let value = BTreeMap::from([(container, BTreeMap::from([(NAME, entry)]))]);
        let style = Style { unit: "  ", newline: newline(text), one_line: false };
        let break_before = !text.is_empty() && !text.ends_with('\n');
        let before = if break_before { style.newline } else { "" };
        let text_of = format!("{before}{}{}", style.value(&value, ""), style.newline);
        let edits = vec![Edit { at: text.len()..text.len(), text: text_of }];
        return Ok(Addition::Edits { edits, makes_container: true });
    };
    let style = document.style(root);
    let Some(servers) = document.property(root, container)? else {
        let value = BTreeMap::from([(NAME, entry)]);
        let edits = document.insert(root, &style, container, &value);
        return Ok(Addition::Edits { edits, makes_container: true });
    };
    let servers = document.object(&servers.value, container)?;
    let Some(known) = document.property(servers, NAME)? else {
        let edits = document.insert(servers, &style, NAME, entry);
        return Ok(Addition::Edits { edits, makes_container: false });
    };
    let range = known.value.range();
    let parsed = parse_to_serde_value::<serde_json::Value>(&text[range.start..range.end], &OPTIONS);
    if parsed.is_ok_and(|value| value == value_of(entry)) {
        return Ok(Addition::Same);
    }
    let indent = indent_of(text, known.range.start);
    let edit = Edit { at: range.start..range.end, text: style.value(entry, indent) };
    Ok(Addition::Edits { edits: vec![edit], makes_container: false })
}

/// The text without the server, and without `container` if that is empty then and to go; nothing if
/// the server is not there.
pub(super) fn remove(
    text: &str,
    container: &str,
    with_container: bool,
) -> Result<Option<String>, String> {
    let document = Document::parse(text)?;
    let Some(root) = &document.root else { return Ok(None) };
    let Some(servers) = document.property(root, container)? else { return Ok(None) };
    let servers = document.object(&servers.value, container)?;
    let Some(known) = document.property(servers, NAME)? else { return Ok(None) };
    let without = apply(text, &document.removal(servers, known));
    if !with_container {
        return Ok(Some(without));
    }
    let document = Document::parse(&without)?;
    let Some(root) = &document.root else { return Ok(None) };
    let emptied = document.property(root, container)?.filter(|property| {
        let range = property.value.range();
        without[range.start..range.end].split_whitespace().eq(["{}"])
    });
    Ok(Some(match emptied {
        Some(property) => apply(&without, &document.removal(root, property)),
        None => without.clone(),
    }))
}

impl<'a> Document<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let collect =
            CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed = parse_to_ast(text, &collect, &OPTIONS).map_err(|error| {
            let kind = error.kind().to_string().to_lowercase();
            format!("line {}, column {}: {kind}", error.line_display(), error.column_display())
        })?;
        let root = match parsed.value {
            None => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => return Err("line 1: it holds no object".to_owned()),
        };
        Ok(Self { text, root, tokens: parsed.tokens.unwrap_or_default() })
    }

    /// A property of an object. Where there are two of a name, tools do not agree which one counts.
    fn property<'o>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<Option<&'o ObjectProp<'a>>, String> {
        let mut all = object.properties.iter().filter(|property| property.name.as_str() == name);
        let first = all.next();
        match all.next() {
            Some(second) => {
                Err(format!("line {}: there is a second `{name}`", self.line(second.range.start)))
            }
            None => Ok(first),
        }
    }

    fn object<'o>(&self, value: &'o Value<'a>, name: &str) -> Result<&'o Object<'a>, String> {
        let line = self.line(value.range().start);
        value.as_object().ok_or_else(|| format!("line {line}: `{name}` is no object"))
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// How the text is written.
    fn style(&self, root: &Object<'a>) -> Style<'a> {
        let first = root.properties.first().map(|property| property.range.start);
        let unit = first
            .map(|start| indent_of(self.text, start))
            .filter(|indent| !indent.is_empty() && self.begins_line(first));
        let one_line = first.is_some() && !self.text.trim().contains('\n');
        Style { unit: unit.unwrap_or("  "), newline: newline(self.text), one_line }
    }

    fn begins_line(&self, at: Option<usize>) -> bool {
        at.is_some_and(|at| {
            let before = self.text[..at].trim_end_matches([' ', '\t']);
            before.is_empty() || before.ends_with(['\n', '\r'])
        })
    }

    /// Puts a property at an object's end.
    fn insert(
        &self,
        object: &Object<'a>,
        style: &Style<'_>,
        name: &str,
        value: &impl Serialize,
    ) -> Vec<Edit> {
        let close = object.range.end - 1;
        let last = object.properties.last();
        let comma = last.and_then(|last| self.comma(last.range.end, close));
        let mut edits = Vec::new();
        if let (Some(last), None) = (last, comma) {
            edits.push(Edit { at: last.range.end..last.range.end, text: ",".to_owned() });
        }
        let trailing = if comma.is_some() { "," } else { "" };
        let outer = indent_of(self.text, object.range.start);
        let is_spread = match last {
            Some(last) => self.begins_line(Some(last.range.start)),
            None => !style.one_line,
        };
        let start = match (last, comma) {
            (_, Some(comma)) => comma + 1,
            (Some(last), None) => last.range.end,
            (None, None) => object.range.start + 1,
        };
        if !is_spread {
            let gap = if last.is_some() { " " } else { "" };
            let text = format!("{gap}{}{trailing}", style.one_line_property(name, value));
            edits.push(Edit { at: start..start, text });
            return edits;
        }
        let (inner, at) = match last {
            // Comments on the same line belong to what is there.
            Some(last) => (
                indent_of(self.text, last.range.start).to_owned(),
                self.after_comments(start, close, true),
            ),
            None => (format!("{outer}{}", style.unit), self.after_comments(start, close, false)),
        };
        let mut text =
            format!("{0}{inner}{1}{trailing}", style.newline, style.property(name, value, &inner));
        if !self.text[at..close].contains('\n') {
            text.push_str(style.newline);
            text.push_str(outer);
        }
        edits.push(Edit { at: at..at, text });
        edits
    }

    /// Where the comments end that follow `start`, all or those on its line.
    fn after_comments(&self, start: usize, limit: usize, same_line: bool) -> usize {
        let mut end = start;
        for token in &self.tokens {
            let is_comment = matches!(token.token, Token::CommentLine(_) | Token::CommentBlock(_));
            if token.range.start < start || token.range.end > limit || !is_comment {
                continue;
            }
            if same_line && self.text[end..token.range.end].contains('\n') {
                break;
            }
            end = token.range.end;
        }
        end
    }

    /// The comma between `from` and `to`.
    fn comma(&self, from: usize, to: usize) -> Option<usize> {
        let mut tokens = self.tokens.iter().filter(|token| token.token == Token::Comma);
        let comma = tokens.find(|token| token.range.start >= from && token.range.end <= to)?;
        Some(comma.range.start)
    }

    /// What takes a property away, with its comma and the space before it.
    fn removal(&self, object: &Object<'a>, property: &ObjectProp<'a>) -> Vec<Edit> {
        let close = object.range.end - 1;
        let of = |edit: &ObjectProp<'a>| edit.range.start;
        let before = object.properties.iter().rev().find(|other| of(other) < of(property));
        let after = object.properties.iter().find(|other| of(other) > of(property));
        let comma = self.comma(property.range.end, after.map_or(close, of));
        let end = comma.map_or(property.range.end, |comma| comma + 1);
        let mut start = self.text[..property.range.start].trim_end().len();
        let line_comment = self
            .tokens
            .iter()
            .any(|token| token.range.end == start && matches!(token.token, Token::CommentLine(_)));
        let rest = self.text[end..].trim_start_matches([' ', '\t']);
        if line_comment && !rest.starts_with(['\n', '\r']) {
            // What follows would become a part of the comment.
            start = property.range.start;
        }
        let mut edits = Vec::new();
        if let (Some(before), None, None) = (before, comma, after)
            && let Some(comma) = self.comma(before.range.end, property.range.start)
        {
            edits.push(Edit { at: comma..comma + 1, text: String::new() });
            start = start.max(comma + 1);
        }
        let alone = before.is_none() && after.is_none();
        let inner_start = object.range.start + 1;
        if alone
            && self.text[inner_start..property.range.start].trim().is_empty()
            && self.text[end..close].trim().is_empty()
        {
            return vec![Edit { at: inner_start..close, text: String::new() }];
        }
        edits.push(Edit { at: start..end, text: String::new() });
        edits
    }
}

/// How a text is written.
struct Style<'a> {
    unit: &'a str,
    newline: &'static str,
    /// All of it stands on one line.
    one_line: bool,
}

impl Style<'_> {
    fn property(&self, name: &str, value: &impl Serialize, indent: &str) -> String {
        format!("{}: {}", serde_json::Value::from(name), self.value(value, indent))
    }

    fn one_line_property(&self, name: &str, value: &impl Serialize) -> String {
        format!("{}: {}", serde_json::Value::from(name), one_line(value))
    }

    /// A value whose lines but the first begin with `indent`.
    fn value(&self, value: &impl Serialize, indent: &str) -> String {
        if self.one_line {
            return one_line(value);
        }
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.unit.as_bytes());
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
        // Memory takes all that can be written.
        let _ = value.serialize(&mut serializer);
        let text = String::from_utf8_lossy(&bytes);
        text.replace('\n', &format!("{}{indent}", self.newline))
    }
}

fn one_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The white space that begins the line in which something stands.
fn indent_of(text: &str, at: usize) -> &str {
    let line = text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let rest = &text[line..at];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: [u8; 1] = [7];

    #[track_caller]
    fn added(text: &str) -> String {
        match add(text, "servers", &ENTRY).expect("it can be read") {
            Addition::Same => panic!("it is not there"),
            Addition::Edits { edits, .. } => apply(text, &edits),
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let after = added(text);
        assert_eq!(after, expected);
        assert!(matches!(add(&after, "servers", &ENTRY), Ok(Addition::Same)), "{after}");
    }

    #[test]
    fn an_entry_is_written_as_its_surroundings_are() {
        check("", "{\n  \"servers\": {\n    \"lore\": [\n      7\n    ]\n  }\n}\n");
        check("{\"a\":1}", "{\"a\":1, \"servers\": {\"lore\":[7]}}");
        check("{ \"servers\": {} }", "{ \"servers\": {\"lore\": [7]} }");
        check(
            "{\r\n\t\"servers\": {\r\n\t\t\"a\": 1,\r\n\t}\r\n}",
            "{\r\n\t\"servers\": {\r\n\t\t\"a\": 1,\r\n\t\t\"lore\": [\r\n\t\t\t7\r\n\t\t],\r\n\t}\r\n}",
        );
    }

    #[test]
    fn a_comment_stays_with_what_it_is_about() {
        check(
            "{\n  \"servers\": {\n    \"a\": 1 // one\n    // the end\n  }\n}",
            "{\n  \"servers\": {\n    \"a\": 1, // one\n    \"lore\": [\n      7\n    ]\n    // the end\n  }\n}",
        );
    }

    #[test]
    fn what_follows_a_comment_does_not_become_a_part_of_it() {
        let text = "{\"servers\": { // here\n\"lore\": [7] }, \"b\": 2}";
        let after = remove(text, "servers", false).expect("it can be read").expect("it is there");
        assert_eq!(after, "{\"servers\": { // here\n }, \"b\": 2}");
    }

    #[test]
    fn the_container_goes_if_it_is_empty() {
        let text = "{\n  \"a\": 1,\n  \"servers\": {\n    \"lore\": [7]\n  }\n}";
        let removed = |whole| remove(text, "servers", whole).expect("it can be read");
        assert_eq!(removed(true).as_deref(), Some("{\n  \"a\": 1\n}"));
        assert_eq!(removed(false).as_deref(), Some("{\n  \"a\": 1,\n  \"servers\": {}\n}"));
    }

    #[test]
    fn what_cannot_be_changed_is_named_with_its_place() {
        let problem = |text| add(text, "servers", &ENTRY).expect_err("it cannot be changed");
        assert_eq!(
            problem("{\n  \"a\" 1\n}"),
            "line 2, column 7: expected colon after the string or word in object property"
        );
        assert_eq!(problem("[]"), "line 1: it holds no object");
        assert_eq!(problem("{\n\"servers\": []}"), "line 2: `servers` is no object");
        assert_eq!(
            problem("{\"servers\": {},\n\"servers\": {}}"),
            "line 2: there is a second `servers`"
        );
    }
}
