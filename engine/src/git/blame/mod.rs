//! Who last changed each line of a file, as git tells it, and what the line took the place of.
//!
//! Unlike gix's own blame this one can ignore white space and whole commits, and knows the working
//! copy. Which lines are equal is decided in [`super::lines`], which file was another before in
//! [`super::rename`].

mod ignored;
mod pieces;
mod search;
mod working_copy;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::{CommitId, GitError, Repository};

/// How much of what a line replaced is kept, in lines.
const REPLACED: usize = 50;

/// The file whose lines are asked about.
#[derive(Clone, Debug)]
pub struct BlameFile<'a> {
    /// Where it is in the repository, `/` between the parts.
    pub path: &'a str,
    /// The commit that it is taken from; `None` for the working copy, whose lines that HEAD does
    /// not have are not committed yet. Without a working tree that is HEAD itself.
    pub rev: Option<CommitId>,
    /// The lines that are wanted, counted from 1; `None` for all. What is beyond the end is nothing.
    pub lines: Option<RangeInclusive<u32>>,
    /// Commits that are looked through: what they changed belongs to who wrote it before them.
    pub ignored: &'a HashSet<CommitId>,
    /// Whether lines that differ in white space only are the same.
    pub ignore_whitespace: bool,
}

/// A line, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlamedLine {
    /// Its number in the file, counted from 1.
    pub line: u32,
    /// What it says, without its ending.
    pub text: String,
    /// The commit that wrote it; `None` if it is not committed yet.
    pub commit: Option<CommitId>,
    /// Where the file was in that commit.
    pub original_path: String,
    /// The line's number there, counted from 1.
    pub original_line: u32,
    /// The lines, at most 50, that were replaced when this one came, perhaps together with lines
    /// around it; none if it was only added.
    pub replaced: Vec<String>,
}

impl Repository {
    /// Tells of each wanted line, in order, which commit wrote it, through renames and merges.
    pub fn blame(&self, file: &BlameFile<'_>) -> Result<Vec<BlamedLine>, GitError> {
        let head = match (file.rev, self.has_worktree) {
            (None, false) => self.head()?,
            (rev, _) => rev,
        };
        match head {
            Some(id) => search::in_commit(self, file, id),
            None => search::in_working_copy(self, file),
        }
    }
}
