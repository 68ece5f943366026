//! What a reading depended on beside the source itself, and whether that is still the same.
//!
//! A session of some tools is several files. One of them is the source; the plugin opens and finds
//! the others, and each of them may change without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::discover::{Candidate, stamp};
use crate::plugin::{Beside, Growth, listing};
use crate::store::{Stamp, Surroundings};

/// Files and patterns that are remembered; whoever looks at more is read at every import.
const REMEMBERED: usize = 50_000;

/// Stands for what cannot be remembered: no pattern has no name.
const TOO_MANY: &str = "";

/// What is to be remembered of a reading. `log` is what [`write_ahead_log`] said before it; of a
/// reading that went on where an `earlier` one ended, what that one looked at counts, too.
pub(super) fn of_reading(
    candidate: &Candidate,
    beside: Beside,
    log: Option<(String, Option<Stamp>)>,
    earlier: Option<&Surroundings>,
) -> Surroundings {
    let (base, rank) = (&candidate.base, candidate.rank);
    let opened = beside.opened.into_iter();
    let opened = opened.map(|(path, metadata)| (path, metadata.as_ref().map(stamp)));
    let mut opened: BTreeMap<String, Option<Stamp>> = opened.chain(log).collect();
    let mut found = beside.found;
    if let Some(Surroundings { found: patterns, opened: paths, .. }) = earlier {
        for (path, _) in paths {
            opened.entry(path.clone()).or_insert_with(|| stamp_of(base, path));
        }
        for (pattern, _) in patterns {
            let now = || listing(base, pattern).unwrap_or_default();
            found.entry(pattern.clone()).or_insert_with(now);
        }
    }
    if found.len() + opened.len() > REMEMBERED {
        return Surroundings { rank, found: vec![(TOO_MANY.to_owned(), 0)], opened: Vec::new() };
    }
    Surroundings { rank, found: found.into_iter().collect(), opened: opened.into_iter().collect() }
}

/// Whether a reading would find the same beside the source.
pub(super) fn are_unchanged(candidate: &Candidate, surroundings: &Surroundings) -> bool {
    let Surroundings { rank, found, opened } = surroundings;
    let base = &candidate.base;
    *rank == candidate.rank
        && opened.iter().all(|(path, stamp)| stamp_of(base, path) == *stamp)
        && found
            .iter()
            .all(|(pattern, paths)| pattern != TOO_MANY && listing(base, pattern) == Some(*paths))
}

/// The write-ahead log of a database, and what it is like: what was written last is only there.
pub(super) fn write_ahead_log(candidate: &Candidate) -> Option<(String, Option<Stamp>)> {
    if candidate.growth != Growth::Database {
        return None;
    }
    let log = format!("{}-wal", candidate.relative.to_str()?);
    let stamp = stamp_of(&candidate.base, &log);
    Some((log, stamp))
}

/// What a file below a base is like, or its compressed copy if only that is there.
fn stamp_of(base: &Path, path: &str) -> Option<Stamp> {
    let metadata = |path: PathBuf| std::fs::metadata(path).ok().filter(|file| file.is_file());
    let path = base.join(path);
    let compressed = || metadata(PathBuf::from(format!("{}.zst", path.display())));
    metadata(path.clone()).or_else(compressed).as_ref().map(stamp)
}
