//! Finds the files that may be sources.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use crate::api::{Places, Problem};
use crate::plugin::{Growth, Location, Plugin};
use crate::store::Stamp;

/// Directories deeper than this below a base are not looked into.
const MAX_DEPTH: usize = 32;

/// A file that may be a source.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    /// The directory that the plugin may read below, and the file's path from there.
    pub(crate) base: PathBuf,
    pub(crate) relative: PathBuf,
    pub(crate) growth: Growth,
    pub(crate) stamp: Stamp,
    /// The tool whose location it lies in.
    pub(crate) tool: Option<String>,
}

/// What was found, the oldest first: what is copied is older than its copies.
#[derive(Default)]
pub(crate) struct Discovered {
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) problems: Vec<Problem>,
}

/// Whether a file is decompressed while it is read.
pub(super) fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

/// The files in the plugins' own locations.
pub(crate) fn in_locations(plugins: &[Plugin], places: &Places) -> Discovered {
    let mut found = Discovered::default();
    for plugin in plugins {
        let tool = plugin.info().tool.as_str();
        let mut seen = BTreeSet::new();
        for location in locations_here(plugin, places) {
            let pattern = Pattern::new(location);
            for base in directories(location, places) {
                let root = base.join(pattern.literal_prefix());
                // People put this directory elsewhere and link to it; then it is the base.
                let Ok(real_root) = root.canonicalize() else { continue };
                let is_inside = real_root.starts_with(&base);
                for (path, metadata) in files(&root, &mut found.problems) {
                    let Ok(relative) = path.strip_prefix(&base) else { continue };
                    if !pattern.matches(relative) {
                        continue;
                    }
                    let below = path.strip_prefix(&root).unwrap_or(relative);
                    let (base, relative, path) = if is_inside {
                        (base.clone(), relative.to_owned(), path.clone())
                    } else {
                        (real_root.clone(), below.to_owned(), real_root.join(below))
                    };
                    if seen.insert(path.clone()) {
                        found.candidates.push(Candidate {
                            stamp: stamp(&metadata),
                            base,
                            relative,
                            growth: location.growth,
                            tool: Some(tool.to_owned()),
                            path,
                        });
                    }
                }
            }
        }
    }
    found.sort();
    found
}

/// The files that these paths name, or that lie below them.
pub(crate) fn in_paths(paths: &[PathBuf], plugins: &[Plugin]) -> Discovered {
    let mut found = Discovered::default();
    let patterns: Vec<(&str, &Location, Pattern)> = plugins
        .iter()
        .flat_map(|plugin| {
            let info = plugin.info();
            let pattern = |location| (info.tool.as_str(), location, Pattern::new(location));
            info.locations.iter().map(pattern)
        })
        .collect();
    let mut seen = BTreeSet::new();
    for given in paths {
        let root = match given.canonicalize() {
            Ok(root) => root,
            Err(error) => {
                found.problems.push(problem(given, error.to_string()));
                continue;
            }
        };
        for (path, metadata) in files(&root, &mut found.problems) {
            if !seen.insert(path.clone()) {
                continue;
            }
            // Below a copy of the tool's directory, the plugin sees the path that it knows.
            let known = path.ancestors().skip(1).find_map(|base| {
                let relative = path.strip_prefix(base).ok()?;
                let (tool, location, _) =
                    patterns.iter().find(|(_, _, pattern)| pattern.matches(relative))?;
                Some((base, *tool, location.growth))
            });
            let parent = path.parent().unwrap_or(&root);
            let (base, tool, growth) = match known {
                Some((base, tool, growth)) => (base, Some(tool.to_owned()), growth),
                None => (if root.is_dir() { &*root } else { parent }, None, Growth::AppendOnly),
            };
            let relative = path.strip_prefix(base).unwrap_or(&path).to_owned();
            let (base, stamp) = (base.to_owned(), stamp(&metadata));
            found.candidates.push(Candidate { base, relative, growth, stamp, tool, path });
        }
    }
    found.sort();
    found
}

/// The locations of a plugin that hold for this operating system.
pub(crate) fn locations_here<'p>(
    plugin: &'p Plugin,
    places: &'p Places,
) -> impl Iterator<Item = &'p Location> {
    let here = |location: &&Location| location.os.is_empty() || location.os.contains(&places.os);
    plugin.info().locations.iter().filter(here)
}

/// The directories that a location stands for and that exist, without symbolic links.
pub(crate) fn directories(location: &Location, places: &Places) -> Vec<PathBuf> {
    let moved = location.env.as_ref().and_then(|name| places.variables.get(name));
    let given: Vec<PathBuf> = match moved.filter(|value| !value.trim().is_empty()) {
        Some(value) => value.split(',').filter_map(|part| expand(part.trim(), places)).collect(),
        None => expand(&location.base, places).into_iter().collect(),
    };
    let existing = given.iter().filter_map(|directory| directory.canonicalize().ok());
    existing.filter(|directory| directory.is_dir()).collect()
}

/// Puts the home directory and the variables of the XDG base directory specification in their place.
fn expand(directory: &str, places: &Places) -> Option<PathBuf> {
    let (first, rest) = directory.split_once('/').unwrap_or((directory, ""));
    let home = |below: &str| Some(places.home.as_ref()?.join(below));
    let variable = |name: &str, default: &str| match places.variables.get(name) {
        Some(value) if Path::new(value).is_absolute() => Some(PathBuf::from(value)),
        _ => home(default),
    };
    let start = match first {
        "~" => home("")?,
        "$XDG_CONFIG_HOME" => variable("XDG_CONFIG_HOME", ".config")?,
        "$XDG_DATA_HOME" => variable("XDG_DATA_HOME", ".local/share")?,
        "$XDG_STATE_HOME" => variable("XDG_STATE_HOME", ".local/state")?,
        "$APPDATA" => variable("APPDATA", "AppData/Roaming")?,
        _ => return Path::new(directory).is_absolute().then(|| PathBuf::from(directory)),
    };
    Some(start.join(rest))
}

/// Regular files and links to such at or below `root`; what cannot be read is a problem.
fn files(root: &Path, problems: &mut Vec<Problem>) -> Vec<(PathBuf, Metadata)> {
    let mut files = Vec::new();
    if !root.exists() {
        return files;
    }
    for entry in WalkDir::new(root).max_depth(MAX_DEPTH) {
        let found = entry.and_then(|entry| {
            let kind = entry.file_type();
            let metadata = if kind.is_file() { Some(entry.metadata()?) } else { None };
            Ok((entry.into_path(), kind, metadata))
        });
        match found {
            Ok((path, _, Some(metadata))) => files.push((path, metadata)),
            // A link out of the base is refused when it is opened, and is a problem then.
            Ok((path, kind, None)) if kind.is_symlink() => match std::fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => files.push((path, metadata)),
                Ok(_) => {}
                Err(error) => problems.push(problem(&path, error.to_string())),
            },
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                problems.push(problem(&path, reason));
            }
        }
    }
    files
}

impl Discovered {
    fn sort(&mut self) {
        let key = |candidate: &Candidate| (candidate.stamp.modified, candidate.path.clone());
        self.candidates.sort_by_cached_key(key);
    }
}

/// A location's glob; with `.zst` after the name it matches, too.
struct Pattern {
    plain: Option<GlobMatcher>,
    compressed: Option<GlobMatcher>,
    literal_prefix: PathBuf,
}

impl Pattern {
    fn new(location: &Location) -> Self {
        let glob = |pattern: &str| {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            glob.ok().map(|glob| glob.compile_matcher())
        };
        let is_literal = |part: &&str| !part.contains(['*', '?', '[', '{']);
        let parts: Vec<&str> = location.pattern.split('/').collect();
        let directories = &parts[..parts.len().saturating_sub(1)];
        Self {
            plain: glob(&location.pattern),
            compressed: glob(&format!("{}.zst", location.pattern)),
            literal_prefix: directories.iter().take_while(|part| is_literal(part)).collect(),
        }
    }

    /// The directories at the pattern's start that are no pattern: where to begin to look.
    fn literal_prefix(&self) -> &Path {
        &self.literal_prefix
    }

    fn matches(&self, relative: &Path) -> bool {
        let matches =
            |glob: &Option<GlobMatcher>| glob.as_ref().is_some_and(|glob| glob.is_match(relative));
        matches(&self.plain) || matches(&self.compressed)
    }
}

fn problem(path: &Path, message: String) -> Problem {
    Problem { path: PathBuf::from(path.to_string_lossy().into_owned()), offset: None, message }
}

fn stamp(metadata: &Metadata) -> Stamp {
    let modified =
        metadata.modified().ok().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        });
    Stamp { size: metadata.len(), modified, inode: inode(metadata) }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}
