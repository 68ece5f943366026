//! Files that are one JSON document: exported sessions (`{"loglines": […]}`), and the notes beside a
//! sub-agent's file (`agent-….meta.json`).

use lore_plugin_sdk::{Cursor, Line, Output, ParseError, Source};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{State, messages};

/// The largest document that is read, in bytes.
const LIMIT: u64 = 48 << 20;

/// Whether a source is such a document, by its name and its first bytes.
pub(crate) fn is_document(source: &Source, head: &[u8]) -> bool {
    let path = source.path();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let first = head.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    (name.starts_with("agent-") && name.ends_with(".meta.json"))
        || first.is_some_and(|first| first.starts_with(b"\"loglines\""))
}

/// Reads on, `taken` records into the document.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    taken: u32,
    out: &mut Output,
) -> Result<bool, ParseError> {
    #[derive(Deserialize)]
    struct Document<'a> {
        #[serde(borrow)]
        loglines: Option<Vec<&'a RawValue>>,
    }
    let size = source.size();
    if taken > 0 && cursor.position() == size {
        return Ok(true);
    }
    let bytes = source.read_whole(LIMIT)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        // It is still being written, and read when it is complete.
        Err(error) if error.is_eof() => return Ok(true),
        Err(_) => return Err(ParseError::NotMine),
    };
    let Some(records) = document.loglines else {
        if taken == 0 {
            out.skipped("agent-meta");
        }
        cursor.state.document = Some(1);
        cursor.move_to(size);
        return Ok(true);
    };
    for (index, record) in records.iter().enumerate().skip(taken as usize) {
        let offset = record.get().as_ptr() as usize - text.as_ptr() as usize;
        messages::take(&mut cursor.state, &Line::new(offset as u64, record.get()), out);
        cursor.state.document = Some(index as u32 + 1);
        if out.is_full() && index + 1 < records.len() {
            cursor.move_to((offset + record.get().len()) as u64);
            return Ok(false);
        }
    }
    cursor.move_to(size);
    Ok(true)
}
