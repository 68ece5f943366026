//! The file as it lies in the working tree, and what it is compared with.

use std::path::{Component, Path};

use gix::bstr::ByteSlice;

use super::super::changes::located;
use super::super::objects::{Entry, Node};
use super::super::rename::Located;
use super::super::{CommitId, GitError, Repository};

impl Repository {
    /// The content on disk: of a link its target, and nothing that lies behind a linked folder.
    pub(super) fn working_copy(&self, path: &str) -> Result<Vec<u8>, GitError> {
        let none = || no_such_file(path, None);
        let relative = Path::new(path);
        let mut components = relative.components();
        if path.is_empty() || !components.all(|part| matches!(part, Component::Normal(_))) {
            return Err(none());
        }
        let folders = relative.ancestors().skip(1);
        for folder in folders.filter(|folder| !folder.as_os_str().is_empty()) {
            match self.root.join(folder).symlink_metadata() {
                Ok(metadata) if metadata.is_dir() => {}
                _ => return Err(none()),
            }
        }
        let place = self.root.join(relative);
        let metadata = place.symlink_metadata().map_err(|_| none())?;
        let content = if metadata.is_symlink() {
            std::fs::read_link(&place).map(|target| target.into_os_string().into_encoded_bytes())
        } else if metadata.is_file() {
            std::fs::read(&place)
        } else {
            return Err(none());
        };
        content.map_err(|error| self.unreadable(&format!("`{path}`: {error}")))
    }

    /// What the next commit will be made upon: HEAD, and what is being merged.
    pub(super) fn next_parents(&self) -> Result<Vec<CommitId>, GitError> {
        let mut parents: Vec<CommitId> = self.head()?.into_iter().collect();
        let merged = std::fs::read(self.git_dir.join("MERGE_HEAD")).unwrap_or_default();
        let merged = merged.lines().map(|line| CommitId::from_hex(line.trim()));
        parents.extend(merged.filter_map(Result::ok));
        Ok(parents)
    }

    /// Where a file that was moved but not committed yet is in the parent, as the index tells.
    pub(super) fn moved_from(
        &self,
        parent: &Node,
        path: &str,
    ) -> Result<Option<(String, Entry)>, GitError> {
        let index = self.inner.index_or_empty();
        let index = index.map_err(|error| self.unreadable(&error))?;
        let Some(staged) = index.entry_by_path(path.as_bytes().as_bstr()) else {
            return Ok(None);
        };
        let Some(mode) = staged.mode.to_tree_entry_mode() else {
            return Ok(None);
        };
        let empty = gix::ObjectId::empty_tree(parent.tree.kind());
        let all = self.tree_changes(empty, parent.tree)?;
        let is_gone = |path: &str| index.entry_by_path(path.as_bytes().as_bstr()).is_none();
        let (_, removed) = located(&all, |file| is_gone(&file.path), |file| file.after);
        let entry = Entry { kind: mode.kind(), id: staged.id };
        let pairs = self.renames(&removed, &[Located { path, entry }])?;
        let source = pairs.first().map(|(source, _)| &removed[*source]);
        Ok(source.map(|file| (file.path.to_string(), file.entry)))
    }
}

pub(super) fn no_such_file(path: &str, rev: Option<CommitId>) -> GitError {
    GitError::NoSuchFile {
        path: path.to_string(),
        rev: match rev {
            Some(id) => format!("`{id}`"),
            None => "the working copy".to_string(),
        },
    }
}
