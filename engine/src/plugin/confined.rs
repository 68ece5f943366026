//! A directory that nothing is opened outside of.
//!
//! Paths come from plugins and from what lies on disk, and either may want out: by `..`, by an
//! absolute path, by a symbolic link. Links that stay below the directory are followed.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use super::SourceError;

/// The longest pattern, in bytes.
const PATTERN_LENGTH: usize = 1024;
/// Entries that one search looks at.
const VISITED: usize = 100_000;
/// Paths that one search returns.
const FOUND: usize = 10_000;
/// Directories below each other that a search enters.
const DEPTH: usize = 32;

/// The directory, with its links resolved.
#[derive(Debug)]
pub(super) struct Confined(PathBuf);

impl Confined {
    pub(super) fn new(base: &Path) -> Result<Self, SourceError> {
        match base.canonicalize() {
            Ok(path) => Ok(Self(path)),
            Err(error) => Err(SourceError::Io { path: base.display().to_string(), error }),
        }
    }

    /// Opens a regular file for reading.
    pub(super) fn open(&self, relative: &Path) -> Result<(File, Metadata), SourceError> {
        let name = || relative.display().to_string();
        let failed = |error| SourceError::Io { path: name(), error };
        let path = self.resolve(relative)?;
        // A pipe would block as soon as it is opened, so this is asked before.
        if !path.metadata().map_err(failed)?.is_file() {
            return Err(SourceError::NotAFile { path: name() });
        }
        let file = open_without_surprise(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(SourceError::NotAFile { path: name() });
        }
        // Someone may have put a link in the path's way since it was resolved.
        let again = self.resolve(relative)?;
        if !is_same(&metadata, &again.symlink_metadata().map_err(failed)?) {
            return Err(failed(io::Error::other("the file was replaced while it was opened")));
        }
        Ok((file, metadata))
    }

    /// What a path leads to, without links, relative.
    pub(super) fn true_path(&self, relative: &Path) -> Result<PathBuf, SourceError> {
        let path = self.resolve(relative)?;
        Ok(path.strip_prefix(&self.0).map(Path::to_owned).unwrap_or(path))
    }

    /// Paths of regular files that match a glob, relative, with `/`, sorted. A compressed file, with
    /// `.zst` after its name, goes by its name without.
    pub(super) fn find(&self, pattern: &str) -> Result<Vec<String>, SourceError> {
        let bad = |reason: String| SourceError::Pattern {
            pattern: pattern.chars().take(80).collect(),
            reason,
        };
        if pattern.len() > PATTERN_LENGTH {
            return Err(bad(format!("it is longer than {PATTERN_LENGTH} bytes")));
        }
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| bad(error.kind().to_string()))?
            .compile_matcher();

        // A pattern often names its directories, and then there is no need to look at others.
        let parts: Vec<&str> = pattern.split('/').collect();
        let named = parts
            .iter()
            .take(parts.len() - 1)
            .take_while(|part| !part.contains(['*', '?', '[', ']', '{', '}', '\\']))
            .count();
        let start = parts[..named].join("/");
        let depth = if pattern.contains("**") || pattern.contains('{') {
            DEPTH
        } else {
            (parts.len() - named).min(DEPTH)
        };
        let root = match self.resolve(Path::new(&start)) {
            Ok(root) => root,
            Err(SourceError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };

        let mut found = Vec::new();
        let entries = WalkDir::new(&root).min_depth(1).max_depth(depth).follow_links(false);
        for (visited, entry) in entries.into_iter().enumerate() {
            if visited >= VISITED || found.len() >= FOUND {
                let (pattern, base) = (pattern.to_owned(), self.0.clone());
                let limit = if visited >= VISITED { VISITED } else { FOUND };
                return Err(SourceError::TooMany { pattern, base, limit });
            }
            // Directories that cannot be read hold nothing that could be opened.
            let Ok(entry) = entry else { continue };
            if !entry.file_type().is_file() {
                continue;
            }
            let Ok(below) = entry.path().strip_prefix(&root) else { continue };
            let Some(below) = with_slashes(below) else { continue };
            let path = if start.is_empty() { below } else { format!("{start}/{below}") };
            let path = path.strip_suffix(".zst").unwrap_or(&path);
            if glob.is_match(path) {
                found.push(path.to_owned());
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The true path of something below.
    fn resolve(&self, relative: &Path) -> Result<PathBuf, SourceError> {
        let outside =
            || SourceError::Outside { path: relative.display().to_string(), base: self.0.clone() };
        let plain = relative.components().all(|part| match part {
            // A colon names a stream or a drive on Windows.
            Component::Normal(name) => {
                let name = name.as_encoded_bytes();
                !name.iter().any(|byte| *byte == 0 || (cfg!(windows) && *byte == b':'))
            }
            _ => false,
        });
        if !plain {
            return Err(outside());
        }
        let path = self
            .0
            .join(relative)
            .canonicalize()
            .map_err(|error| SourceError::Io { path: relative.display().to_string(), error })?;
        if path.starts_with(&self.0) { Ok(path) } else { Err(outside()) }
    }
}

/// A relative path with `/`; nothing if it is no UTF-8.
pub(super) fn with_slashes(path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(unix)]
fn open_without_surprise(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    use rustix::fs::OFlags;

    // Neither follows a link nor waits for a pipe that took the file's place a moment ago.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

#[cfg(not(unix))]
fn open_without_surprise(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Whether both are the same file.
#[cfg(unix)]
pub(super) fn is_same(opened: &Metadata, named: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (opened.dev(), opened.ino()) == (named.dev(), named.ino())
}

#[cfg(not(unix))]
pub(super) fn is_same(opened: &Metadata, named: &Metadata) -> bool {
    // There is no stable identity in the standard library; time of creation comes close.
    named.is_file() && opened.created().ok() == named.created().ok()
}
