//! The search itself: every line is first suspected to be of the newest version, and goes on to a
//! parent for as long as a parent has it too. The newest suspects come first, so that lines that
//! reach a version on several ways are there together before it is compared with its parents.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use super::super::changes::located;
use super::super::lines::{Comparison, Difference, Text, differences};
use super::super::objects::{Entry, Node};
use super::super::{CommitId, GitError, Repository};
use super::ignored::look_through;
use super::pieces::{Piece, divide, joined};
use super::working_copy::no_such_file;
use super::{BlameFile, BlamedLine, REPLACED};

/// Blames the file as a commit has it.
pub(super) fn in_commit(
    repository: &Repository,
    file: &BlameFile<'_>,
    id: CommitId,
) -> Result<Vec<BlamedLine>, GitError> {
    let none = || GitError::NoSuchCommit { reference: id.to_string() };
    let node = Rc::new(repository.node(id)?.ok_or_else(none)?);
    let entry = repository.entry(node.tree, file.path)?;
    let entry = entry.filter(Entry::is_blob).ok_or_else(|| no_such_file(file.path, Some(id)))?;
    let text = Rc::new(Text::new(repository.blob(entry.id)?));
    let version = Version { commit: Some((id, node)), path: file.path.into(), entry: Some(entry) };
    Search::new(repository, file).run(version, text)
}

/// Blames the file as it lies in the working tree.
pub(super) fn in_working_copy(
    repository: &Repository,
    file: &BlameFile<'_>,
) -> Result<Vec<BlamedLine>, GitError> {
    let text = Rc::new(Text::new(repository.working_copy(file.path)?));
    let version = Version { commit: None, path: file.path.into(), entry: None };
    Search::new(repository, file).run(version, text)
}

/// The file in some commit, under the path that it had there.
#[derive(Clone)]
struct Version {
    /// `None` for the working copy.
    commit: Option<(CommitId, Rc<Node>)>,
    path: Rc<str>,
    /// `None` for the working copy, which may hold what git does not know.
    entry: Option<Entry>,
}

/// A version that lines may come from.
struct Suspect {
    version: Version,
    text: Option<Rc<Text>>,
    pieces: Vec<Piece>,
}

/// Lines whose origin is known.
struct Found {
    piece: Piece,
    suspect: usize,
    replaced: Rc<[String]>,
}

/// A version, and what differs between it and the one that was made of it.
struct Compared {
    version: Version,
    text: Rc<Text>,
    differences: Vec<Difference>,
}

struct Search<'a> {
    repository: &'a Repository,
    file: &'a BlameFile<'a>,
    suspects: Vec<Suspect>,
    by_place: HashMap<(CommitId, Rc<str>), usize>,
    nodes: HashMap<CommitId, Option<Rc<Node>>>,
    /// Suspects with pieces, the newest first.
    queue: BinaryHeap<(i64, Reverse<usize>)>,
    found: Vec<Found>,
}

impl<'a> Search<'a> {
    fn new(repository: &'a Repository, file: &'a BlameFile<'a>) -> Self {
        Self {
            repository,
            file,
            suspects: Vec::new(),
            by_place: HashMap::new(),
            nodes: HashMap::new(),
            queue: BinaryHeap::new(),
            found: Vec::new(),
        }
    }

    fn run(mut self, version: Version, text: Rc<Text>) -> Result<Vec<BlamedLine>, GitError> {
        let (first, last) = match &self.file.lines {
            Some(lines) => (lines.start().saturating_sub(1), (*lines.end()).min(text.len())),
            None => (0, text.len()),
        };
        if first >= last {
            return Ok(Vec::new());
        }
        let piece = Piece { start: first, wanted: first, length: last - first };
        let suspect = Suspect { version, text: Some(text.clone()), pieces: vec![piece] };
        self.suspects.push(suspect);
        self.queue.push((i64::MAX, Reverse(0)));
        while let Some((_, Reverse(index))) = self.queue.pop() {
            self.examine(index)?;
        }
        Ok(self.lines(&text))
    }

    /// The found lines in the order of the file.
    fn lines(mut self, text: &Text) -> Vec<BlamedLine> {
        self.found.sort_by_key(|found| found.piece.wanted);
        let suspects = &self.suspects;
        let lines = self.found.iter().flat_map(|found| {
            let version = &suspects[found.suspect].version;
            (0..found.piece.length).map(|offset| BlamedLine {
                line: found.piece.wanted + offset + 1,
                text: text.shown(found.piece.wanted + offset),
                commit: version.commit.as_ref().map(|(id, _)| *id),
                original_path: version.path.to_string(),
                original_line: found.piece.start + offset + 1,
                replaced: found.replaced.to_vec(),
            })
        });
        lines.collect()
    }

    /// Passes on what a suspect has from its parents, and keeps the rest.
    fn examine(&mut self, index: usize) -> Result<(), GitError> {
        let suspect = &mut self.suspects[index];
        let mut pieces = joined(std::mem::take(&mut suspect.pieces));
        let text = suspect.text.take();
        let version = suspect.version.clone();
        if pieces.is_empty() {
            return Ok(());
        }
        let origins = match self.origins(&version)? {
            Origins::Same(origin) => {
                self.hand_over(origin, text, pieces);
                return Ok(());
            }
            Origins::Others(origins) => origins,
        };
        if origins.is_empty() {
            self.settle(index, pieces, None);
            return Ok(());
        }
        let text = match text {
            Some(text) => text,
            None => self.read(&version)?,
        };
        let mut compared = Vec::new();
        for origin in origins {
            if pieces.is_empty() {
                break;
            }
            let before = self.known_text(&origin)?;
            let comparison = self.comparison(&version, &before, &text);
            let differences = differences(&before, &text, comparison);
            let divided = divide(pieces, &differences);
            pieces = divided.kept;
            self.hand_over(origin.clone(), Some(before.clone()), divided.passed);
            compared.push(Compared { version: origin, text: before, differences });
        }
        let is_ignored = |(id, _): &(CommitId, _)| self.file.ignored.contains(id);
        if version.commit.as_ref().is_some_and(is_ignored) {
            for origin in &compared {
                let divided = look_through(pieces, &origin.differences, &origin.text, &text);
                pieces = divided.kept;
                self.hand_over(origin.version.clone(), Some(origin.text.clone()), divided.passed);
            }
        }
        self.settle(index, pieces, compared.first());
        Ok(())
    }

    fn comparison(&self, version: &Version, before: &Text, after: &Text) -> Comparison {
        if self.file.ignore_whitespace {
            return Comparison::IgnoreWhitespace;
        }
        // A checkout that converts line endings has not changed every line.
        let converted = version.commit.is_none()
            && after.has_carriage_returns()
            && !before.has_carriage_returns();
        match converted {
            true => Comparison::IgnoreCarriageReturn,
            false => Comparison::Exact,
        }
    }

    /// The versions that this one was made of.
    fn origins(&mut self, version: &Version) -> Result<Origins, GitError> {
        let parents = match &version.commit {
            Some((_, node)) => node.parents.clone(),
            None => self.repository.next_parents()?,
        };
        let mut origins: Vec<Version> = Vec::new();
        let mut without = Vec::new();
        for id in parents {
            // The end of a shallow history: what is behind it is not known.
            let Some(node) = self.node(id)? else {
                continue;
            };
            match self.entry_of_parent(version, &node)? {
                Some(entry) => {
                    let path = version.path.clone();
                    let origin = Version { commit: Some((id, node)), path, entry: Some(entry) };
                    if version.entry.is_some_and(|own| own.id == entry.id) {
                        return Ok(Origins::Same(origin));
                    }
                    origins.push(origin);
                }
                None => without.push((id, node)),
            }
        }
        for (id, node) in without {
            if let Some((path, entry)) = self.renamed_from(version, &node)? {
                let path = path.into();
                let origin = Version { commit: Some((id, node)), path, entry: Some(entry) };
                if version.entry.is_some_and(|own| own.id == entry.id) {
                    return Ok(Origins::Same(origin));
                }
                origins.push(origin);
            }
        }
        // Two parents with the same content have the same lines.
        let mut seen = Vec::new();
        origins.retain(|origin| {
            let id = origin.entry.map(|entry| entry.id);
            let is_new = !seen.contains(&id);
            seen.push(id);
            is_new
        });
        Ok(Origins::Others(origins))
    }

    fn entry_of_parent(&self, version: &Version, parent: &Node) -> Result<Option<Entry>, GitError> {
        if let (Some((_, node)), Some(entry)) = (&version.commit, version.entry)
            && node.tree == parent.tree
        {
            return Ok(Some(entry));
        }
        let found = self.repository.entry(parent.tree, &version.path)?;
        let found = found.filter(Entry::is_blob);
        // A link that took the place of a file is not a later version of it.
        Ok(found.filter(|found| version.entry.is_none_or(|entry| entry.is_like(found))))
    }

    fn renamed_from(
        &self,
        version: &Version,
        parent: &Node,
    ) -> Result<Option<(String, Entry)>, GitError> {
        let Some((_, node)) = &version.commit else {
            return self.repository.moved_from(parent, &version.path);
        };
        let changes = self.repository.tree_changes(parent.tree, node.tree)?;
        let path: &str = &version.path;
        let is_this = |change: &super::super::changes::TreeChange| {
            change.before.is_none() && change.path == path
        };
        let (_, added) = located(&changes, is_this, |change| change.after);
        let (_, removed) =
            located(&changes, |change| change.after.is_none(), |change| change.before);
        let pairs = self.repository.renames(&removed, &added)?;
        let source = pairs.first().map(|(source, _)| &removed[*source]);
        Ok(source.map(|file| (file.path.to_string(), file.entry)))
    }

    fn node(&mut self, id: CommitId) -> Result<Option<Rc<Node>>, GitError> {
        if let Some(known) = self.nodes.get(&id) {
            return Ok(known.clone());
        }
        let node = self.repository.node(id)?.map(Rc::new);
        self.nodes.insert(id, node.clone());
        Ok(node)
    }

    fn read(&self, version: &Version) -> Result<Rc<Text>, GitError> {
        let bytes = match version.entry {
            Some(entry) => self.repository.blob(entry.id)?,
            None => self.repository.working_copy(&version.path)?,
        };
        Ok(Rc::new(Text::new(bytes)))
    }

    /// The text of a version, if another way to it has read it already.
    fn known_text(&self, version: &Version) -> Result<Rc<Text>, GitError> {
        let known = self.place(version).and_then(|place| self.by_place.get(&place));
        match known.and_then(|index| self.suspects[*index].text.clone()) {
            Some(text) => Ok(text),
            None => self.read(version),
        }
    }

    fn place(&self, version: &Version) -> Option<(CommitId, Rc<str>)> {
        version.commit.as_ref().map(|(id, _)| (*id, version.path.clone()))
    }

    /// Suspects a version of these lines.
    fn hand_over(&mut self, version: Version, text: Option<Rc<Text>>, pieces: Vec<Piece>) {
        let (Some(place), Some((_, node))) = (self.place(&version), version.commit.clone()) else {
            return;
        };
        if pieces.is_empty() {
            return;
        }
        let index = *self.by_place.entry(place).or_insert(self.suspects.len());
        if index == self.suspects.len() {
            self.suspects.push(Suspect { version, text: None, pieces: Vec::new() });
        }
        let suspect = &mut self.suspects[index];
        if suspect.pieces.is_empty() {
            self.queue.push((node.committed, Reverse(index)));
        }
        suspect.pieces.extend(pieces);
        suspect.text = suspect.text.take().or(text);
    }

    /// Notes that these lines come from the suspect itself.
    fn settle(&mut self, suspect: usize, pieces: Vec<Piece>, origin: Option<&Compared>) {
        let Some(origin) = origin else {
            let nothing: Rc<[String]> = Rc::new([]);
            let found = pieces.into_iter();
            self.found.extend(found.map(|piece| Found {
                piece,
                suspect,
                replaced: nothing.clone(),
            }));
            return;
        };
        let differences = &origin.differences;
        for piece in pieces {
            let first = differences.partition_point(|found| found.after.end <= piece.start);
            for difference in &differences[first..] {
                if difference.after.start >= piece.end() {
                    break;
                }
                let replaced = difference.before.clone().take(REPLACED);
                let replaced: Rc<[String]> = replaced.map(|line| origin.text.shown(line)).collect();
                if let Some(piece) = piece.within(&difference.after) {
                    self.found.push(Found { piece, suspect, replaced });
                }
            }
        }
    }
}

/// What a version was made of.
enum Origins {
    /// A parent has exactly the same.
    Same(Version),
    /// Others, or none if this is where the file begins.
    Others(Vec<Version>),
}
