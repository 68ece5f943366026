//! Which directories a plugin's location stands for on this machine.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::api::Places;
use crate::plugin::{Content, Location, Plugin};

/// Editors of VS Code's kind, by the name of the directory that holds their user directory.
const EDITORS: [&str; 10] = [
    "Code",
    "Code - Insiders",
    "Code - OSS",
    "VSCodium",
    "VSCodium - Insiders",
    "Cursor",
    "Windsurf",
    "Trae",
    "Positron",
    "Kiro",
];

/// What such an editor runs on the far side of a remote window, by its directory in the home there.
const EDITOR_SERVERS: [&str; 6] = [
    ".vscode-server",
    ".vscode-server-insiders",
    ".vscode-remote",
    ".vscodium-server",
    ".cursor-server",
    ".windsurf-server",
];

/// The locations of a plugin's sessions that hold for this operating system.
pub(crate) fn locations_here<'p>(
    plugin: &'p Plugin,
    places: &'p Places,
) -> impl Iterator<Item = &'p Location> {
    plugin.info().locations.iter().filter(|location| is_here(location, places))
}

/// The locations of a plugin's memories that hold for this operating system.
pub(crate) fn memory_locations_here<'p>(
    plugin: &'p Plugin,
    places: &'p Places,
) -> impl Iterator<Item = &'p Location> {
    let locations = plugin.info().locations.iter();
    locations.filter(|location| is_of(location, places, Content::Memories))
}

/// Whether a location of sessions holds for this operating system.
pub(super) fn is_here(location: &Location, places: &Places) -> bool {
    is_of(location, places, Content::Sessions)
}

fn is_of(location: &Location, places: &Places, content: Content) -> bool {
    location.content == content && (location.os.is_empty() || location.os.contains(&places.os))
}

/// The directories that locations stand for. Several locations often have one base, and looking for
/// it costs more than anything else when there is nothing new.
pub(crate) struct Directories<'p> {
    places: &'p Places,
    found: HashMap<(String, Option<String>), Vec<PathBuf>>,
}

impl<'p> Directories<'p> {
    pub(crate) fn new(places: &'p Places) -> Self {
        Self { places, found: HashMap::new() }
    }

    /// Those that exist, without symbolic links, each once.
    pub(crate) fn of(&mut self, location: &Location) -> &[PathBuf] {
        let places = self.places;
        let key = (location.base.clone(), location.env.clone());
        self.found.entry(key).or_insert_with(|| existing(&given(location, places)))
    }

    /// Those that do not exist.
    pub(super) fn missing(&self, location: &Location) -> Vec<PathBuf> {
        let mut given = given(location, self.places);
        given.retain(|directory| !directory.is_dir());
        given
    }
}

/// Those that a location stands for, whether they exist or not.
pub(super) fn given(location: &Location, places: &Places) -> Vec<PathBuf> {
    let moved = location.env.as_ref().and_then(|name| places.variables.get(name));
    match moved.filter(|value| !value.trim().is_empty()) {
        Some(value) => value.split(',').flat_map(|part| expand(part.trim(), places)).collect(),
        None if location.base.is_empty() => places.projects.clone(),
        None => expand(&location.base, places),
    }
}

fn existing(given: &[PathBuf]) -> Vec<PathBuf> {
    // Most are not there, which is quicker to say than where they would really be.
    let there = given.iter().filter(|directory| directory.is_dir());
    let mut seen = BTreeSet::new();
    there
        .filter_map(|directory| directory.canonicalize().ok())
        .filter(|directory| seen.insert(directory.clone()))
        .collect()
}

/// Puts the home directory and variables in their place.
fn expand(directory: &str, places: &Places) -> Vec<PathBuf> {
    let (first, rest) = directory.split_once('/').unwrap_or((directory, ""));
    let starts: Vec<PathBuf> = match first {
        "~" => places.home.iter().cloned().collect(),
        "$XDG_CONFIG_HOME" => variable(places, "XDG_CONFIG_HOME", Some(".config")),
        "$XDG_DATA_HOME" => variable(places, "XDG_DATA_HOME", Some(".local/share")),
        "$XDG_STATE_HOME" => variable(places, "XDG_STATE_HOME", Some(".local/state")),
        "$APPDATA" => variable(places, "APPDATA", Some("AppData/Roaming")),
        "$LOCALAPPDATA" => variable(places, "LOCALAPPDATA", Some("AppData/Local")),
        "$VSCODE_USER" => editors(places),
        _ => match first.strip_prefix('$') {
            Some(name) => variable(places, name, None),
            None if Path::new(directory).is_absolute() => return vec![PathBuf::from(directory)],
            None => Vec::new(),
        },
    };
    starts.into_iter().map(|start| start.join(rest)).collect()
}

/// The directory that a variable names, or the one below the home directory that is usual.
fn variable(places: &Places, name: &str, default: Option<&str>) -> Vec<PathBuf> {
    let named = places.variables.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = || Some(places.home.as_ref()?.join(default?));
    named.or_else(usual).into_iter().collect()
}

/// The user directories of all editors, whether they are there or not.
fn editors(places: &Places) -> Vec<PathBuf> {
    let Some(home) = &places.home else { return Vec::new() };
    let settings = match places.os.as_str() {
        "macos" => vec![home.join("Library/Application Support")],
        "windows" => variable(places, "APPDATA", Some("AppData/Roaming")),
        _ => variable(places, "XDG_CONFIG_HOME", Some(".config")),
    };
    let local = settings.iter().flat_map(|settings| EDITORS.map(|name| settings.join(name)));
    let servers = EDITOR_SERVERS.iter().map(|name| home.join(name).join("data"));
    local.chain(servers).map(|directory| directory.join("User")).collect()
}
