//! What there is, and how it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{SessionDetail, Stats};

/// An overview.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// What the store holds.
    pub stats: Stats,
    /// The plugins and what they find.
    pub plugins: Vec<PluginStatus>,
    /// The plugins that are passed over.
    pub failed_plugins: Vec<FailedPlugin>,
    /// The newest five sessions.
    pub recent: Vec<SessionDetail>,
}

/// A plugin that cannot be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FailedPlugin {
    /// The tool that it is kept under.
    pub tool: String,
    /// Ships inside the binary.
    pub built_in: bool,
    /// Why, in one line.
    pub reason: String,
}

/// A plugin and what it finds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PluginStatus {
    /// The tool's name in kebab case.
    pub tool: String,
    /// The tool's name for people.
    pub title: String,
    /// The plugin's version.
    pub version: String,
    /// Ships inside the binary.
    pub built_in: bool,
    /// The patterns that it may read, as the plugin wrote them.
    pub locations: Vec<String>,
    /// The patterns of what its tool remembers of projects, which it may read too.
    pub memories: Vec<String>,
    /// The directories of its locations that exist here.
    pub directories: Vec<PathBuf>,
    /// Sources found there now.
    pub source_files: u64,
    /// Records of unknown kind that its sources hold.
    pub unknown_records: u64,
    /// Problems that its sources have.
    pub problems: u64,
    /// Both by the version of the tool that wrote the sources.
    pub drift: Vec<Drift>,
}

/// What a plugin did not understand of what one version of its tool wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The tool's version, where its files tell.
    pub version: Option<String>,
    /// Records of kinds that the plugin does not know, by kind.
    pub unknown: BTreeMap<String, u64>,
    /// Problems.
    pub problems: u64,
}
