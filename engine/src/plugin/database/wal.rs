//! The write-ahead log of a database, read without its index and without a lock.
//!
//! A log is a header and frames, each a page with the checksum of all that comes before it. A commit
//! is the frame that says how many pages the database has. What follows the last commit is not there
//! yet. A writer that begins the log anew gives its header another salt, and frames that do not have
//! the header's salt are leftovers.
//!
//! A committed frame never changes as long as the header does not. This module trusts that; whoever
//! reads must look at the header again afterwards.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::time::Instant;

use crate::plugin::source::read_at;

/// Bytes of the log's header, and what they begin with; the last bit says how checksums are made.
const HEADER: usize = 32;
const MAGIC: u32 = 0x377f_0682;
const VERSION: u32 = 3_007_000;
/// Bytes before the page in a frame.
const FRAME_HEADER: usize = 24;
/// Frames that are read; a log is some thousands long, unless a tool forgets it.
const FRAMES: u64 = 1 << 22;
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// The header of a log.
pub(super) type Header = [u8; HEADER];

/// The committed frames of a log.
pub(super) struct Wal {
    file: File,
    header: Header,
    page_size: u32,
    /// Where the newest committed content of a page begins in the file.
    pages: HashMap<u32, u64>,
    frames: u64,
    /// The checksum of these frames.
    sums: Sums,
    /// Pages of the database after the last commit; None without any.
    page_count: Option<u32>,
}

impl Wal {
    /// Reads a log; None if it has no valid header, which is as if there were none. If it is the same
    /// one as `before`, only what came since is read.
    ///
    /// # Errors
    /// If the operating system refuses, the log is too long, or it takes longer than `until`.
    pub(super) fn read(
        file: File,
        before: Option<Self>,
        until: Instant,
    ) -> io::Result<Option<Self>> {
        let Some(header) = header(&file)? else { return Ok(None) };
        let mut wal = match before {
            Some(before) if before.header == header => Self { file, ..before },
            _ => Self {
                file,
                header,
                page_size: word(&header, 8),
                pages: HashMap::new(),
                frames: 0,
                sums: Sums::after(&header),
                page_count: None,
            },
        };
        wal.go_on(until)?;
        Ok(Some(wal))
    }

    /// Takes in what was committed after the last commit that is known.
    fn go_on(&mut self, until: Instant) -> io::Result<()> {
        let frame_size = FRAME_HEADER + self.page_size as usize;
        let (mut frames, mut sums, mut uncommitted) = (self.frames, self.sums, Vec::new());
        let mut chunk = vec![0; (CHUNK / frame_size).max(1) * frame_size];
        loop {
            if Instant::now() >= until {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let filled = fill(&self.file, &mut chunk, self.position(frames))?;
            for frame in chunk[..filled].chunks_exact(frame_size) {
                let (page, page_count) = (word(frame, 0), word(frame, 4));
                if page == 0 || !self.has_salt(frame) || !sums.take(frame) {
                    return Ok(());
                }
                if frames == FRAMES {
                    return Err(io::Error::other("its write-ahead log is too long"));
                }
                uncommitted.push((page, self.position(frames) + FRAME_HEADER as u64));
                frames += 1;
                if page_count > 0 {
                    self.pages.extend(uncommitted.drain(..));
                    (self.frames, self.sums, self.page_count) = (frames, sums, Some(page_count));
                }
            }
            if filled < chunk.len() {
                return Ok(());
            }
        }
    }

    /// What it begins with.
    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of a page.
    pub(super) fn page_size(&self) -> u32 {
        self.page_size
    }

    /// Pages of the database after the last commit; None if nothing is committed here.
    pub(super) fn page_count(&self) -> Option<u32> {
        self.page_count
    }

    /// Reads from a page, counted from 1; None if the log does not have it.
    pub(super) fn read_page(
        &self,
        page: u32,
        offset: u64,
        buffer: &mut [u8],
    ) -> Option<io::Result<usize>> {
        let start = self.pages.get(&page)?;
        Some(fill(&self.file, buffer, start + offset))
    }

    /// Whether frames follow the last commit that was read. They may be committed by now, and the
    /// database may have what they hold.
    pub(super) fn has_grown(&self) -> io::Result<bool> {
        let mut frame = [0; FRAME_HEADER];
        let filled = fill(&self.file, &mut frame, self.position(self.frames))?;
        Ok(filled == frame.len() && self.has_salt(&frame))
    }

    fn position(&self, frames: u64) -> u64 {
        HEADER as u64 + frames * (FRAME_HEADER as u64 + u64::from(self.page_size))
    }

    fn has_salt(&self, frame: &[u8]) -> bool {
        frame.get(8..16) == self.header.get(16..24)
    }
}

/// The header of a log, if it is a valid one.
pub(super) fn header(file: &File) -> io::Result<Option<Header>> {
    let mut header = [0; HEADER];
    let filled = fill(file, &mut header, 0)?;
    let page_size = word(&header, 8);
    let is_valid = filled == HEADER
        && word(&header, 0) & !1 == MAGIC
        && word(&header, 4) == VERSION
        && (512..=65_536).contains(&page_size)
        && page_size.is_power_of_two()
        && Sums::after(&header).is(word(&header, 24), word(&header, 28));
    Ok(is_valid.then_some(header))
}

/// Reads until the buffer is full or the file ends.
pub(super) fn fill(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read_at(file, rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The running checksum of a log.
#[derive(Clone, Copy)]
struct Sums {
    is_big_endian: bool,
    sums: (u32, u32),
}

impl Sums {
    fn after(header: &Header) -> Self {
        let mut sums = Self { is_big_endian: word(header, 0) & 1 == 1, sums: (0, 0) };
        sums.add(&header[..24]);
        sums
    }

    /// Goes on over a frame; says whether its checksum fits.
    fn take(&mut self, frame: &[u8]) -> bool {
        self.add(&frame[..8]);
        self.add(&frame[FRAME_HEADER..]);
        self.is(word(frame, 16), word(frame, 20))
    }

    fn add(&mut self, bytes: &[u8]) {
        let (mut first, mut second) = self.sums;
        let word = |bytes: [u8; 4]| match self.is_big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        };
        let (words, _) = bytes.as_chunks::<4>();
        for [one, other] in words.as_chunks::<2>().0 {
            first = first.wrapping_add(word(*one)).wrapping_add(second);
            second = second.wrapping_add(word(*other)).wrapping_add(first);
        }
        self.sums = (first, second);
    }

    fn is(&self, first: u32, second: u32) -> bool {
        self.sums == (first, second)
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<4>());
    u32::from_be_bytes(word.copied().unwrap_or_default())
}
