//! The files that plugins read.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use super::SourceError;
use super::compressed::{self, Failure};
use super::confined::{Confined, with_slashes};
use crate::model::Timestamp;

/// Bytes that may be decompressed for one reading.
const DECOMPRESSED: u64 = 4 << 30;

/// Bytes of one read.
const READ: u32 = 1 << 20;

/// An open file, read decompressed, and the directory below which others may be opened beside it.
///
/// It has the size that it had when it was opened: what is appended later is for the next reading,
/// and a file put in its place meanwhile does not matter.
#[derive(Debug)]
pub struct SourceFile {
    path: String,
    file: File,
    size: u64,
    /// Of the file as it lies on disk.
    metadata: Metadata,
    /// Whether `file` is a decompressed copy.
    is_copy: bool,
    folder: Arc<Folder>,
}

/// What a reading may open: the files below one base.
#[derive(Debug)]
pub(super) struct Folder {
    base: Confined,
    scratch: PathBuf,
    /// Bytes that may be decompressed from now on.
    room: AtomicU64,
    /// Nothing but the source is granted.
    source_only: bool,
    beside: Mutex<Beside>,
}

/// What a reading has looked at beside its source: if none of it has changed, a reading again would
/// find the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// Patterns that were looked for, and a hash of the paths that were found.
    pub(crate) found: BTreeMap<String, u128>,
    /// Paths that were opened, with what the file was like; nothing if there was none.
    pub(crate) opened: BTreeMap<String, Option<Metadata>>,
}

/// Tells what a reading has looked at, while it goes on and after.
pub(crate) struct Witness(Arc<Folder>);

impl Witness {
    pub(crate) fn beside(&self) -> Beside {
        self.0.beside.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A hash of the paths below `base` that match a pattern, as [`Beside::found`] has it; nothing if
/// they cannot be listed.
pub(crate) fn listing(base: &Path, pattern: &str) -> Option<u128> {
    Some(hash(&Confined::new(base).ok()?.find(pattern).ok()?))
}

fn hash(paths: &[String]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(paths.join("\n").as_bytes())
}

impl SourceFile {
    /// Opens the file at `relative` below the directory `base`. If its name ends in `.zst`, it is
    /// decompressed into a nameless file in the directory `scratch`, up to 4 GiB.
    ///
    /// # Errors
    /// If it does not lie below `base`, is no regular file or cannot be read or decompressed.
    pub fn open(base: &Path, relative: &Path, scratch: &Path) -> Result<Self, SourceError> {
        Self::open_within(base, relative, scratch, DECOMPRESSED)
    }

    /// As [`SourceFile::open`], but nothing can be opened or found beside it.
    ///
    /// # Errors
    /// As for [`SourceFile::open`].
    pub fn open_alone(base: &Path, relative: &Path, scratch: &Path) -> Result<Self, SourceError> {
        Self::open_in(base, relative, scratch, DECOMPRESSED, true)
    }

    /// As [`SourceFile::open`], but with at most `limit` bytes decompressed, for the file and for all
    /// that are opened beside it.
    ///
    /// # Errors
    /// As for [`SourceFile::open`].
    pub fn open_within(
        base: &Path,
        relative: &Path,
        scratch: &Path,
        limit: u64,
    ) -> Result<Self, SourceError> {
        Self::open_in(base, relative, scratch, limit, false)
    }

    fn open_in(
        base: &Path,
        relative: &Path,
        scratch: &Path,
        limit: u64,
        source_only: bool,
    ) -> Result<Self, SourceError> {
        let folder = Folder {
            base: Confined::new(base)?,
            scratch: scratch.to_owned(),
            room: AtomicU64::new(limit),
            beside: Mutex::default(),
            source_only,
        };
        Arc::new(folder).open_exactly(relative)
    }

    /// Path relative to the base, with `/`, without `.zst` at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Bytes, decompressed, when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// When it was last written, before it was opened.
    pub fn modified(&self) -> Timestamp {
        modified(&self.metadata)
    }

    /// At most `max` bytes (1 MiB) from `offset`; empty at the end.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub fn read(&self, offset: u64, max: u32) -> io::Result<Vec<u8>> {
        let left = self.size.saturating_sub(offset).min(u64::from(max.min(READ)));
        let mut bytes = vec![0; left as usize];
        let mut filled = 0;
        while filled < bytes.len() {
            match read_at(&self.file, &mut bytes[filled..], offset + filled as u64) {
                // Cut shorter since it was opened.
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// What the readings of it and of the files opened beside it have looked at so far.
    pub(crate) fn witness(&self) -> Witness {
        Witness(self.folder.clone())
    }

    /// Whether it is read from a decompressed copy.
    pub(super) fn is_copy(&self) -> bool {
        self.is_copy
    }

    /// The files beside it.
    pub(super) fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }
}

impl Folder {
    fn note(&self, note: impl FnOnce(&mut Beside)) {
        note(&mut self.beside.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Opens a file, or its compressed copy if only that is there.
    pub(super) fn open(self: &Arc<Self>, path: &str) -> Result<SourceFile, SourceError> {
        if self.source_only {
            return Err(SourceError::NotGranted { path: path.to_owned() });
        }
        let opened = self.open_either(path);
        let metadata = opened.as_ref().ok().map(|file| file.metadata.clone());
        self.note(|beside| {
            beside.opened.insert(path.to_owned(), metadata);
        });
        opened
    }

    fn open_either(self: &Arc<Self>, path: &str) -> Result<SourceFile, SourceError> {
        let is_missing = |error: &SourceError| matches!(error, SourceError::Io { error, .. } if error.kind() == io::ErrorKind::NotFound);
        match self.clone().open_exactly(Path::new(path)) {
            Err(missing) if is_missing(&missing) => {
                let compressed = self.clone().open_exactly(Path::new(&format!("{path}.zst")));
                // What was asked for is what is missing.
                compressed.map_err(|error| if is_missing(&error) { missing } else { error })
            }
            opened => opened,
        }
    }

    /// Paths of files that match a glob, sorted.
    pub(super) fn find(&self, pattern: &str) -> Result<Vec<String>, SourceError> {
        if self.source_only {
            return Err(SourceError::NotGranted { path: pattern.to_owned() });
        }
        let found = self.base.find(pattern)?;
        self.note(|beside| {
            beside.found.insert(pattern.to_owned(), hash(&found));
        });
        Ok(found)
    }

    /// The directory that all of them lie below.
    pub(super) fn base(&self) -> &Confined {
        &self.base
    }

    fn open_exactly(self: Arc<Self>, relative: &Path) -> Result<SourceFile, SourceError> {
        let (file, metadata) = self.base.open(relative)?;
        let path =
            with_slashes(relative).unwrap_or_else(|| relative.to_string_lossy().into_owned());
        let Some(plain) = path.strip_suffix(".zst") else {
            return Ok(SourceFile {
                path,
                file,
                size: metadata.len(),
                metadata,
                is_copy: false,
                folder: self,
            });
        };
        let room = self.room.load(Ordering::Relaxed);
        let (file, size) =
            compressed::decompress(file, &self.scratch, room).map_err(|failure| {
                let path = path.clone();
                match failure {
                    Failure::TooLarge => SourceError::TooLarge { path, limit: room },
                    Failure::Damaged(reason) => SourceError::Compressed { path, reason },
                    Failure::Write(error) => {
                        SourceError::Io { path: self.scratch.display().to_string(), error }
                    }
                }
            })?;
        self.room.fetch_sub(size, Ordering::Relaxed);
        Ok(SourceFile { path: plain.to_owned(), file, size, metadata, is_copy: true, folder: self })
    }
}

fn modified(metadata: &Metadata) -> Timestamp {
    let millis = metadata.modified().ok().map(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    });
    Timestamp(millis.unwrap_or_default())
}

/// Reads where it is told to.
#[cfg(unix)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
