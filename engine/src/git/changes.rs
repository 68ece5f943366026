//! What a commit changed, file by file and line by line, and an id for the change itself that
//! outlives a rebase.

use std::collections::HashSet;

use gix::bstr::{BStr, ByteSlice};
use gix::diff::tree::{Recorder, recorder};
use gix::objs::tree::{EntryKind, EntryMode};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::lines::{Comparison, Text, differences, without_whitespace};
use super::objects::Entry;
use super::rename::Located;
use super::{CommitId, GitError, Repository};

/// Files beyond this size are not compared by lines, in bytes.
const COMPARABLE: u64 = 8 << 20;

/// Where a NUL makes a file a binary one, in bytes from its beginning.
const BINARY_WITHIN: usize = 8000;

/// What a commit changed against its first parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The files, sorted by path.
    pub files: Vec<ChangedFile>,
}

/// A file that a commit changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Where it is now, or where it was if it is gone; `/` between the parts.
    pub path: String,
    /// Where it was, if it was renamed.
    pub previous_path: Option<String>,
    /// What happened to it.
    pub kind: ChangeKind,
    /// What differs in it, from top to bottom; none if it is binary.
    pub hunks: Vec<Hunk>,
    /// Whether it has no lines to compare: a NUL within the first 8,000 bytes, or more than 8 MiB.
    pub is_binary: bool,
    /// What it was; none if it was added.
    pub before: Option<FileVersion>,
    /// What it is; none if it was deleted.
    pub after: Option<FileVersion>,
}

/// A file as a tree holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// The id of its content, or of the commit of a submodule.
    pub id: gix::ObjectId,
    /// Git's mode: `0o100644`, `0o100755`, `0o120000` for a link, `0o160000` for a submodule.
    pub mode: u16,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// Its content or its mode is another.
    Modified,
    /// It is gone.
    Deleted,
    /// It was under another path before, with at least half of its content.
    Renamed,
}

/// Lines that took the place of others, without what is around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Where the removed lines began, counted from 0.
    pub old_start: u32,
    /// What was there, without line endings.
    pub removed: Vec<String>,
    /// Where the added lines begin, counted from 0.
    pub new_start: u32,
    /// What is there, without line endings.
    pub added: Vec<String>,
}

/// An id of a change that does not depend on where it was made: the same after a rebase or a
/// cherry-pick, whatever lines are around it and whatever the white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PatchId(pub [u8; 16]);

impl Changes {
    /// The id of this change.
    pub fn patch_id(&self) -> PatchId {
        let mut files: Vec<u128> = self.files.iter().map(ChangedFile::digest).collect();
        files.sort_unstable();
        let digests: Vec<u8> = files.into_iter().flat_map(u128::to_be_bytes).collect();
        PatchId(xxh3_128(&digests).to_be_bytes())
    }
}

impl ChangedFile {
    /// Where it is, and where it was if it was renamed.
    pub fn paths(&self) -> Vec<String> {
        std::iter::once(&self.path).chain(&self.previous_path).cloned().collect()
    }

    fn digest(&self) -> u128 {
        let mut hash = Xxh3::new();
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(self.path.as_bytes());
        part(self.previous_path.as_deref().unwrap_or("").as_bytes());
        part(&[self.kind as u8]);
        for version in [self.before, self.after] {
            part(&version.map_or(0, |version| version.mode).to_be_bytes());
            if self.is_binary {
                part(version.as_ref().map_or(&[], |version| version.id.as_slice()));
            }
        }
        // How lines are grouped into hunks depends on what is around them.
        let hunks = || self.hunks.iter();
        part(&line_digest(hunks().flat_map(|hunk| &hunk.removed)));
        part(&line_digest(hunks().flat_map(|hunk| &hunk.added)));
        hash.digest128()
    }
}

fn line_digest<'a>(lines: impl Iterator<Item = &'a String>) -> [u8; 16] {
    let mut hash = Xxh3::new();
    for line in lines {
        hash.update(&without_whitespace(line.as_bytes()));
        hash.update(b"\n");
    }
    hash.digest128().to_be_bytes()
}

/// A path whose entry differs between two trees.
pub(super) struct TreeChange {
    pub(super) path: String,
    pub(super) before: Option<(EntryMode, gix::ObjectId)>,
    pub(super) after: Option<(EntryMode, gix::ObjectId)>,
}

impl Repository {
    /// What the commit changed against its first parent, or all that it holds if it is a first
    /// commit, or one whose parent is missing.
    pub fn changes(&self, id: CommitId) -> Result<Changes, GitError> {
        let none = || GitError::NoSuchCommit { reference: id.to_string() };
        let node = self.node(id)?.ok_or_else(none)?;
        let parent = match node.parents.first() {
            Some(parent) => self.node(*parent)?,
            None => None,
        };
        let empty = gix::ObjectId::empty_tree(id.kind());
        let changes = self.tree_changes(parent.map_or(empty, |parent| parent.tree), node.tree)?;
        let removed = located(&changes, |change| change.after.is_none(), |change| change.before);
        let added = located(&changes, |change| change.before.is_none(), |change| change.after);
        let pairs = self.renames(&removed.1, &added.1)?;

        let mut sources = HashSet::new();
        let mut files = Vec::new();
        for (source, index) in pairs {
            let (old, new) = (&changes[removed.0[source]], &changes[added.0[index]]);
            sources.extend([removed.0[source], added.0[index]]);
            let kind = ChangeKind::Renamed;
            files.push(self.changed_file(
                &new.path,
                Some(&old.path),
                kind,
                old.before,
                new.after,
            )?);
        }
        for (index, change) in changes.iter().enumerate() {
            if !sources.contains(&index) {
                let kind = match (change.before, change.after) {
                    (None, _) => ChangeKind::Added,
                    (_, None) => ChangeKind::Deleted,
                    _ => ChangeKind::Modified,
                };
                let path = &change.path;
                files.push(self.changed_file(path, None, kind, change.before, change.after)?);
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Changes { files })
    }

    /// The content of a file in a commit; `None` if there is none, or a folder or a submodule.
    pub fn file_at(&self, id: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let none = || GitError::NoSuchCommit { reference: id.to_string() };
        let node = self.node(id)?.ok_or_else(none)?;
        match self.entry(node.tree, path)? {
            Some(entry) if entry.is_blob() => Ok(Some(self.blob(entry.id)?)),
            _ => Ok(None),
        }
    }

    /// The files, links and submodules that differ between two trees.
    pub(super) fn tree_changes(
        &self,
        before: gix::ObjectId,
        after: gix::ObjectId,
    ) -> Result<Vec<TreeChange>, GitError> {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let mut recorder = Recorder::default();
        gix::diff::tree(
            self.tree(before, &mut first)?,
            self.tree(after, &mut second)?,
            gix::diff::tree::State::default(),
            &self.inner.objects,
            &mut recorder,
        )
        .map_err(|error| self.unreadable(&error))?;
        let changes = recorder.records.into_iter().map(|record| match record {
            recorder::Change::Addition { entry_mode, oid, path, .. } => {
                change(path.as_bstr(), None, Some((entry_mode, oid)))
            }
            recorder::Change::Deletion { entry_mode, oid, path, .. } => {
                change(path.as_bstr(), Some((entry_mode, oid)), None)
            }
            recorder::Change::Modification {
                previous_entry_mode,
                previous_oid,
                entry_mode,
                oid,
                path,
            } => change(
                path.as_bstr(),
                Some((previous_entry_mode, previous_oid)),
                Some((entry_mode, oid)),
            ),
        });
        let changed = |change: &TreeChange| change.before.is_some() || change.after.is_some();
        Ok(changes.filter(changed).collect())
    }

    fn changed_file(
        &self,
        path: &str,
        previous_path: Option<&str>,
        kind: ChangeKind,
        before: Option<(EntryMode, gix::ObjectId)>,
        after: Option<(EntryMode, gix::ObjectId)>,
    ) -> Result<ChangedFile, GitError> {
        let ids = |version: Option<(EntryMode, gix::ObjectId)>| version.map(|(_, id)| id);
        let same = ids(before) == ids(after);
        let hunks = match (same, self.comparable(before)?, self.comparable(after)?) {
            (false, Some(before), Some(after)) => Some(hunks(&before, &after)),
            (true, ..) => Some(Vec::new()),
            _ => None,
        };
        let version = |version: Option<(EntryMode, gix::ObjectId)>| {
            version.map(|(mode, id)| FileVersion { id, mode: mode.value() })
        };
        Ok(ChangedFile {
            path: path.to_string(),
            previous_path: previous_path.map(str::to_string),
            kind,
            is_binary: hunks.is_none(),
            hunks: hunks.unwrap_or_default(),
            before: version(before),
            after: version(after),
        })
    }

    /// The text of one side; `None` if it is binary.
    fn comparable(
        &self,
        version: Option<(EntryMode, gix::ObjectId)>,
    ) -> Result<Option<Text>, GitError> {
        let Some((mode, id)) = version else {
            return Ok(Some(Text::new(Vec::new())));
        };
        if mode.kind() == EntryKind::Commit {
            // As git shows a submodule.
            let line = format!("Subproject commit {id}\n");
            return Ok(Some(Text::new(line.into_bytes())));
        }
        if self.blob_size(id)? > COMPARABLE {
            return Ok(None);
        }
        let bytes = self.blob(id)?;
        let is_binary = bytes[..bytes.len().min(BINARY_WITHIN)].contains(&0);
        Ok((!is_binary).then(|| Text::new(bytes)))
    }
}

fn change(
    path: &BStr,
    before: Option<(EntryMode, gix::ObjectId)>,
    after: Option<(EntryMode, gix::ObjectId)>,
) -> TreeChange {
    let leaf = |side: Option<(EntryMode, _)>| side.filter(|(mode, _)| !mode.is_tree());
    TreeChange { path: path.to_str_lossy().into_owned(), before: leaf(before), after: leaf(after) }
}

/// The blobs among the changes that fit, and their places.
pub(super) fn located(
    changes: &[TreeChange],
    fits: impl Fn(&TreeChange) -> bool,
    side: impl Fn(&TreeChange) -> Option<(EntryMode, gix::ObjectId)>,
) -> (Vec<usize>, Vec<Located<'_>>) {
    let fitting = changes.iter().enumerate().filter(|(_, change)| fits(change));
    let blobs = fitting.filter_map(|(index, change)| {
        let (mode, id) = side(change)?;
        let entry = Entry { kind: mode.kind(), id };
        let path = change.path.as_str();
        entry.is_blob().then_some((index, Located { path, entry }))
    });
    blobs.unzip()
}

fn hunks(before: &Text, after: &Text) -> Vec<Hunk> {
    let found = differences(before, after, Comparison::Exact).into_iter();
    let hunks = found.map(|difference| Hunk {
        old_start: difference.before.start,
        removed: difference.before.map(|line| before.shown(line)).collect(),
        new_start: difference.after.start,
        added: difference.after.map(|line| after.shown(line)).collect(),
    });
    hunks.collect()
}
