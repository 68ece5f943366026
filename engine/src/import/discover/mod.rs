//! Finds the files that may be sources.

mod changed;
mod memories;
mod pattern;
mod places;
mod scan;

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::api::{Places, Problem};
use crate::plugin::{Content, Growth, Location, PROJECT_SLUG, Plugin};
use crate::store::Stamp;
pub(crate) use changed::{changed, watch};
pub(crate) use memories::{MemoryFile, Project, memory_files};
use pattern::Pattern;
use places::is_here;
pub(crate) use places::{Directories, locations_here, memory_locations_here};
pub(crate) use scan::scan;

/// The first bytes of every SQLite database.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// What SQLite keeps beside a database.
const BESIDE_A_DATABASE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that may be a source.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    /// The directory that the plugin may read below, and the file's path from there.
    pub(crate) base: PathBuf,
    pub(crate) relative: PathBuf,
    pub(crate) growth: Growth,
    pub(crate) rank: u8,
    pub(crate) stamp: Stamp,
    /// The tool whose location it lies in.
    pub(crate) tool: Option<String>,
    /// The base is a project directory.
    pub(crate) in_project: bool,
}

/// What was found: the better stores of a tool first, and of equal ones the older, since what is
/// copied is older than its copies.
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
    let mut directories = Directories::new(places);
    for plugin in plugins {
        let tool = plugin.info().tool.as_str();
        let mut seen = BTreeSet::new();
        for location in locations_here(plugin, places) {
            let bases = directories.of(location);
            if bases.is_empty() {
                continue;
            }
            let pattern = Pattern::new(&location.pattern);
            for base in bases {
                let root = base.join(pattern.literal_prefix());
                // People put this directory elsewhere and link to it; then it is the base.
                let Ok(real_root) = root.canonicalize() else { continue };
                let is_inside = real_root.starts_with(base);
                for (path, relative, metadata) in pattern.files(base, &root, &mut found.problems) {
                    let (base, relative, path) = if is_inside {
                        (base.clone(), relative, path)
                    } else {
                        let below = path.strip_prefix(&root).unwrap_or(&relative);
                        (real_root.clone(), below.to_owned(), real_root.join(below))
                    };
                    if seen.insert(path.clone()) {
                        let stamp = stamp(&metadata);
                        found.candidates.push(Candidate {
                            base,
                            relative,
                            path,
                            ..candidate(tool, location, stamp)
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
    let known = Known::new(plugins, Content::Sessions);
    // Nothing is imported of these, but their plugins say what they are.
    let memories = Known::new(plugins, Content::Memories);
    let memory = |path: &Path, stamp| {
        let candidate = memories.candidate(path, stamp)?;
        Some(Candidate { tool: None, in_project: false, ..candidate })
    };
    let mut seen = BTreeSet::new();
    for given in paths {
        let root = match given.canonicalize() {
            Ok(root) => root,
            Err(error) => {
                found.problems.push(problem(given, error.to_string()));
                continue;
            }
        };
        for (path, metadata) in pattern::all_files(&root, &mut found.problems) {
            if !seen.insert(path.clone()) || belongs_to_a_database(&path) {
                continue;
            }
            let stamp = stamp(&metadata);
            let known = known.candidate(&path, stamp).or_else(|| memory(&path, stamp));
            let candidate = known.unwrap_or_else(|| {
                let base = if root.is_dir() { &*root } else { path.parent().unwrap_or(&root) };
                Candidate {
                    base: base.to_owned(),
                    relative: path.strip_prefix(base).unwrap_or(&path).to_owned(),
                    growth: if is_database(&path) { Growth::Database } else { Growth::AppendOnly },
                    rank: 0,
                    stamp,
                    tool: None,
                    in_project: false,
                    path,
                }
            });
            found.candidates.push(candidate);
        }
    }
    found.sort();
    found
}

/// The patterns of all locations of a kind, for recognising files wherever they lie.
struct Known<'p>(Vec<(&'p str, &'p Location, Pattern)>);

impl<'p> Known<'p> {
    fn new(plugins: &'p [Plugin], content: Content) -> Self {
        let known = plugins.iter().flat_map(|plugin| {
            let info = plugin.info();
            let pattern = |location: &'p Location| {
                let of_any_project = location.pattern.replace(PROJECT_SLUG, "*");
                (info.tool.as_str(), location, Pattern::new(&of_any_project))
            };
            let holds = move |location: &&Location| location.content == content;
            info.locations.iter().filter(holds).map(pattern)
        });
        Self(known.collect())
    }

    /// The file as it would be found in its tool's location: below a copy of the tool's directory,
    /// the plugin sees the path that it knows.
    fn candidate(&self, path: &Path, stamp: Stamp) -> Option<Candidate> {
        let name = Path::new(path.file_name()?);
        let likely: Vec<_> =
            self.0.iter().filter(|(_, _, pattern)| pattern.may_match(name)).collect();
        if likely.is_empty() {
            return None;
        }
        let mut first = None;
        for base in path.ancestors().skip(1) {
            let Ok(relative) = path.strip_prefix(base) else { continue };
            for (tool, location, pattern) in &likely {
                if !pattern.matches(relative) {
                    continue;
                }
                let found = (base, relative, *tool, *location);
                // Several tools may name their files alike; then the folders' names tell whose it is.
                if bears_name_of(path, location) {
                    return Some(known(path, stamp, found));
                }
                first.get_or_insert(found);
            }
        }
        first.map(|found| known(path, stamp, found))
    }
}

fn known(path: &Path, stamp: Stamp, found: (&Path, &Path, &str, &Location)) -> Candidate {
    let (base, relative, tool, location) = found;
    let (base, relative, path) = (base.to_owned(), relative.to_owned(), path.to_owned());
    Candidate { base, relative, path, ..candidate(tool, location, stamp) }
}

/// Whether a folder that the file lies in is called as the location's base is, but for dots.
fn bears_name_of(path: &Path, location: &Location) -> bool {
    let plain = |name: &str| name.trim_start_matches('.').to_ascii_lowercase();
    let Some(name) = location.base.rsplit('/').next().map(plain) else { return false };
    !name.is_empty()
        && path.iter().any(|part| part.to_str().is_some_and(|part| plain(part) == name))
}

/// What a location says about its files.
fn candidate(tool: &str, location: &Location, stamp: Stamp) -> Candidate {
    Candidate {
        path: PathBuf::new(),
        base: PathBuf::new(),
        relative: PathBuf::new(),
        growth: location.growth,
        rank: location.rank,
        stamp,
        tool: Some(tool.to_owned()),
        in_project: location.base.is_empty(),
    }
}

/// What SQLite writes is read with the database, not by itself.
fn belongs_to_a_database(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return false };
    BESIDE_A_DATABASE
        .iter()
        .any(|end| text.strip_suffix(end).is_some_and(|database| is_database(Path::new(database))))
}

fn is_database(path: &Path) -> bool {
    use std::io::Read as _;
    let mut head = [0; SQLITE.len()];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == SQLITE
}

impl Discovered {
    fn sort(&mut self) {
        let key = |candidate: &Candidate| {
            (candidate.rank, candidate.stamp.modified, candidate.path.clone())
        };
        self.candidates.sort_by_cached_key(key);
    }
}

fn problem(path: &Path, message: String) -> Problem {
    Problem { path: PathBuf::from(path.to_string_lossy().into_owned()), offset: None, message }
}

/// What the directory tells about a file.
pub(crate) fn stamp(metadata: &Metadata) -> Stamp {
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
