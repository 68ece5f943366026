//! Which files of a change are others under a new name, as git tells it: equal content first, then
//! what has kept its file name and three quarters of its content, then whatever shares at least
//! half of it, the most similar pairs first.

use std::collections::HashMap;

use gix::objs::tree::EntryKind;

use super::objects::Entry;
use super::{GitError, Repository};

/// Scores as git's: a share of this.
const ALIKE: u64 = 60_000;
const HALF: u64 = ALIKE / 2;
const THREE_QUARTERS: u64 = ALIKE / 4 * 3;

/// Beyond so many comparisons only equal files are found, as with git's default limit.
const COMPARISONS: usize = 1000 * 1000;

/// Files beyond this size are not compared, in bytes.
const COMPARABLE: u64 = 8 << 20;

/// A file that a change removed or added.
pub(super) struct Located<'a> {
    pub(super) path: &'a str,
    pub(super) entry: Entry,
}

impl Repository {
    /// Pairs the added files with those that they were, as (removed, added); sorted by the latter.
    pub(super) fn renames(
        &self,
        removed: &[Located<'_>],
        added: &[Located<'_>],
    ) -> Result<Vec<(usize, usize)>, GitError> {
        let mut pairing = Pairing {
            removed,
            added,
            is_source: vec![false; removed.len()],
            source_of: vec![None; added.len()],
        };
        pairing.pair_equal();
        let mut contents = Contents { repository: self, known: HashMap::new() };
        pairing.pair_same_name(&mut contents)?;
        pairing.pair_similar(&mut contents)?;
        let pairs = pairing.source_of.iter().enumerate();
        let pairs = pairs.filter_map(|(added, source)| Some(((*source)?, added)));
        Ok(pairs.collect())
    }
}

struct Pairing<'a> {
    removed: &'a [Located<'a>],
    added: &'a [Located<'a>],
    is_source: Vec<bool>,
    source_of: Vec<Option<usize>>,
}

impl Pairing<'_> {
    fn pair(&mut self, removed: usize, added: usize) {
        self.is_source[removed] = true;
        self.source_of[added] = Some(removed);
    }

    /// Of several equal files, one of the same file name is taken.
    fn pair_equal(&mut self) {
        let mut by_id: HashMap<gix::ObjectId, Vec<usize>> = HashMap::new();
        for (index, file) in self.removed.iter().enumerate() {
            by_id.entry(file.entry.id).or_default().push(index);
        }
        for (index, file) in self.added.iter().enumerate() {
            let Some(equal) = by_id.get(&file.entry.id) else {
                continue;
            };
            let unused = equal.iter().copied().filter(|source| {
                !self.is_source[*source] && self.removed[*source].entry.is_like(&file.entry)
            });
            let name = name(file.path);
            // The first of the best: `max_by_key` takes the last.
            let best =
                unused.rev().max_by_key(|source| name == self::name(self.removed[*source].path));
            if let Some(source) = best {
                self.pair(source, index);
            }
        }
    }

    fn left_removed(&self) -> Vec<usize> {
        let left = (0..self.removed.len()).filter(|index| !self.is_source[*index]);
        left.filter(|index| is_file(&self.removed[*index])).collect()
    }

    fn left_added(&self) -> Vec<usize> {
        let left = (0..self.added.len()).filter(|index| self.source_of[*index].is_none());
        left.filter(|index| is_file(&self.added[*index])).collect()
    }

    /// A file name that only one removed and only one added file have is a hint.
    fn pair_same_name(&mut self, contents: &mut Contents<'_>) -> Result<(), GitError> {
        let removed = only_by_name(self.left_removed(), self.removed);
        let added = only_by_name(self.left_added(), self.added);
        let mut pairs: Vec<(usize, usize)> = removed
            .into_iter()
            .filter_map(|(name, source)| Some((source?, (*added.get(name)?)?)))
            .collect();
        pairs.sort_unstable();
        for (source, index) in pairs {
            let score =
                contents.score(&self.removed[source], &self.added[index], THREE_QUARTERS)?;
            if score >= THREE_QUARTERS {
                self.pair(source, index);
            }
        }
        Ok(())
    }

    fn pair_similar(&mut self, contents: &mut Contents<'_>) -> Result<(), GitError> {
        let (removed, added) = (self.left_removed(), self.left_added());
        if removed.len().saturating_mul(added.len()) > COMPARISONS {
            return Ok(());
        }
        let mut scores = Vec::new();
        for index in &added {
            for source in &removed {
                let (old, new) = (&self.removed[*source], &self.added[*index]);
                let score = contents.score(old, new, HALF)?;
                if score >= HALF {
                    let same_name = name(old.path) == name(new.path);
                    scores.push((score, same_name, *index, *source));
                }
            }
        }
        // Of equal scores those of the same name, then the first.
        scores.sort_by_key(|(score, same_name, ..)| std::cmp::Reverse((*score, *same_name)));
        for (_, _, index, source) in scores {
            if !self.is_source[source] && self.source_of[index].is_none() {
                self.pair(source, index);
            }
        }
        Ok(())
    }
}

fn is_file(file: &Located<'_>) -> bool {
    matches!(file.entry.kind, EntryKind::Blob | EntryKind::BlobExecutable)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The files by name; `None` for a name that several have.
fn only_by_name<'a>(
    files: Vec<usize>,
    located: &'a [Located<'_>],
) -> HashMap<&'a str, Option<usize>> {
    let mut by_name = HashMap::new();
    for index in files {
        let name = name(located[index].path);
        by_name.entry(name).and_modify(|only| *only = None).or_insert(Some(index));
    }
    by_name
}

/// The hashes of the distinct pieces of a file, sorted, and how many bytes each makes up.
type Pieces = Vec<(u64, u64)>;

/// What the compared files consist of, each read once: its size, and its pieces once needed.
struct Contents<'a> {
    repository: &'a Repository,
    known: HashMap<gix::ObjectId, (u64, Option<Pieces>)>,
}

impl Contents<'_> {
    /// How much of the larger file stems from the other; 0 if it cannot reach what is wanted.
    fn score(
        &mut self,
        old: &Located<'_>,
        new: &Located<'_>,
        wanted: u64,
    ) -> Result<u64, GitError> {
        let (old, new) = (old.entry.id, new.entry.id);
        let (old_size, new_size) = (self.size(old)?, self.size(new)?);
        let larger = old_size.max(new_size);
        let difference = old_size.abs_diff(new_size);
        if larger > COMPARABLE || larger == 0 || larger * (ALIKE - wanted) < difference * ALIKE {
            return Ok(0);
        }
        self.read(old)?;
        self.read(new)?;
        let pieces = |id| self.known.get(&id).and_then(|(_, pieces)| pieces.as_ref());
        let (Some(old), Some(new)) = (pieces(old), pieces(new)) else {
            return Ok(0);
        };
        Ok(shared(old, new) * ALIKE / larger)
    }

    fn size(&mut self, id: gix::ObjectId) -> Result<u64, GitError> {
        if let Some((size, _)) = self.known.get(&id) {
            return Ok(*size);
        }
        let size = self.repository.blob_size(id)?;
        self.known.insert(id, (size, None));
        Ok(size)
    }

    fn read(&mut self, id: gix::ObjectId) -> Result<(), GitError> {
        if let Some((_, pieces)) = self.known.get_mut(&id)
            && pieces.is_none()
        {
            *pieces = Some(self::pieces(&self.repository.blob(id)?));
        }
        Ok(())
    }
}

/// The longest piece that counts as one, in bytes.
const PIECE: usize = 64;

/// Cuts a file after each line, and within long ones; tells how many bytes each distinct piece makes up.
fn pieces(bytes: &[u8]) -> Pieces {
    let is_text = !bytes[..bytes.len().min(8000)].contains(&0);
    let mut pieces = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let without_ending = line.strip_suffix(b"\r\n").filter(|_| is_text);
        let line = match without_ending {
            Some(rest) => std::borrow::Cow::Owned([rest, b"\n"].concat()),
            None => std::borrow::Cow::Borrowed(line),
        };
        let of_line = line.chunks(PIECE);
        pieces.extend(of_line.map(|piece| (xxhash_rust::xxh3::xxh3_64(piece), piece.len() as u64)));
    }
    pieces.sort_unstable();
    pieces.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    pieces
}

/// How many bytes both have in common.
fn shared(first: &[(u64, u64)], second: &[(u64, u64)]) -> u64 {
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    let mut bytes = 0;
    while let (Some(a), Some(b)) = (first.peek(), second.peek()) {
        match a.0.cmp(&b.0) {
            std::cmp::Ordering::Less => drop(first.next()),
            std::cmp::Ordering::Greater => drop(second.next()),
            std::cmp::Ordering::Equal => {
                bytes += a.1.min(b.1);
                first.next();
                second.next();
            }
        }
    }
    bytes
}
