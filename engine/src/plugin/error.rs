//! Why a plugin could not be loaded or a source not be read.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Why a component cannot serve as a plugin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The bytes are no component.
    #[error("not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// A component, but no plugin.
    #[error("the component exports no `lore:watcher/parser`, so it is not a plugin")]
    NotAPlugin,
    /// It speaks a version of the contract that this build does not.
    #[error(
        "the plugin needs version {found} of the contract `lore:watcher`, this release speaks \
         {supported}: rebuild the plugin or install a release that speaks {found}"
    )]
    Contract {
        /// The version that it exports.
        found: String,
        /// The versions that this build speaks.
        supported: String,
    },
    /// It asks for more than the contract gives.
    #[error(
        "the plugin imports `{name}`, which the contract `lore:watcher@{contract}` does not give: \
         rebuild it without"
    )]
    Import {
        /// The import.
        name: String,
        /// The version of the contract that it speaks.
        contract: String,
    },
    /// It reads the sessions of another tool than the one that it is kept under.
    #[error("it reads the tool `{found}`, so it cannot be kept as the plugin of `{expected}`")]
    OtherTool {
        /// The tool that it names.
        found: String,
        /// The tool that it is kept under.
        expected: String,
    },
    /// Its code cannot be compiled or does not fit the contract's types.
    #[error("the plugin cannot be compiled: {0}")]
    Compile(String),
    /// What it says of itself makes no sense.
    #[error("the plugin's description cannot be used: {0}")]
    Description(String),
    /// It failed while it described itself.
    #[error("the plugin failed to describe itself: {0}")]
    Failed(String),
    /// WebAssembly cannot be run here.
    #[error("plugins cannot run on this machine: {0}")]
    Sandbox(String),
}

/// Why a file cannot be a source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The path is no relative one, or what it names lies elsewhere.
    #[error("`{path}` does not lie below `{}`", .base.display())]
    Outside {
        /// The path that was asked for.
        path: String,
        /// The directory that it must lie below.
        base: PathBuf,
    },
    /// The source is all that may be read.
    #[error("`{path}` is not granted: of memories the source is all that can be read")]
    NotGranted {
        /// The path or pattern that was asked for.
        path: String,
    },
    /// A directory, a pipe, a device.
    #[error("`{path}` is not a regular file")]
    NotAFile {
        /// The path that was asked for.
        path: String,
    },
    /// The operating system says no.
    #[error("cannot read `{path}`: {error}")]
    Io {
        /// The path that was asked for.
        path: String,
        /// What the operating system says.
        error: io::Error,
    },
    /// The compressed file is damaged.
    #[error("cannot decompress `{path}`: {reason}")]
    Compressed {
        /// The path that was asked for.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Decompressed, it would be too large.
    #[error("`{path}` is more than {limit} bytes when decompressed, so it is not read")]
    TooLarge {
        /// The path that was asked for.
        path: String,
        /// Bytes that may be decompressed.
        limit: u64,
    },
    /// The pattern is no glob.
    #[error("`{pattern}` is not a pattern: {reason}")]
    Pattern {
        /// The pattern, cut.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// There is more below the base than is looked at.
    #[error("`{pattern}` leads through more than {limit} entries below `{}`", .base.display())]
    TooMany {
        /// The pattern.
        pattern: String,
        /// The directory that was searched.
        base: PathBuf,
        /// Entries that are looked at.
        limit: usize,
    },
}

/// Which plugin, and how far it came in which source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The plugin's tool.
    pub plugin: String,
    /// The source, relative to its base.
    pub path: String,
    /// Bytes of the source that the last good batch had dealt with.
    pub position: u64,
}

/// Why a plugin read no further.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file is another tool's.
    #[error("`{}` is not a file that plugin `{}` reads", .0.path, .0.plugin)]
    NotMine(Place),
    /// The file holds a memory where sessions are read.
    #[error("it is no session, but what `{}` remembers or heeds: `lore memories` shows it", .0.plugin)]
    Memory(Place),
    /// The checkpoint does not fit the file; reading from the start will do.
    #[error("plugin `{}` cannot go on in `{}`: the checkpoint does not fit the file", .0.plugin, .0.path)]
    StaleCheckpoint(Place),
    /// The plugin was refused something that it wanted to read.
    #[error("plugin `{}` cannot read `{}` after byte {}: {reason}", .place.plugin, .place.path, .place.position)]
    Source {
        /// Where.
        place: Place,
        /// Why, in the plugin's words.
        reason: String,
    },
    /// The plugin gave up.
    #[error("plugin `{}` gave up on `{}` after byte {}: {reason}", .place.plugin, .place.path, .place.position)]
    Plugin {
        /// Where.
        place: Place,
        /// Why, in its own words.
        reason: String,
    },
    /// The plugin was stopped at a limit.
    #[error("plugin `{}` was stopped in `{}` after byte {}: {limit}", .place.plugin, .place.path, .place.position)]
    Limit {
        /// Where.
        place: Place,
        /// Which limit.
        limit: Exceeded,
    },
    /// The plugin's code failed.
    #[error("plugin `{}` crashed in `{}` after byte {}: {reason}", .place.plugin, .place.path, .place.position)]
    Trap {
        /// Where.
        place: Place,
        /// What the machine says.
        reason: String,
    },
    /// The plugin returned what the contract rules out.
    #[error("plugin `{}` broke the contract in `{}` after byte {}: {reason}", .place.plugin, .place.path, .place.position)]
    Contract {
        /// Where.
        place: Place,
        /// What it returned.
        reason: String,
    },
}

impl ReadError {
    /// Which plugin, and how far it came in which source.
    pub fn place(&self) -> &Place {
        match self {
            Self::NotMine(place) | Self::Memory(place) | Self::StaleCheckpoint(place) => place,
            Self::Source { place, .. }
            | Self::Plugin { place, .. }
            | Self::Limit { place, .. }
            | Self::Trap { place, .. }
            | Self::Contract { place, .. } => place,
        }
    }
}

/// A limit that a plugin ran into, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Exceeded {
    /// Bytes of memory.
    #[error("it wanted more than {} of memory", size(*.0))]
    Memory(usize),
    /// Entries of function tables.
    #[error("it wanted more than {0} table entries")]
    Tables(usize),
    /// Time without a batch.
    #[error("it returned nothing for {} s", .0.as_secs_f64())]
    Deadline(Duration),
    /// Bytes of stack.
    #[error("its calls are nested deeper than {} of stack", size(*.0))]
    Stack(usize),
    /// Bytes that one call may hand over.
    #[error("it handed over more than {} at once", size(*.0))]
    Batch(usize),
    /// Calls of the engine for one batch.
    #[error("it called the engine more than {0} times for one batch")]
    Calls(u32),
    /// Batches in a row that lead nowhere.
    #[error("{0} batches in a row brought it no further")]
    Standstill(u32),
}

/// A limit's size: `256 MiB`.
fn size(bytes: usize) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}
