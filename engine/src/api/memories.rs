//! What tools remember of projects.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Places, Problem};
use crate::model::Memory;

/// Whose memories to read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MemoriesRequest {
    /// A directory in the project; the top of its repository is the project.
    pub project: PathBuf,
    /// Only what this tool reads.
    pub tool: Option<String>,
    /// The tools that are enabled; none: all.
    pub enabled: Option<Vec<String>>,
    /// Where the tools' locations lie.
    pub places: Places,
    /// Only those that these words are found in, the best first.
    pub query: Option<String>,
    /// At most so many; none: all.
    pub limit: Option<usize>,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MemoriesAnswer {
    /// The project.
    pub project: PathBuf,
    /// Without a query by tool and path, with one the best first.
    pub memories: Vec<Memory>,
    /// How many there are, those beyond the limit included.
    pub total: usize,
    /// The patterns that were looked for, as absolute paths.
    pub looked_in: Vec<String>,
    /// Files that cannot be read.
    pub problems: Vec<Problem>,
}
