//! Damaged input: whatever stands in a file, nothing panics and no record is lost. What is damaged,
//! and how often, is for the plugin's test to choose.

use std::path::Path;

use serde_json::{Value, json};

use crate::corpus::read;
use crate::fixture::cases;
use crate::{Batch, Event, ParseError, Source, Watcher, native};

/// The lines with some of their bytes written over (place, byte) and some cut out (place, length);
/// places count on at the start where the lines end. The first line stays, so that the file is still
/// known for what it is, and the last is ended.
pub fn lines(lines: &[u8], written: &[(usize, u8)], cut: &[(usize, usize)]) -> Vec<u8> {
    let first = lines.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let (first, rest) = lines.split_at(first);
    let mut rest = rest.to_vec();
    for (at, byte) in written {
        if let Some(at) = at.checked_rem(rest.len()) {
            rest[at] = *byte;
        }
    }
    for (at, length) in cut {
        if let Some(at) = at.checked_rem(rest.len()) {
            rest.drain(at..rest.len().min(at.saturating_add(*length)));
        }
    }
    [first, &rest, b"\n"].concat()
}

/// Checks that every line that is not blank is counted once, or told of as a problem.
///
/// # Panics
/// If one is not, or the file is refused.
#[track_caller]
pub fn counts_every_line<W: Watcher>(path: &str, bytes: Vec<u8>) {
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty()).count();
    let batch = read::<W>(&Source::memory(path, bytes));
    assert_eq!(accounted(&batch), lines, "{path}: its lines");
}

/// The content of the first file of a fixture whose name ends so.
///
/// # Panics
/// If the fixtures cannot be read, or there is no such case or file.
#[track_caller]
pub fn file(fixtures: impl AsRef<Path>, case: &str, end: &str) -> Vec<u8> {
    let cases = cases(fixtures.as_ref()).expect("the fixtures are readable");
    let files = cases.into_iter().filter(|known| known.name == case).flat_map(|case| case.files);
    let file = files.into_iter().find(|(path, _)| path.ends_with(end));
    file.unwrap_or_else(|| panic!("`{case}` has no file that ends with `{end}`")).1
}

/// The JSON documents among the files of all fixtures, with their paths.
///
/// # Panics
/// If the fixtures cannot be read.
#[track_caller]
pub fn documents(fixtures: impl AsRef<Path>) -> Vec<(String, Value)> {
    let cases = cases(fixtures.as_ref()).expect("the fixtures are readable");
    let files = cases.into_iter().flat_map(|case| case.files);
    files.filter_map(|(path, bytes)| Some((path, serde_json::from_slice(&bytes).ok()?))).collect()
}

/// Values that stand where nobody expects them.
pub fn odd_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("é"),
        json!([]),
        json!([[null]]),
        json!({}),
        json!({"type": 1}),
        json!({"text": {"text": []}}),
    ]
}

/// Puts `odd` in the place of the `place`th value of a document, which itself is the first of them.
pub fn put(document: &mut Value, mut place: usize, odd: &Value) {
    replace(document, &mut place, odd);
}

fn replace(value: &mut Value, left: &mut usize, odd: &Value) {
    if *left == 0 {
        *value = odd.clone();
    }
    *left = left.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, left, odd)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, left, odd)),
        _ => {}
    }
}

/// Checks that a document is refused as another's, or read to its end with so many records counted
/// or told of as problems.
///
/// # Panics
/// If neither is so.
#[track_caller]
pub fn counts_every_record<W: Watcher>(path: &str, document: &Value, records: usize) {
    let source = Source::memory(path, document.to_string());
    match native::read_all::<W>(&source) {
        Ok(batch) => {
            assert_eq!(accounted(&batch), records, "{path}: its records");
            assert_eq!(batch.position, source.size(), "{path}");
        }
        Err(error) => assert_eq!(error, ParseError::NotMine, "{path}"),
    }
}

fn accounted(batch: &Batch) -> usize {
    let problems = batch.events.iter().filter(|event| matches!(event, Event::Problem(_))).count();
    batch.counts.iter().map(|count| count.records as usize).sum::<usize>() + problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_stays() {
        assert_eq!(lines(b"first\nsecond", &[(7, b'E')], &[(2, 2)]), b"first\nsEnd\n");
        assert_eq!(lines(b"", &[(7, b'E')], &[(2, 2)]), b"\n");
    }

    #[test]
    fn values_are_met_from_the_outside_in() {
        let mut document = json!({"a": [1, 2], "b": 3});
        put(&mut document, 3, &json!(null));
        assert_eq!(document, json!({"a": [1, null], "b": 3}));
    }
}
