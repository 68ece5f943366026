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
        Err(error) if error.is_eof() => Ok(None),
        Err(error) => {
            out.problem(0, format!("not the document expected: {error}"));
            cursor.move_to(size);
            Ok(None)
        }
    }
}
