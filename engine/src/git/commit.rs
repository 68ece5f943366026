//! Commits, and the names that lead to them.

use std::collections::HashSet;

use gix::bstr::{BStr, ByteSlice};
use gix::objs::{CommitRef, Kind};

use super::{CommitId, GitError, Repository};
use crate::model::Timestamp;

/// A commit, without what it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// What it was made upon: none for a first commit, several for a merge. They may be missing
    /// in a shallow clone.
    pub parents: Vec<CommitId>,
    /// The name of who wrote it.
    pub author: String,
    /// Their address, as written.
    pub author_email: String,
    /// When it was written; a rebase leaves this as it is.
    pub authored: Timestamp,
    /// The address of who committed it, as written.
    pub committer_email: String,
    /// When it was committed; a rebase renews this.
    pub committed: Timestamp,
    /// The first paragraph of its message, on one line.
    pub subject: String,
}

impl Repository {
    /// Reads a commit.
    pub fn commit(&self, id: CommitId) -> Result<Commit, GitError> {
        let none = || GitError::NoSuchCommit { reference: id.to_string() };
        let object = self.inner.try_find_object(id);
        let object = object.map_err(|error| self.damaged(id, &error))?.ok_or_else(none)?;
        if object.kind != Kind::Commit {
            return Err(none());
        }
        let commit = CommitRef::from_bytes(&object.data, id.kind())
            .map_err(|error| self.damaged(id, &error))?;
        let author = commit.author().map_err(|error| self.damaged(id, &error))?.trim();
        let committer = commit.committer().map_err(|error| self.damaged(id, &error))?.trim();
        let text = |bytes: &BStr| bytes.to_str_lossy().into_owned();
        Ok(Commit {
            id,
            parents: commit.parents().collect(),
            author: text(author.name),
            author_email: text(author.email),
            authored: timestamp(author.seconds()),
            committer_email: text(committer.email),
            committed: timestamp(committer.seconds()),
            subject: text(commit.message().summary().trim().as_bstr()),
        })
    }

    /// Whether the commit is here, whatever leads to it.
    pub fn contains(&self, id: CommitId) -> bool {
        let header = self.inner.try_find_header(id);
        matches!(header, Ok(Some(header)) if header.kind() == Kind::Commit)
    }

    /// The commit that is checked out; `None` if nothing was committed yet.
    pub fn head(&self) -> Result<Option<CommitId>, GitError> {
        let head = self.inner.head().map_err(|error| self.unreadable(&error))?;
        let id = head.try_into_peeled_id();
        let id = id.map_err(|error| self.unreadable(&error))?;
        Ok(id.map(gix::Id::detach))
    }

    /// The branch that is checked out, also before its first commit; `None` if HEAD is detached.
    pub fn head_branch(&self) -> Option<String> {
        let name = self.inner.head_name().ok()??;
        Some(name.shorten().to_str_lossy().into_owned())
    }

    /// The commit of a branch, a tag, an id, the beginning of one, or whatever else git's own
    /// revisions can say, such as `HEAD~2`.
    pub fn resolve(&self, reference: &str) -> Result<CommitId, GitError> {
        let none = || GitError::NoSuchCommit { reference: reference.to_string() };
        // What begins with a dash is nobody's name, and an empty one means the index to gix.
        if reference.is_empty() || reference.starts_with('-') {
            return Err(none());
        }
        if let Ok(id) = self.inner.rev_parse_single(reference) {
            let object = id.object().map_err(|error| self.damaged(id.into(), &error))?;
            let commit = object.peel_to_kind(Kind::Commit).map_err(|_| none())?;
            return Ok(commit.id);
        }
        self.resolve_prefix(reference).ok_or_else(none)?
    }

    /// The commits whose ids begin so; other objects do not make it ambiguous.
    fn resolve_prefix(&self, reference: &str) -> Option<Result<CommitId, GitError>> {
        // Made of a full id, because gix takes a short one for SHA-1's.
        let digits = self.inner.object_hash().len_in_hex();
        let full = CommitId::from_hex(format!("{reference:0<digits$}").as_bytes()).ok()?;
        let prefix = gix::hash::Prefix::new(&full, reference.len()).ok()?;
        let mut candidates = HashSet::new();
        let found = self.inner.objects.lookup_prefix(prefix, Some(&mut candidates));
        found.ok()?;
        candidates.retain(|id| self.contains(*id));
        let mut candidates: Vec<CommitId> = candidates.into_iter().collect();
        candidates.sort();
        match candidates.as_slice() {
            [] => None,
            [id] => Some(Ok(*id)),
            several => Some(Err(GitError::AmbiguousCommit {
                reference: reference.to_string(),
                candidates: several.iter().map(ToString::to_string).collect(),
            })),
        }
    }
}

fn timestamp(seconds: i64) -> Timestamp {
    Timestamp(seconds.saturating_mul(1000))
}
