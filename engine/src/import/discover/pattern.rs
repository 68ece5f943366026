//! A location's glob, and the walk to what it matches.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

use super::{is_compressed, problem};
use crate::api::Problem;

/// Directories deeper than this below a base are not looked into.
const MAX_DEPTH: usize = 32;

/// A location's glob; with `.zst` after the name it matches, too.
pub(super) struct Pattern {
    plain: Option<GlobMatcher>,
    compressed: Option<GlobMatcher>,
    /// What a file's name has to be, without `.zst`.
    name: Option<GlobMatcher>,
    /// The directories at its start that are no pattern.
    literal_prefix: PathBuf,
    /// One glob for each directory below, as far as each stands for exactly one; then more follow.
    directories: Vec<GlobMatcher>,
    /// The file's path below the prefix, where the pattern stands for exactly one.
    literal: Option<String>,
    /// How deep below the prefix its files lie at most.
    depth: usize,
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        let parts: Vec<&str> = pattern.split('/').collect();
        let is_literal = |part: &&&str| !part.contains(['*', '?', '[', '{', '\\']);
        let prefix = parts[..parts.len() - 1].iter().take_while(is_literal).count();
        // Braces may hold a slash, and then parts are no patterns.
        let is_flat = |part: &&&str| **part != "**" && !part.contains('{');
        let below = &parts[prefix..parts.len() - 1];
        let directories: Vec<GlobMatcher> =
            below.iter().take_while(is_flat).map_while(|part| glob(part)).collect();
        let is_flat = directories.len() == below.len() && *parts[parts.len() - 1] != *"**";
        // Where braces hold a slash, the last part is no pattern, and any name will do.
        let last = parts[parts.len() - 1];
        let is_whole = last.matches('{').count() == last.matches('}').count();
        let is_one = prefix + 1 == parts.len() && is_literal(&&last);
        Self {
            literal: is_one.then(|| last.to_owned()),
            name: if is_whole { glob(last) } else { None },
            plain: glob(pattern),
            compressed: glob(&format!("{pattern}.zst")),
            literal_prefix: parts[..prefix].iter().collect(),
            depth: if is_flat { directories.len() + 1 } else { MAX_DEPTH },
            directories,
        }
    }

    /// The directories at the pattern's start that are no pattern: where to begin to look.
    pub(super) fn literal_prefix(&self) -> &Path {
        &self.literal_prefix
    }

    /// Whether the place that it names is there below `base`: the file, or the directories at its
    /// start. One that begins with a pattern names none.
    pub(super) fn names_what_is_in(&self, base: &Path) -> bool {
        let prefix = base.join(&self.literal_prefix);
        match &self.literal {
            Some(name) => prefix.join(name).exists(),
            None => !self.literal_prefix.as_os_str().is_empty() && prefix.is_dir(),
        }
    }

    /// How deep below the prefix its files lie at most; 1: directly in it.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Whether a file of this name may match: quick to say, for files of whole disks.
    pub(super) fn may_match(&self, name: &Path) -> bool {
        let matches = |glob: &GlobMatcher| {
            glob.is_match(name) || (is_compressed(name) && glob.is_match(name.with_extension("")))
        };
        self.name.as_ref().is_none_or(matches)
    }

    pub(super) fn matches(&self, relative: &Path) -> bool {
        let matches =
            |glob: &Option<GlobMatcher>| glob.as_ref().is_some_and(|glob| glob.is_match(relative));
        matches(&self.plain) || matches(&self.compressed)
    }

    /// The files that match, with their paths below `base`; `root` is `base` and the prefix.
    pub(super) fn files(
        &self,
        base: &Path,
        root: &Path,
        problems: &mut Vec<Problem>,
    ) -> Vec<(PathBuf, PathBuf, Metadata)> {
        let mut files = Vec::new();
        if let Some(name) = &self.literal {
            for path in [root.join(name), root.join(format!("{name}.zst"))] {
                if let (Ok(relative), Ok(metadata)) =
                    (path.strip_prefix(base), std::fs::metadata(&path))
                    && metadata.is_file()
                {
                    files.push((path.clone(), relative.to_owned(), metadata));
                }
            }
            return files;
        }
        let is_wanted = |entry: &DirEntry| {
            let depth = entry.depth();
            !entry.file_type().is_dir()
                || depth == 0
                || self
                    .directories
                    .get(depth - 1)
                    .is_none_or(|glob| glob.is_match(entry.file_name()))
        };
        let walk = WalkDir::new(root).max_depth(self.depth).into_iter().filter_entry(is_wanted);
        for_each_file(walk, root, problems, |path, metadata| {
            let Ok(relative) = path.strip_prefix(base) else { return };
            if !self.matches(relative) {
                return;
            }
            let relative = relative.to_owned();
            files.extend(metadata().map(|metadata| (path, relative, metadata)));
        });
        files
    }
}

/// Regular files and links to such at or below `root`; what cannot be read is a problem.
pub(super) fn all_files(root: &Path, problems: &mut Vec<Problem>) -> Vec<(PathBuf, Metadata)> {
    let mut files = Vec::new();
    let walk = WalkDir::new(root).max_depth(MAX_DEPTH).into_iter();
    for_each_file(walk, root, problems, |path, metadata| {
        files.extend(metadata().map(|metadata| (path, metadata)));
    });
    files
}

/// Calls `take` with each file that the walk meets; its metadata are asked for only when wanted.
fn for_each_file(
    walk: impl Iterator<Item = walkdir::Result<DirEntry>>,
    root: &Path,
    problems: &mut Vec<Problem>,
    mut take: impl FnMut(PathBuf, &mut dyn FnMut() -> Option<Metadata>),
) {
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => {
                let path = entry.path().to_owned();
                take(path.clone(), &mut || {
                    // A link out of the base is refused when it is opened, and is a problem then.
                    match std::fs::metadata(&path) {
                        Ok(metadata) => metadata.is_file().then_some(metadata),
                        Err(error) => {
                            problems.push(problem(&path, error.to_string()));
                            None
                        }
                    }
                });
            }
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                problems.push(problem(&path, reason));
            }
        }
    }
}

fn glob(pattern: &str) -> Option<GlobMatcher> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.ok().map(|glob| glob.compile_matcher())
}
