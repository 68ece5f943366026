//! Objects and references that are Lore's own: the only ones that it writes.
//!
//! They lie outside branches and tags, below `refs/lore/`, and nothing of them is ever checked out.

use gix::bstr::ByteSlice as _;
use gix::objs::tree::{Entry, EntryKind};
use gix::refs::transaction::{Change, LogChange, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use super::{CommitId, GitError, Repository};

/// An object's id.
pub(crate) type ObjectId = gix::ObjectId;

/// What a tree holds under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    pub(crate) name: String,
    pub(crate) is_tree: bool,
    pub(crate) id: ObjectId,
}

/// A change of a tree.
#[derive(Clone, Debug)]
pub(crate) enum TreeEdit {
    Blob(ObjectId),
    Tree(ObjectId),
    Remove,
}

impl Repository {
    /// What a reference of Lore's leads to.
    pub(crate) fn lore_reference(&self, name: &str) -> Result<Option<ObjectId>, GitError> {
        let found = self.inner.try_find_reference(name);
        let found = found.map_err(|error| self.unreadable(&error))?;
        Ok(found.and_then(|reference| reference.target().try_id().map(ToOwned::to_owned)))
    }

    /// Lets a reference of Lore's lead to an object. Writes no log.
    pub(crate) fn set_lore_reference(&self, name: &str, id: ObjectId) -> Result<(), GitError> {
        let full = FullName::try_from(name).map_err(|error| self.unwritable(&error))?;
        let change = Change::Update {
            log: LogChange { mode: RefLog::AndReference, ..LogChange::default() },
            expected: PreviousValue::Any,
            new: Target::Object(id),
        };
        let edit = RefEdit { change, name: full, deref: false };
        self.inner.edit_reference(edit).map_err(|error| self.unwritable(&error))?;
        Ok(())
    }

    /// The tree of a commit, and its message; `None` if the object is no commit.
    pub(crate) fn lore_commit(&self, id: CommitId) -> Result<Option<LoreCommit>, GitError> {
        let object = self.inner.try_find_object(id).map_err(|error| self.damaged(id, &error))?;
        let Some(Ok(commit)) = object.map(gix::Object::try_into_commit) else { return Ok(None) };
        let commit = commit.decode().map_err(|error| self.damaged(id, &error))?;
        let message = commit.message.to_str_lossy().into_owned();
        Ok(Some(LoreCommit { tree: commit.tree(), message }))
    }

    /// The entries of a tree, without those that lead to commits of other repositories; of names that
    /// are no Unicode, what there is of them.
    pub(crate) fn tree_entries(&self, id: ObjectId) -> Result<Vec<TreeEntry>, GitError> {
        let mut buffer = Vec::new();
        let entries = self.tree(id, &mut buffer)?;
        let entry = |entry: Result<gix::objs::tree::EntryRef<'_>, _>| match entry {
            Err(error) => Some(Err(self.damaged(id, &error))),
            Ok(entry) if entry.mode.is_commit() => None,
            Ok(entry) => Some(Ok(TreeEntry {
                name: entry.filename.to_str_lossy().into_owned(),
                is_tree: entry.mode.is_tree(),
                id: entry.oid.to_owned(),
            })),
        };
        entries.filter_map(entry).collect()
    }

    /// The bytes of a blob, unless there are more than `most`.
    pub(crate) fn bounded_blob(
        &self,
        id: ObjectId,
        most: u64,
    ) -> Result<Option<Vec<u8>>, GitError> {
        match self.blob_size(id)? {
            size if size > most => Ok(None),
            _ => self.blob(id).map(Some),
        }
    }

    /// Whether there is such an object.
    pub(crate) fn has_object(&self, id: ObjectId) -> bool {
        self.inner.has_object(id)
    }

    pub(crate) fn write_lore_blob(&self, bytes: &[u8]) -> Result<ObjectId, GitError> {
        let written = self.inner.write_blob(bytes);
        Ok(written.map_err(|error| self.unwritable(&error))?.detach())
    }

    /// A tree of blobs.
    pub(crate) fn write_lore_tree(
        &self,
        blobs: impl IntoIterator<Item = (String, ObjectId)>,
    ) -> Result<ObjectId, GitError> {
        let entry = |(name, oid): (String, ObjectId)| Entry {
            mode: EntryKind::Blob.into(),
            filename: name.into(),
            oid,
        };
        let mut entries: Vec<Entry> = blobs.into_iter().map(entry).collect();
        entries.sort();
        let written = self.inner.write_object(&gix::objs::Tree { entries });
        Ok(written.map_err(|error| self.unwritable(&error))?.detach())
    }

    /// A tree as another one, but for these paths.
    pub(crate) fn edit_lore_tree(
        &self,
        base: Option<ObjectId>,
        edits: &[(String, TreeEdit)],
    ) -> Result<ObjectId, GitError> {
        let empty = || ObjectId::empty_tree(self.inner.object_hash());
        let fault = |error: gix::Error| self.unwritable(&error);
        let mut editor = self.inner.edit_tree(base.unwrap_or_else(empty)).map_err(fault)?;
        for (path, edit) in edits {
            match edit {
                TreeEdit::Blob(id) => editor.upsert(path, EntryKind::Blob, *id).map(drop),
                TreeEdit::Tree(id) => editor.upsert(path, EntryKind::Tree, *id).map(drop),
                TreeEdit::Remove => editor.remove(path).map(drop),
            }
            .map_err(fault)?;
        }
        Ok(editor.write().map_err(fault)?.detach())
    }

    /// A commit that tells neither who made it nor when.
    pub(crate) fn write_lore_commit(
        &self,
        tree: ObjectId,
        parent: Option<CommitId>,
        message: &str,
    ) -> Result<CommitId, GitError> {
        let nobody = gix::actor::Signature {
            name: "Lore".into(),
            email: "lore@localhost".into(),
            time: gix::date::Time { seconds: 0, offset: 0 },
        };
        let commit = gix::objs::Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: nobody.clone(),
            committer: nobody,
            encoding: None,
            message: message.into(),
            extra_headers: Vec::new(),
        };
        let written = self.inner.write_object(&commit);
        Ok(written.map_err(|error| self.unwritable(&error))?.detach())
    }

    fn unwritable(&self, error: &dyn std::fmt::Display) -> GitError {
        GitError::Unwritable { path: self.git_dir.clone(), what: error.to_string() }
    }
}

/// A commit of Lore's.
#[derive(Clone, Debug)]
pub(crate) struct LoreCommit {
    pub(crate) tree: ObjectId,
    pub(crate) message: String,
}
