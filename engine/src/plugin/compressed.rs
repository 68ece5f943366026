//! Zstandard files, read as if they were not compressed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use xxhash_rust::xxh64::Xxh64;

/// Why a file cannot be decompressed.
pub(super) enum Failure {
    /// It would have more bytes than allowed.
    TooLarge,
    /// It is damaged.
    Damaged(String),
    /// There is no room for the copy.
    Write(io::Error),
}

/// Decompresses `file` into a nameless file in `scratch`; returns it and its size, at most `limit`.
pub(super) fn decompress(file: File, scratch: &Path, limit: u64) -> Result<(File, u64), Failure> {
    let mut source = BufReader::with_capacity(128 << 10, file);
    let mut copy = BufWriter::with_capacity(
        128 << 10,
        tempfile::tempfile_in(scratch).map_err(Failure::Write)?,
    );
    let mut decoder = FrameDecoder::new();
    let mut buffer = vec![0; 128 << 10];
    let mut size = 0u64;
    // A file is any number of frames, one after the other.
    while !source.fill_buf().map_err(damaged)?.is_empty() {
        let mut frame = match StreamingDecoder::new_with_decoder(&mut source, &mut decoder) {
            Ok(frame) => frame,
            Err(error) => {
                skip(&mut source, error)?;
                continue;
            }
        };
        let mut hash = Xxh64::new(0);
        loop {
            let read = frame.read(&mut buffer).map_err(damaged)?;
            if read == 0 {
                break;
            }
            size += read as u64;
            if size > limit {
                return Err(Failure::TooLarge);
            }
            let bytes = &buffer[..read];
            hash.update(bytes);
            copy.write_all(bytes).map_err(Failure::Write)?;
        }
        // The lower half of the hash stands at the frame's end.
        if decoder.get_checksum_from_data().is_some_and(|sum| sum != hash.digest() as u32) {
            return Err(Failure::Damaged("the checksum does not fit".into()));
        }
    }
    let mut copy = copy.into_inner().map_err(|error| Failure::Write(error.into_error()))?;
    copy.seek(SeekFrom::Start(0)).map_err(Failure::Write)?;
    Ok((copy, size))
}

/// Passes over a frame that holds no data; any other error stays one.
fn skip(source: &mut impl Read, error: FrameDecoderError) -> Result<(), Failure> {
    let FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. }) =
        error
    else {
        return Err(damaged(error));
    };
    let length = u64::from(length);
    let skipped = io::copy(&mut source.take(length), &mut io::sink()).map_err(damaged)?;
    if skipped == length { Ok(()) } else { Err(Failure::Damaged("the file ends too early".into())) }
}

fn damaged(error: impl std::fmt::Display) -> Failure {
    Failure::Damaged(error.to_string())
}
