//! Append-only files of one JSON record a line.
//!
//! A tool may be writing while we read, so a last line without a line feed is read only if it is a
//! complete JSON object: no proper prefix of an object is one, so such a line can only gain its line
//! feed. Anything else is left for the next time.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::output::Reached;
use crate::{Batch, Output, ParseError, Source, Watcher};

/// Bytes of one read from the host.
pub(crate) const CHUNK: u32 = 1 << 20;

/// The longest line that is read, in bytes; a longer one is a problem. Images inlined as base64 make
/// lines of several megabytes; the memory of a plugin is bounded (256 MiB by default).
pub const MAX_LINE: usize = 48 << 20;

/// Where reading stands in a source.
pub struct Cursor<S> {
    position: u64,
    /// The watcher's own state.
    pub state: S,
    /// Bytes after `position` that were read already: the beginning of a line.
    ahead: Vec<u8>,
    /// Batches that were read and are to be returned before more is.
    pub(crate) held: VecDeque<Batch>,
}

#[derive(Serialize, Deserialize)]
struct Checkpoint<S> {
    position: u64,
    state: S,
}

impl<S: Serialize + DeserializeOwned> Cursor<S> {
    /// A cursor at the checkpoint, or at the start.
    pub(crate) fn open<W: Watcher<State = S>>(
        source: &Source,
        checkpoint: Option<&[u8]>,
    ) -> Result<Self, ParseError> {
        let (position, state) = match checkpoint {
            None => (0, W::start(source)?),
            Some(bytes) => {
                let Checkpoint { position, state } =
                    postcard::from_bytes(bytes).map_err(|_| ParseError::StaleCheckpoint)?;
                (position, state)
            }
        };
        if position > source.size() {
            return Err(ParseError::StaleCheckpoint);
        }
        Ok(Self { position, state, ahead: Vec::new(), held: VecDeque::new() })
    }

    /// Bytes of the source that are dealt with.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Moves to `position`: for a watcher that reads by other means than lines.
    pub fn move_to(&mut self, position: u64) {
        self.position = position;
        self.ahead.clear();
    }

    pub(crate) fn reached(&self) -> Result<Reached, ParseError> {
        let Self { position, state, .. } = self;
        let checkpoint =
            postcard::to_stdvec(&Checkpoint { position: *position, state }).map_err(|error| {
                ParseError::Other(format!("the checkpoint cannot be written: {error}"))
            })?;
        Ok(Reached { position: *position, checkpoint })
    }
}

/// One non-empty line, without its line feed. Bytes that are no UTF-8 read as `U+FFFD`.
pub struct Line<'a> {
    offset: u64,
    text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    /// A line that was cut out by other means.
    pub fn new(offset: u64, text: impl Into<Cow<'a, str>>) -> Self {
        Self { offset, text: text.into() }
    }

    /// Bytes from the start of the source to the start of the line.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The line's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Reads the line as JSON; if it is none, notes a problem and returns nothing.
    pub fn json<'l, T: Deserialize<'l>>(&'l self, out: &mut Output) -> Option<T> {
        serde_json::from_str(&self.text)
            .map_err(|error| out.problem(self.offset, format!("not the JSON expected: {error}")))
            .ok()
    }
}

/// Cuts the source into lines for [`Watcher::line`] until `out` is full or the source ends; returns
/// whether it ended. It is what [`Watcher::read`] does if it is left as given.
///
/// # Errors
/// What `line` returns, and [`ParseError::Read`] if the host refuses a read.
pub fn read_lines<W: Watcher + ?Sized>(
    source: &Source,
    cursor: &mut Cursor<W::State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let mut scanned = 0; // of `ahead`, known to hold no line feed
    loop {
        let mut start = 0;
        while let Some(end) = memchr::memchr(b'\n', &cursor.ahead[start.max(scanned)..]) {
            let end = start.max(scanned) + end;
            take_line::<W>(&mut cursor.state, cursor.position, &cursor.ahead[start..end], out)?;
            cursor.position += (end + 1 - start) as u64;
            start = end + 1;
            if out.is_full() {
                cursor.ahead.drain(..start);
                return Ok(false);
            }
        }
        cursor.ahead.drain(..start);
        scanned = cursor.ahead.len();
        if scanned > MAX_LINE {
            return skip_line::<W>(source, cursor, out);
        }
        let chunk = source.read(cursor.position + scanned as u64, CHUNK)?;
        if chunk.is_empty() {
            if is_json_object(&cursor.ahead) {
                let line = std::mem::take(&mut cursor.ahead);
                take_line::<W>(&mut cursor.state, cursor.position, &line, out)?;
                cursor.position += line.len() as u64;
            }
            return Ok(true);
        }
        cursor.ahead.extend_from_slice(&chunk);
    }
}

fn take_line<W: Watcher + ?Sized>(
    state: &mut W::State,
    offset: u64,
    bytes: &[u8],
    out: &mut Output,
) -> Result<(), ParseError> {
    let bytes =
        if offset == 0 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    // The check alone is far faster than the lossy reading, and nearly always enough.
    let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed);
    W::line(state, &Line { offset, text }, out)
}

/// Passes over a line that is too long to hold, once its end is there.
fn skip_line<W: Watcher + ?Sized>(
    source: &Source,
    cursor: &mut Cursor<W::State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let mut end = cursor.position + cursor.ahead.len() as u64;
    loop {
        let chunk = source.read(end, CHUNK)?;
        if chunk.is_empty() {
            return Ok(true);
        }
        if let Some(at) = memchr::memchr(b'\n', &chunk) {
            let size = end + at as u64 - cursor.position;
            let problem =
                format!("the line has {size} bytes, more than the {MAX_LINE} that are read");
            out.problem(cursor.position, problem);
            cursor.move_to(end + at as u64 + 1);
            return Ok(false);
        }
        end += chunk.len() as u64;
    }
}

fn is_json_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().first() == Some(&b'{')
        && serde_json::from_str::<serde::de::IgnoredAny>(&String::from_utf8_lossy(bytes)).is_ok()
}
