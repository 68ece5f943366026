//! Where the values of JSON stand in a text, so that masking leaves it JSON.

use std::ops::Range;

use serde::de::IgnoredAny;

/// A string or a number.
#[derive(Debug)]
pub(super) struct Scalar {
    /// With its quotes.
    pub(super) range: Range<usize>,
    /// The string that names it.
    pub(super) key: Option<Range<usize>>,
    pub(super) is_string: bool,
}

/// The strings, keys among them, and the numbers of JSON, in order. Several values may stand one after
/// another, as in lines. Nothing if the text is anything else.
pub(super) fn scalars(text: &str) -> Option<Vec<Scalar>> {
    if !text.trim_ascii_start().starts_with(['{', '[', '"']) {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    if !values.all(|value| value.is_ok()) {
        return None;
    }
    let bytes = text.as_bytes();
    let mut scalars: Vec<Scalar> = Vec::new();
    let (mut key, mut at) = (None, 0);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'"' => {
                at = end_of_string(bytes, at);
                scalars.push(Scalar { range: start..at, key: key.take(), is_string: true });
            }
            b'-' | b'0'..=b'9' => {
                let is_digit =
                    |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                at += bytes.iter().skip(at).take_while(|byte| is_digit(byte)).count();
                scalars.push(Scalar { range: start..at, key: key.take(), is_string: false });
            }
            b':' => key = scalars.last().map(|scalar| scalar.range.clone()),
            b'{' | b'[' | b'}' | b']' | b',' => key = None,
            _ => {}
        }
    }
    Some(scalars)
}

/// Behind the quote that closes it.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
