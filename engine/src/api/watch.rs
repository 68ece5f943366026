//! Following what tools write while they write it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Places;

/// What to find the directories of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WatchRequest {
    /// Where the tools' locations lie.
    pub places: Places,
    /// The tools that are enabled; none: all.
    pub enabled: Option<Vec<String>>,
}

/// The directories in which something may change that concerns a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchPlan {
    /// Directories that sources lie in.
    pub watched: Vec<Watched>,
    /// Directories of files that readings of sources looked at beside them; recursive or not.
    pub beside: Vec<(PathBuf, bool)>,
    /// Directories that would be watched if they existed, each once, sorted.
    pub missing: Vec<PathBuf>,
}

/// A directory in which a tool keeps sources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    /// The tool.
    pub tool: String,
    /// Which of the plugin's locations, counted from 0.
    pub location: u32,
    /// The directory that the plugin may read below.
    pub base: PathBuf,
    /// The directory to watch, at the base or below it, without symbolic links.
    pub root: PathBuf,
    /// Sources may lie in directories below it.
    pub recursive: bool,
}

/// Files that may have changed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Changed {
    /// What was told to have changed: sources, what lies beside them, or neither. A directory does not
    /// stand for the files in it.
    pub paths: Vec<PathBuf>,
    /// The plan that they were watched by.
    pub watched: Vec<Watched>,
}
