//! Reads single objects: the links of a commit, the entry of a path, the bytes of a file.

use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::objs::{CommitRefIter, Find, Kind, TreeRefIter};

use super::{CommitId, GitError, Repository};

/// What a walk needs of a commit.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// When it was committed, in seconds since 1970.
    pub(super) committed: i64,
    pub(super) tree: gix::ObjectId,
    /// As recorded; none at the end of a shallow history. They may be missing.
    pub(super) parents: Vec<CommitId>,
}

/// What a tree holds under a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    pub(super) id: gix::ObjectId,
}

impl Entry {
    /// Whether its object is a blob: a file or a symbolic link.
    pub(super) fn is_blob(&self) -> bool {
        !matches!(self.kind, EntryKind::Tree | EntryKind::Commit)
    }

    /// Whether one could be a later version of the other: both files, or both links.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let is_link = |entry: &Self| entry.kind == EntryKind::Link;
        self.is_blob() && other.is_blob() && is_link(self) == is_link(other)
    }
}

impl Repository {
    /// What links the commit to others; `None` if there is no such commit here.
    pub(super) fn node(&self, id: CommitId) -> Result<Option<Node>, GitError> {
        if let Some(node) = self.node_of_graph(id) {
            return Ok(Some(node));
        }
        let mut buffer = Vec::new();
        let Some(data) = self.object(id, &mut buffer)? else {
            return Ok(None);
        };
        if data.kind != Kind::Commit {
            return Ok(None);
        }
        let mut commit = CommitRefIter::from_bytes(data.data, data.object_hash);
        let committer = commit.committer().map_err(|error| self.damaged(id, &error))?;
        let tree = commit.tree_id().map_err(|error| self.damaged(id, &error))?;
        let parents = match self.shallow.contains(&id) {
            true => Vec::new(),
            false => commit.parent_ids().collect(),
        };
        Ok(Some(Node { committed: committer.seconds(), tree, parents }))
    }

    fn node_of_graph(&self, id: CommitId) -> Option<Node> {
        let graph = self.graph.as_ref()?;
        let commit = graph.commit_by_id(id)?;
        let parents = commit.iter_parents().map(|parent| {
            let position = parent.ok()?;
            Some(graph.id_at(position).to_owned())
        });
        Some(Node {
            committed: i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX),
            tree: commit.root_tree_id().to_owned(),
            // A graph that does not hold together is passed over for the object itself.
            parents: parents.collect::<Option<_>>()?,
        })
    }

    /// What the tree holds under the path, `/` between its parts.
    pub(super) fn entry(&self, tree: gix::ObjectId, path: &str) -> Result<Option<Entry>, GitError> {
        let mut buffer = Vec::new();
        let mut current = Entry { kind: EntryKind::Tree, id: tree };
        for name in path.split('/') {
            if current.kind != EntryKind::Tree {
                return Ok(None);
            }
            let data = self.tree(current.id, &mut buffer)?;
            let mut found = None;
            for entry in data {
                let entry = entry.map_err(|error| self.damaged(current.id, &error))?;
                if entry.filename == name.as_bytes().as_bstr() {
                    found = Some(Entry { kind: entry.mode.kind(), id: entry.oid.to_owned() });
                    break;
                }
            }
            match found {
                Some(found) => current = found,
                None => return Ok(None),
            }
        }
        Ok(Some(current))
    }

    pub(super) fn tree<'b>(
        &self,
        id: gix::ObjectId,
        buffer: &'b mut Vec<u8>,
    ) -> Result<TreeRefIter<'b>, GitError> {
        if id.is_empty_tree() {
            return Ok(TreeRefIter::from_bytes(&[], id.kind()));
        }
        match self.object(id, buffer)? {
            Some(data) if data.kind == Kind::Tree => {
                Ok(TreeRefIter::from_bytes(data.data, data.object_hash))
            }
            _ => Err(self.missing("tree", id)),
        }
    }

    /// The bytes of a file or of a link's target.
    pub(super) fn blob(&self, id: gix::ObjectId) -> Result<Vec<u8>, GitError> {
        let mut buffer = Vec::new();
        match self.object(id, &mut buffer)? {
            Some(data) if data.kind == Kind::Blob => Ok(buffer),
            _ => Err(self.missing("file", id)),
        }
    }

    /// How large a blob is, in bytes.
    pub(crate) fn blob_size(&self, id: gix::ObjectId) -> Result<u64, GitError> {
        let header = self.inner.try_find_header(id);
        match header.map_err(|error| self.damaged(id, &error))? {
            Some(header) => Ok(header.size()),
            None => Err(self.missing("file", id)),
        }
    }

    fn object<'b>(
        &self,
        id: gix::ObjectId,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Option<gix::objs::Data<'b>>, GitError> {
        let found = self.inner.objects.try_find(&id, buffer);
        found.map_err(|error| self.damaged(id, &error))
    }

    fn missing(&self, what: &str, id: gix::ObjectId) -> GitError {
        GitError::Damaged {
            path: self.git_dir.clone(),
            what: format!("the {what} `{id}` is missing"),
        }
    }

    pub(super) fn damaged(&self, id: gix::ObjectId, error: &dyn std::fmt::Display) -> GitError {
        GitError::Damaged { path: self.git_dir.clone(), what: format!("object `{id}`: {error}") }
    }

    pub(super) fn unreadable(&self, error: &dyn std::fmt::Display) -> GitError {
        GitError::Damaged { path: self.git_dir.clone(), what: error.to_string() }
    }
}
