//! Sources that are one JSON document, written anew as a whole.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Cursor, Output, ParseError, Source};

/// The largest document that is read, in bytes: beside it, what it is parsed to has to fit into the
/// plugin's memory.
const MAX_DOCUMENT: u64 = 64 << 20;

/// Reads the whole source as one document and moves the cursor to its end; bytes that are no UTF-8
/// read as `U+FFFD`.
///
/// There is no document if the source is empty or cut off, as it is while the tool writes: then the
/// cursor stays. If the source is no such document, that is noted as a problem, and the cursor
/// moves to the end.
///
/// # Errors
/// [`ParseError::Read`] if the host refuses a read, or the source is larger than 64 MiB.
pub fn read_document<T: DeserializeOwned>(
    source: &Source,
    cursor: &mut Cursor<impl Serialize + DeserializeOwned>,
    out: &mut Output,
) -> Result<Option<T>, ParseError> {
    let bytes = source.read_whole(MAX_DOCUMENT)?;
    let size = bytes.len() as u64;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match serde_json::from_str(text) {
        Ok(document) => {
            cursor.move_to(size);
            Ok(Some(document))
        }
        Err(error) if error.is_eof() || is_at_end(&error, text) => Ok(None),
        Err(error) => {
            out.problem(0, format!("not the document expected: {error}"));
            cursor.move_to(size);
            Ok(None)
        }
    }
}

/// Whether the text ends within a number: `-` or `0.` is none, and its error does not say that more
/// was expected.
fn is_at_end(error: &serde_json::Error, text: &str) -> bool {
    let (lines, last) = text.split('\n').fold((0, ""), |(count, _), line| (count + 1, line));
    let is_begun = last.ends_with(['-', '+', '.', 'e', 'E']);
    is_begun && error.is_syntax() && error.line() == lines && error.column() >= last.len()
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::{Growth, Watcher, WatcherInfo};

    struct Whole;

    impl Watcher for Whole {
        type State = ();

        fn info() -> WatcherInfo {
            WatcherInfo::new("whole", "Whole", "0").location("~", None, "*", Growth::Rewritten)
        }

        fn start(_: &Source) -> Result<(), ParseError> {
            Ok(())
        }
    }

    fn problems(text: &str) -> (bool, usize) {
        let source = Source::memory("a.json", text);
        let mut cursor = Cursor::open::<Whole>(&source, None).unwrap();
        let mut out = Output::default();
        let document = read_document::<Vec<Box<RawValue>>>(&source, &mut cursor, &mut out).unwrap();
        let reached = cursor.reached().unwrap();
        let batches = out.into_batches(&reached, cursor.reached().unwrap(), true);
        (document.is_some(), batches.iter().map(|batch| batch.events.len()).sum())
    }

    #[test]
    fn a_document_cut_off_anywhere_is_no_problem() {
        let whole = "[-0.5e3, {\"a\": [true, null, \"\\u00e9\"]},\n\"end\"]";
        for cut in 0..whole.len() {
            assert_eq!(problems(&whole[..cut]), (false, 0), "{}", &whole[..cut]);
        }
        assert_eq!(problems(whole), (true, 0));
        assert_eq!(problems("[1, 2,, 3]"), (false, 1));
        assert_eq!(problems("[{}}"), (false, 1));
        assert_eq!(problems("no document"), (false, 1));
    }
}
