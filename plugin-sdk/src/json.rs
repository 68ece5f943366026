//! Small helpers for JSON values of loose shape.

use serde_json::Value;

/// A run of base64 of this many characters or more is a payload that nobody reads.
const PAYLOAD: usize = 1024;

/// The text of a string value, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The value as JSON without white space.
pub fn compact(value: &Value) -> String {
    value.to_string()
}

/// What people can read of a content that is a string, a block, a list of blocks, or absent: texts
/// one below the other, anything else as compact JSON with its payloads elided.
pub fn content(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let mut all = String::new();
            for block in blocks {
                if !all.is_empty() {
                    all.push('\n');
                }
                all.push_str(&content(block));
            }
            all
        }
        Value::Object(block) => match block.get("text") {
            Some(Value::String(text)) => text.clone(),
            _ => compact_elided(value.clone()),
        },
        other => compact(other),
    }
}

/// As [`compact`], after [`elide`].
pub fn compact_elided(mut value: Value) -> String {
    elide(&mut value);
    compact(&value)
}

/// Puts `[base64, 123456 bytes]` in the place of each base64 payload, in strings at any depth: the
/// whole of a `data` field, what follows `base64,` in a data URI. The figure is the payload's length
/// as written.
pub fn elide(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(short) = without_payloads(text) {
                *text = short;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(elide),
        Value::Object(fields) => fields.values_mut().for_each(elide),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with its payloads elided; nothing if it has none.
fn without_payloads(text: &str) -> Option<String> {
    if text.len() < PAYLOAD {
        return None;
    }
    let mut short = String::new();
    let mut copied = 0;
    let mut start = 0;
    for run in text.as_bytes().split(|byte| !is_base64(*byte)) {
        if run.len() >= PAYLOAD && is_mixed(run) {
            short.push_str(&text[copied..start]);
            short.push_str(&format!("[base64, {} bytes]", run.len()));
            copied = start + run.len();
        }
        start += run.len() + 1;
    }
    (copied > 0).then(|| short + &text[copied..])
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Whether it looks like a payload rather than a rule of dashes or one letter many times.
fn is_mixed(run: &[u8]) -> bool {
    let has = |class: fn(&u8) -> bool| run.iter().any(class);
    has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn payloads_are_elided_wherever_they_stand() {
        let payload = "iVBORw0KGgo+/w==".repeat(100);
        let mut value = json!({
            "source": {"type": "base64", "media_type": "image/png", "data": payload},
            "urls": [format!("see data:image/png;base64,{payload}, here")],
        });
        elide(&mut value);
        assert_eq!(
            value,
            json!({
                "source": {
                    "type": "base64", "media_type": "image/png", "data": "[base64, 1600 bytes]",
                },
                "urls": ["see data:image/png;base64,[base64, 1600 bytes], here"],
            })
        );
    }

    #[test]
    fn texts_stay_as_they_are() {
        let prose = "A sentence that goes on and on. ".repeat(100);
        let rule = "-".repeat(4000);
        let mut value = json!([prose, rule, "iVBORw0KGgo=", 1, null]);
        let before = value.clone();
        elide(&mut value);
        assert_eq!(value, before);
    }

    #[test]
    fn content_reads_every_shape() {
        assert_eq!(content(&json!(null)), "");
        assert_eq!(content(&json!("plain")), "plain");
        let blocks = json!([{"type": "text", "text": "one"}, {"type": "image", "id": 1}, "two"]);
        assert_eq!(content(&blocks), "one\n{\"id\":1,\"type\":\"image\"}\ntwo");
        assert_eq!(content(&json!({"ok": true})), "{\"ok\":true}");
    }

    proptest! {
        #[test]
        fn nothing_but_runs_of_base64_is_touched(words in prop::collection::vec("[a-zé\u{1F600}]{0,80} ", 0..80)) {
            let text = words.concat();
            prop_assert_eq!(without_payloads(&text), None);
        }
    }
}
