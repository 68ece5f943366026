//! Cuts a source into complete lines, blank ones included.

use lore_plugin_sdk::{MAX_LINE, ParseError, Source};

/// Bytes of one read.
const CHUNK: u32 = 1 << 20;

/// The lines of a source from some offset on.
pub(crate) struct Lines<'a> {
    source: &'a Source,
    /// Of the next line.
    offset: u64,
    buffer: Vec<u8>,
    /// Where the next line begins in the buffer.
    start: usize,
}

/// One line without its line feed.
pub(crate) struct Line {
    pub(crate) offset: u64,
    /// Where the next one begins.
    pub(crate) end: u64,
    /// Absent if it is too long to be read.
    pub(crate) text: Option<String>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(source: &'a Source, offset: u64) -> Self {
        Self { source, offset, buffer: Vec::new(), start: 0 }
    }

    /// The next line; nothing at the end, where the beginning of a line may still stand.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, ParseError> {
        let mut scanned = 0;
        let mut dropped = 0;
        loop {
            let rest = &self.buffer[self.start..];
            let line_feed = rest[scanned..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = line_feed.map(|at| scanned + at) {
                let offset = self.offset;
                let text = (dropped == 0).then(|| text(offset, &rest[..end]));
                self.start += end + 1;
                self.offset += dropped + end as u64 + 1;
                return Ok(Some(Line { offset, end: self.offset, text }));
            }
            scanned = rest.len();
            self.buffer.drain(..self.start);
            self.start = 0;
            if scanned > MAX_LINE {
                dropped += scanned as u64;
                self.buffer.clear();
                scanned = 0;
            }
            let chunk = self.source.read(self.offset + dropped + scanned as u64, CHUNK)?;
            if chunk.is_empty() {
                return Ok(None);
            }
            self.buffer.extend_from_slice(&chunk);
        }
    }
}

fn text(offset: u64, bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let bytes =
        if offset == 0 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
    String::from_utf8_lossy(bytes).into_owned()
}
