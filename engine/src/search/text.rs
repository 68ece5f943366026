//! What of a message is searched, as one text.
//!
//! Of a tool call that is its name and what stands in its arguments: the strings and numbers of the
//! JSON, without its escapes, and the names of members except the outermost, which are the tool's
//! parameters and the same in every call. Lore's own answers are left out: see [`super::own`].

use super::fold::BREAK;
use super::own;
use crate::model::{Block, Message, ToolUse};

/// What of `message` is searched: its blocks, separated by a character across which no phrase
/// reaches.
pub fn plain_text(message: &Message) -> String {
    let mut text = String::new();
    append_text(message, &mut text);
    text
}

/// Appends what of `message` is searched.
pub(crate) fn append_text(message: &Message, text: &mut String) {
    for block in own::blocks(message) {
        if !text.is_empty() {
            text.push(BREAK);
        }
        append_block(block, text);
    }
}

/// Appends what of `block` is searched.
pub(crate) fn append_block(block: &Block, text: &mut String) {
    match block {
        Block::Text(said) => text.push_str(own::others(said)),
        Block::Thinking(thought) => text.push_str(thought),
        Block::ToolUse(call) => append_call(call, text),
        Block::ToolResult(result) => text.push_str(&result.content),
        Block::Other(json) => append_json(json, text),
    }
}

/// Appends a call. What the plugin found in the arguments is repeated only if it does not stand
/// there as it is.
fn append_call(call: &ToolUse, text: &mut String) {
    text.push_str(&call.name);
    let arguments = text.len();
    text.push('\n');
    append_json(&call.input, text);
    let paths = call.edits.iter().flat_map(|edit| [Some(&edit.path), edit.to.as_ref()]).flatten();
    let derived = call.command.iter().chain(paths).chain(&call.reads);
    for value in derived {
        if !text[arguments..].contains(value.as_str()) {
            text.push('\n');
            text.push_str(value);
        }
    }
    if call.input.is_empty() {
        for edit in &call.edits {
            for side in [&edit.before, &edit.after].into_iter().flatten() {
                text.push(BREAK);
                text.push_str(side);
            }
        }
    }
}

/// Appends the strings and numbers of `json`, one a line. Text that is not JSON is appended as it
/// is; what is damaged loses no more than its escapes.
fn append_json(json: &str, text: &mut String) {
    if !json.trim_start().starts_with(['{', '[', '"']) {
        text.push_str(json);
        return;
    }
    let bytes = json.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = at + 1;
                let end = string_end(bytes, start);
                let after = bytes.get(end + 1..).unwrap_or_default();
                let is_name = after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
                if !(is_name && depth == 1) {
                    text.push('\n');
                    append_unescaped(&json[start..end], text);
                }
                at = end;
            }
            b'0'..=b'9' => {
                let rest = &bytes[at..];
                let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b'.'));
                let end = at + length.unwrap_or(rest.len());
                text.push('\n');
                text.push_str(&json[at..end]);
                at = end - 1;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Where the string that begins at `start` ends: at its closing quote, or at the end.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(length) = bytes[at..].iter().position(|byte| matches!(byte, b'"' | b'\\')) {
        at += length;
        if bytes[at] == b'"' {
            return at;
        }
        at = (at + 2).min(bytes.len());
    }
    bytes.len()
}

/// Appends the inside of a JSON string without its escapes.
fn append_unescaped(mut escaped: &str, text: &mut String) {
    while let Some((plain, rest)) = escaped.split_once('\\') {
        text.push_str(plain);
        let mut characters = rest.chars();
        escaped = match characters.next() {
            Some('n') => push(text, '\n', characters.as_str()),
            Some('t') => push(text, '\t', characters.as_str()),
            Some('r' | 'b' | 'f') => push(text, ' ', characters.as_str()),
            Some('u') => append_code(characters.as_str(), text),
            Some(other) => push(text, other, characters.as_str()),
            None => "",
        };
    }
    text.push_str(escaped);
}

/// Appends `character` and gives back `rest`.
fn push<'a>(text: &mut String, character: char, rest: &'a str) -> &'a str {
    text.push(character);
    rest
}

/// Appends the character whose code, four digits or a pair of surrogates, `rest` begins with, and
/// gives back what follows.
fn append_code<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let code = |rest: &str| rest.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let Some(first) = code(rest) else { return rest };
    let after = &rest[4..];
    let second = after.strip_prefix("\\u").and_then(code);
    let units = [first, second.unwrap_or_default()];
    match char::decode_utf16(units).next() {
        Some(Ok(character)) if character as u32 > 0xffff => push(text, character, &after[6..]),
        Some(Ok(character)) => push(text, character, after),
        _ => after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let mut text = String::new();
        append_json(json, &mut text);
        assert_eq!(text, expected, "{json}");
    }

    #[test]
    fn strings_and_numbers_of_json() {
        check(
            r#"{"path": "src/a.rs", "line": 12, "flag": true, "x" : -1.5}"#,
            "\nsrc/a.rs\n12\n1.5",
        );
        check(r#"["bash", "-lc", "ls"]"#, "\nbash\n-lc\nls");
        check(r#"{"todos":[{"state":"open"}]}"#, "\nstate\nopen");
        check(r#""just text""#, "\njust text");
        check("*** Begin Patch", "*** Begin Patch");
        check("", "");
    }

    #[test]
    fn escapes_are_undone() {
        check(r#"["a\nb\t\"c\" \\ \/ \u00e9 \ud83d\ude00 z"]"#, "\na\nb\t\"c\" \\ / é 😀 z");
        check(r#"["\ud83d lone", "\udead\u0041", "\u12"]"#, "\n lone\nA\n12");
    }

    #[test]
    fn damaged_json_is_read_as_far_as_it_goes() {
        check(r#"{"a": "open"#, "\nopen");
        check(r#"{"a": "ends with \"#, "\nends with ");
        check(r#"[]]}{"a": {"deep": "é""#, "\ndeep\né");
        check("{\"a\": \"\\é\"}", "\né");
    }
}
