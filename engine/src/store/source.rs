//! Sources: the files that sessions were read from, and how far.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::{Digest, SessionNumber, SourceId, Timestamp};
use crate::plugin::{Growth, Outcome};

/// Problems of a source that are kept; the others are counted.
pub(crate) const KEPT_PROBLEMS: usize = 1000;

/// A source and how far it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its number.
    pub id: SourceId,
    /// Its path, as the operating system has it.
    path: Vec<u8>,
    /// The tool that wrote it.
    pub tool: String,
    /// The plugin that read it: the digest of its component.
    pub plugin: Digest,
    /// How it changes.
    pub growth: Growth,
    /// What the file was like when it was read last.
    pub stamp: Stamp,
    /// Bytes of the (decompressed) source that are dealt with.
    pub position: u64,
    /// Hashes of what was read: if they do not fit any more, the file was rewritten.
    pub fingerprint: Fingerprint,
    /// Where the plugin goes on.
    pub checkpoint: Vec<u8>,
    /// It is being read once more from its start; if that was cut short, it starts again.
    pub rereading: bool,
    /// Records taken in, by kind and outcome.
    pub records: BTreeMap<(String, Outcome), u64>,
    /// What could not be read, with its offset; the first 1,000.
    pub problems: Vec<(u64, String)>,
    /// How many problems there are.
    pub problem_count: u64,
    /// Why it was read no further, if it was not.
    pub failure: Option<String>,
    /// The sessions that it has messages of.
    pub sessions: Vec<SessionNumber>,
    /// When it was read last.
    pub read_at: Timestamp,
}

/// What tells whether a file may have changed, without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes on disk.
    pub size: u64,
    /// Nanoseconds since the Unix epoch at which it was written last.
    pub modified: i128,
    /// Its inode, where there are such.
    pub inode: u64,
}

/// Hashes (xxh3-128) of what was read of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of the first 4 KiB, or as much as was read.
    pub head: u128,
    /// Of the last 4 KiB that were read.
    pub tail: u128,
}

/// What the reading of a source depended on beside the file itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    /// The rank of the location that it was found in: the lower, the better it tells its sessions.
    pub rank: u8,
    /// Patterns that were looked for below the base, and a hash of the paths that were found.
    pub found: Vec<(String, u128)>,
    /// Paths below the base that were opened, with what each file was like; none where it was
    /// missing.
    pub opened: Vec<(String, Option<Stamp>)>,
}

impl Source {
    /// A source that was not read yet.
    pub(crate) fn new(
        id: SourceId,
        path: &Path,
        tool: String,
        plugin: Digest,
        growth: Growth,
    ) -> Self {
        Self {
            id,
            path: path_bytes(path),
            tool,
            plugin,
            growth,
            stamp: Stamp::default(),
            position: 0,
            fingerprint: Fingerprint::default(),
            checkpoint: Vec::new(),
            rereading: false,
            records: BTreeMap::new(),
            problems: Vec::new(),
            problem_count: 0,
            failure: None,
            sessions: Vec::new(),
            read_at: Timestamp::default(),
        }
    }

    /// Its path. Where the operating system allows names that are no Unicode, they stay as they are.
    pub fn path(&self) -> PathBuf {
        path_from_bytes(&self.path)
    }

    /// Forgets how far it was read and what was counted, not which sessions it has.
    pub(crate) fn start_again(&mut self) {
        self.position = 0;
        self.fingerprint = Fingerprint::default();
        self.checkpoint.clear();
        self.records.clear();
        self.problems.clear();
        self.problem_count = 0;
        self.failure = None;
    }

    /// Records of unknown kind.
    pub fn unknown_records(&self) -> u64 {
        let unknown = self.records.iter().filter(|((_, outcome), _)| *outcome == Outcome::Unknown);
        unknown.map(|(_, records)| records).sum()
    }
}

#[cfg(unix)]
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
