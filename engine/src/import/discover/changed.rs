//! Which directories to watch for changes, and which sources a change concerns: told from paths, so
//! that a change costs no walk through what has not changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::pattern::Pattern;
use super::{BESIDE_A_DATABASE, Candidate, Directories, Discovered, candidate, is_here, stamp};
use crate::api::{Changed, Places, WatchPlan, Watched};
use crate::plugin::{Location, Plugin};
use crate::store::{Source, StoreError, Surroundings, View};

/// Directories beside sources that are watched one by one; of more, those that they lie in are.
const SINGLE_DIRECTORIES: usize = 64;

/// The directories in which something may change that concerns a source.
pub(crate) fn watch(
    plugins: &[Plugin],
    places: &Places,
    view: &View<'_>,
) -> Result<WatchPlan, StoreError> {
    let mut plan = WatchPlan::default();
    let mut directories = Directories::new(places);
    let mut missing = BTreeSet::new();
    for plugin in plugins {
        for (number, location) in (0..).zip(&plugin.info().locations) {
            if !is_here(location, places) {
                continue;
            }
            let pattern = Pattern::new(&location.pattern);
            let prefix = pattern.literal_prefix();
            missing.extend(directories.missing(location).iter().map(|base| base.join(prefix)));
            for base in directories.of(location) {
                let root = base.join(prefix);
                let Ok(real_root) = root.canonicalize() else {
                    missing.insert(root);
                    continue;
                };
                let is_inside = real_root.starts_with(base);
                let (base, root) =
                    if is_inside { (base.clone(), root) } else { (real_root.clone(), real_root) };
                plan.watched.push(Watched {
                    tool: plugin.info().tool.clone(),
                    location: number,
                    base,
                    root,
                    recursive: pattern.depth() > 1,
                });
            }
        }
    }
    plan.missing = missing.into_iter().collect();
    plan.beside = beside(plugins, &plan.watched, view)?;
    Ok(plan)
}

/// The directories of what readings looked at, but for those that are watched anyway.
fn beside(
    plugins: &[Plugin],
    watched: &[Watched],
    view: &View<'_>,
) -> Result<Vec<(PathBuf, bool)>, StoreError> {
    let rooms = Rooms::new(plugins, watched);
    let is_watched = |directory: &Path| {
        watched.iter().any(|Watched { root, recursive, .. }| match recursive {
            true => directory.starts_with(root),
            false => directory == root,
        })
    };
    let mut by_base: BTreeMap<&Path, BTreeMap<PathBuf, bool>> = BTreeMap::new();
    for (id, around) in view.surroundings()? {
        let Some(source) = view.source(id)? else { continue };
        let Some(room) = rooms.of(&source) else { continue };
        let base = room.watched.base.as_path();
        let directories = by_base.entry(base).or_default();
        let opened = around.opened.iter().filter_map(|(path, _)| Path::new(path).parent());
        for directory in opened {
            directories.entry(base.join(directory)).or_default();
        }
        for (pattern, _) in around.found.iter().filter(|(pattern, _)| !pattern.is_empty()) {
            let pattern = Pattern::new(pattern);
            let directory = base.join(pattern.literal_prefix());
            *directories.entry(directory).or_default() |= pattern.depth() > 1;
        }
    }
    let mut beside = BTreeMap::new();
    for (base, mut directories) in by_base {
        directories.retain(|directory, _| !is_watched(directory) && directory.is_dir());
        if directories.len() <= SINGLE_DIRECTORIES {
            beside.extend(directories);
            continue;
        }
        for directory in directories.keys() {
            let first = directory.strip_prefix(base).ok().and_then(|below| below.iter().next());
            beside.insert(first.map_or(base.to_owned(), |first| base.join(first)), true);
        }
    }
    Ok(beside.into_iter().collect())
}

/// The sources that these changes concern.
pub(crate) fn changed(
    plugins: &[Plugin],
    changed: &Changed,
    view: &View<'_>,
) -> Result<Discovered, StoreError> {
    let rooms = Rooms::new(plugins, &changed.watched);
    let paths: BTreeSet<&Path> = changed.paths.iter().map(PathBuf::as_path).collect();
    let mut found: HashMap<PathBuf, Candidate> = HashMap::new();
    let mut take = |path: &Path| {
        if let Some(candidate) = rooms.candidate(path) {
            found.entry(candidate.path.clone()).or_insert(candidate);
        }
    };
    for path in &paths {
        take(path);
        if let Some(database) = database_of(path) {
            take(&database);
        }
    }
    for (id, around) in view.surroundings()? {
        let may_concern = |path: &&&Path| concerns_by_name(&around, path);
        let concerned: Vec<_> = paths.iter().filter(may_concern).collect();
        if !concerned.is_empty()
            && let Some(source) = view.source(id)?
            && let Some(room) = rooms.of(&source)
            && concerned.iter().any(|path| concerns(&around, &room.watched.base, path))
        {
            take(&source.path());
        }
    }
    let mut found = Discovered { candidates: found.into_values().collect(), problems: Vec::new() };
    found.sort();
    Ok(found)
}

/// A watched directory, and what its location says.
struct Room<'w> {
    watched: &'w Watched,
    location: &'w Location,
}

impl Room<'_> {
    fn matches(&self, pattern: &Pattern, path: &Path) -> bool {
        let below = path.strip_prefix(&self.watched.root);
        below.is_ok_and(|below| pattern.matches(&pattern.literal_prefix().join(below)))
    }
}

/// All of them.
struct Rooms<'w> {
    rooms: Vec<Room<'w>>,
    /// By the text, since many rooms have the same.
    patterns: HashMap<&'w str, Pattern>,
}

impl<'w> Rooms<'w> {
    /// A plugin may have been replaced since the plan was made: what does not fit is passed over.
    fn new(plugins: &'w [Plugin], watched: &'w [Watched]) -> Self {
        let location = |watched: &Watched| {
            let plugin = plugins.iter().find(|plugin| plugin.info().tool == watched.tool)?;
            plugin.info().locations.get(watched.location as usize)
        };
        let room = |watched| Some(Room { location: location(watched)?, watched });
        let rooms: Vec<Room<'w>> = watched.iter().filter_map(room).collect();
        let mut patterns = HashMap::new();
        for room in &rooms {
            let text = room.location.pattern.as_str();
            patterns.entry(text).or_insert_with(|| Pattern::new(text));
        }
        Self { rooms, patterns }
    }

    /// The one that a path is a source of.
    fn find(&self, path: &Path) -> Option<&Room<'w>> {
        self.rooms.iter().find(|room| {
            let pattern = self.patterns.get(room.location.pattern.as_str());
            pattern.is_some_and(|pattern| room.matches(pattern, path))
        })
    }

    /// The one that a source was found in.
    fn of(&self, source: &Source) -> Option<&Room<'w>> {
        self.find(&source.path()).filter(|room| room.watched.tool == source.tool)
    }

    fn candidate(&self, path: &Path) -> Option<Candidate> {
        let Room { watched, location } = self.find(path)?;
        let metadata = std::fs::metadata(path).ok().filter(|metadata| metadata.is_file())?;
        Some(Candidate {
            path: path.to_owned(),
            base: watched.base.clone(),
            relative: path.strip_prefix(&watched.base).ok()?.to_owned(),
            ..candidate(&watched.tool, location, stamp(&metadata))
        })
    }
}

/// The database that a file is SQLite's own beside.
fn database_of(path: &Path) -> Option<PathBuf> {
    let text = path.to_str()?;
    BESIDE_A_DATABASE.iter().find_map(|end| text.strip_suffix(end)).map(PathBuf::from)
}

/// Whether a path may be one that a reading looked at, as far as its end tells.
fn concerns_by_name(around: &Surroundings, path: &Path) -> bool {
    let plain = without_compression(path);
    let Some(text) = path.to_str() else { return false };
    around.opened.iter().any(|(opened, _)| path.ends_with(opened) || plain.ends_with(opened))
        || around.found.iter().any(|(pattern, _)| {
            let literal = pattern.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
            text.contains(literal)
        })
}

/// Whether a reading looked at a path.
fn concerns(around: &Surroundings, base: &Path, path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(base) else { return false };
    let plain = without_compression(below);
    around.opened.iter().any(|(opened, _)| *below == **opened || *plain == **opened)
        // What looked at too much to be remembered is named by an empty pattern.
        || around.found.iter().any(|(pattern, _)| pattern.is_empty() || Pattern::new(pattern).matches(below))
}

fn without_compression(path: &Path) -> PathBuf {
    if super::is_compressed(path) { path.with_extension("") } else { path.to_owned() }
}
