//! What was changed in the settings of other tools.
//!
//! `mcp.json` in Lore's directory says of each file where text was put in, and the digest of the whole
//! afterwards. As long as that fits, taking the text out gives the old bytes. It holds nothing of what
//! the files hold. Without it everything works, but less is put back: an empty list of servers stays.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::change::{Content, Made};
use super::{Edit, apply};
use crate::error::CliError;
use crate::home::Home;

/// The record's name.
const NAME: &str = "mcp.json";

/// What was changed, by file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    files: BTreeMap<String, Mark>,
}

/// What was changed in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The file was not there.
    pub(super) made_file: bool,
    /// The list of servers was not there.
    pub(super) made_container: bool,
    /// Directories that were not there, the innermost first.
    pub(super) made_directories: Vec<PathBuf>,
    /// What was put in: where it begins and ends in the text. Nothing if something was replaced.
    inserted: Vec<(usize, usize)>,
    /// Of the text afterwards.
    sha256: String,
}

impl Mark {
    /// What these edits will have changed.
    pub(super) fn of(before: &Content, edits: &[Edit], made_container: bool) -> Self {
        let mut inserted = Vec::new();
        let mut shift = 0;
        if edits.iter().all(|edit| edit.at.is_empty()) {
            for edit in edits {
                let start = edit.at.start + shift;
                inserted.push((start, start + edit.text.len()));
                shift += edit.text.len();
            }
        }
        Self {
            made_file: !before.is_there(),
            made_container,
            made_directories: Vec::new(),
            inserted,
            sha256: digest(&apply(before.text(), edits)),
        }
    }

    /// The same, with what is known of an earlier change and of what was made.
    pub(super) fn after(mut self, earlier: Option<&Mark>, made: Made) -> Self {
        self.made_directories = made.directories;
        if let Some(earlier) = earlier.filter(|_| !self.made_file) {
            // An entry that was renewed: the first one's surroundings are the ones to put back.
            self.made_file = earlier.made_file;
            self.made_container |= earlier.made_container;
            self.made_directories.extend(earlier.made_directories.iter().cloned());
        }
        self
    }

    /// The text as it was before, if nobody has touched it since.
    pub(super) fn undo(&self, text: &str) -> Option<String> {
        if self.inserted.is_empty() || digest(text) != self.sha256 {
            return None;
        }
        let fits = |&(start, end): &(usize, usize)| text.get(start..end).is_some();
        let in_order = self.inserted.windows(2).all(|pair| pair[0].1 <= pair[1].0);
        if !in_order || !self.inserted.iter().all(fits) {
            return None;
        }
        let edits = self.inserted.iter();
        let edits = edits.map(|&(start, end)| Edit { at: start..end, text: String::new() });
        Some(apply(text, &edits.collect::<Vec<_>>()))
    }
}

impl Record {
    /// The record; an empty one if it cannot be read.
    pub(super) fn load(home: &Home) -> Self {
        let text = fs::read(home.root().join(NAME)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub(super) fn get(&self, path: &Path) -> Option<Mark> {
        self.files.get(path.to_str()?).cloned()
    }

    pub(super) fn put(&mut self, path: &Path, mark: Mark) {
        if let Some(path) = path.to_str() {
            self.files.insert(path.to_owned(), mark);
        }
    }

    pub(super) fn take(&mut self, path: &Path) -> Option<Mark> {
        self.files.remove(path.to_str()?)
    }

    /// Writes it; removes it if there is nothing to say.
    pub(super) fn save(&self, home: &Home) -> Result<(), CliError> {
        let path = home.root().join(NAME);
        let failed = |error| CliError::file("cannot write", &path, &error);
        if self.files.is_empty() {
            return match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
                _ => Ok(()),
            };
        }
        home.create().map_err(failed)?;
        let mut file = tempfile::NamedTempFile::new_in(home.root()).map_err(failed)?;
        let text = serde_json::to_vec_pretty(self)?;
        file.write_all(&text).map_err(failed)?;
        file.persist(&path).map(drop).map_err(|error| failed(error.error))
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
