//! Finds the files in which tools remember a project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::is_compressed;
use super::pattern::Pattern;
use super::places::{Directories, given, locations_here, memory_locations_here};
use crate::api::{Places, Problem};
use crate::plugin::{PROJECT_SLUG, Plugin};

/// A project that is asked about.
pub(crate) struct Project {
    /// Where it lies, without symbolic links.
    pub(crate) root: PathBuf,
    /// The directories that tools may know it by: its root, and that of the repository's main
    /// working tree.
    pub(crate) known_as: Vec<PathBuf>,
}

/// A file that is a memory.
pub(crate) struct MemoryFile {
    /// Where it lies, without symbolic links.
    pub(crate) path: PathBuf,
    /// Who reads it, each plugin once: those first that are used here and whose own it is.
    pub(crate) readers: Vec<Reader>,
}

/// A plugin that reads a file. The fields decide in their order which is named first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reader {
    /// Nothing tells that the tool is used on this machine.
    is_absent: bool,
    rank: u8,
    /// The plugin's number.
    pub(crate) plugin: usize,
    /// The base of its location, and how it finds the file from there.
    pub(crate) base: PathBuf,
    pub(crate) relative: PathBuf,
}

/// What was found, and where it was looked for.
#[derive(Default)]
pub(crate) struct MemoryFiles {
    pub(crate) files: Vec<MemoryFile>,
    /// Patterns as absolute paths, each once.
    pub(crate) looked_in: Vec<String>,
    pub(crate) problems: Vec<Problem>,
}

/// Finds the files of a project that any of the plugins reads. A file that several read, or that
/// several links lead to, is there once.
pub(crate) fn memory_files(plugins: &[&Plugin], project: &Project, places: &Places) -> MemoryFiles {
    let places = &Places { projects: vec![project.root.clone()], ..places.clone() };
    let slugs: Vec<String> = project.known_as.iter().map(|root| slug(root)).collect();
    let mut found = MemoryFiles::default();
    let mut directories = Directories::new(places);
    let mut known: BTreeMap<PathBuf, BTreeSet<Reader>> = BTreeMap::new();
    for (number, plugin) in plugins.iter().enumerate() {
        let is_absent = !is_used(plugin, places, &mut directories);
        for location in memory_locations_here(plugin, places) {
            for pattern in patterns(&location.pattern, &slugs) {
                for base in given(location, places) {
                    let looked_in = base.join(&pattern).to_string_lossy().into_owned();
                    if !found.looked_in.contains(&looked_in) {
                        found.looked_in.push(looked_in);
                    }
                }
                let bases = directories.of(location);
                for (base, relative) in files(bases, &pattern, &mut found.problems) {
                    let path = base.join(&relative);
                    let path = path.canonicalize().unwrap_or(path);
                    let rank = location.rank;
                    let reader = Reader { is_absent, rank, plugin: number, base, relative };
                    known.entry(path).or_default().insert(reader);
                }
            }
        }
    }
    for (path, readers) in known {
        let mut seen = BTreeSet::new();
        let readers = readers.into_iter().filter(|reader| seen.insert(reader.plugin)).collect();
        found.files.push(MemoryFile { path, readers });
    }
    found
}

/// The patterns that one with the project in it stands for.
fn patterns(pattern: &str, slugs: &[String]) -> Vec<String> {
    if !pattern.contains(PROJECT_SLUG) {
        return vec![pattern.to_owned()];
    }
    slugs.iter().map(|slug| pattern.replace(PROJECT_SLUG, slug)).collect()
}

/// The base and the path from there of each file that matches.
fn files(bases: &[PathBuf], pattern: &str, problems: &mut Vec<Problem>) -> Vec<(PathBuf, PathBuf)> {
    let pattern = Pattern::new(pattern);
    let mut files = Vec::new();
    for base in bases {
        let root = base.join(pattern.literal_prefix());
        if root.is_dir() {
            let found = pattern.files(base, &root, problems).into_iter();
            let found = found.filter(|(path, ..)| !is_compressed(path));
            files.extend(found.map(|(_, relative, _)| (base.clone(), relative)));
        }
    }
    files
}

/// Whether the tool keeps, or kept, sessions on this machine.
fn is_used(plugin: &Plugin, places: &Places, directories: &mut Directories<'_>) -> bool {
    locations_here(plugin, places).any(|location| {
        let pattern = Pattern::new(&location.pattern);
        directories.of(location).iter().any(|base| pattern.names_what_is_in(base))
    })
}

/// The name that stands for a directory: `-` for everything that is no ASCII letter or digit.
fn slug(directory: &Path) -> String {
    let path = directory.to_string_lossy();
    // How Windows writes a path without links is no part of its name.
    let path = path.strip_prefix(r"\\?\").unwrap_or(&path);
    path.encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte),
            _ => '-',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_has_letters_and_digits_only() {
        for (path, expected) in [
            ("/home/ada/kettle", "-home-ada-kettle"),
            ("/home/ada/my.app_2/Wörk", "-home-ada-my-app-2-W-rk"),
            // Outside of the first plane a character is two units.
            ("/x/🫖", "-x---"),
            (r"\\?\C:\Users\ada", "C--Users-ada"),
        ] {
            assert_eq!(slug(Path::new(path)), expected);
        }
    }
}
