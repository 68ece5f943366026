//! What a plugin returns, whatever version of the contract it speaks.

use crate::model::{Block, Role, Timestamp, Usage};

/// How a source changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Growth {
    /// Only ever appended to.
    AppendOnly,
    /// Written anew as a whole.
    Rewritten,
    /// A database.
    Database,
}

/// What the files of a location hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Content {
    /// Sessions, which are imported.
    Sessions,
    /// Memories, which are read whenever they are asked for.
    Memories,
}

/// What stands in the pattern of a location of memories for the project.
pub(crate) const PROJECT_SLUG: &str = "$PROJECT_SLUG";

/// One place where a tool keeps sessions, or memories.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Location {
    /// Directory, with `~` or a variable at its start; empty: every project directory.
    pub base: String,
    /// Environment variable that moves `base`.
    pub env: Option<String>,
    /// Glob below `base`.
    pub pattern: String,
    /// Operating systems it holds for; empty means all.
    pub os: Vec<String>,
    /// How the files change.
    pub growth: Growth,
    /// Of several locations that tell a session, the one with the lowest rank tells its messages.
    pub rank: u8,
    /// What its files hold.
    pub content: Content,
}

/// What a plugin is and what it may read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PluginInfo {
    /// The tool's name in kebab case.
    pub tool: String,
    /// The tool's name for people.
    pub title: String,
    /// The plugin's own version.
    pub version: String,
    /// Where the tool keeps its sessions and memories.
    pub locations: Vec<Location>,
}

/// What is known about a session so far; an absent field says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionRecord {
    /// The tool's own id.
    pub id: String,
    /// The tool's own id of the session that this one belongs to.
    pub parent: Option<String>,
    /// Shared by the sessions that may begin with the same history.
    pub lineage: Option<String>,
    /// What it is called.
    pub title: Option<String>,
    /// Its first moment.
    pub started: Option<Timestamp>,
    /// Its end, if the tool says so.
    pub ended: Option<Timestamp>,
    /// The working directory.
    pub directory: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The commit that was checked out.
    pub commit: Option<String>,
    /// URL of the repository's remote.
    pub repository: Option<String>,
    /// The tool's version.
    pub tool_version: Option<String>,
    /// The model.
    pub model: Option<String>,
}

/// A message as the plugin gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageRecord {
    /// The session's own id.
    pub session: String,
    /// Unique in the session, and the same at every read.
    pub key: String,
    /// The key of the message that it answers.
    pub parent: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// Put in by the tool.
    pub injected: bool,
    /// Part of a sub-agent's conversation.
    pub sidechain: bool,
    /// When.
    pub at: Option<Timestamp>,
    /// The model that answered.
    pub model: Option<String>,
    /// The working directory.
    pub directory: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// What is said and done.
    pub content: Vec<Block>,
    /// Tokens.
    pub usage: Option<Usage>,
}

/// A memory as the plugin gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryRecord {
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its type, in the tool's words.
    pub kind: Option<String>,
    /// The text.
    pub content: String,
}

/// One thing that a plugin read, in the order of the source.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Something about a session.
    Session(SessionRecord),
    /// A message.
    Message(MessageRecord),
    /// Input that could not be read.
    Problem {
        /// Bytes from the start of the decompressed source.
        offset: u64,
        /// What is wrong with it.
        message: String,
    },
    /// The memory that a source of memories is.
    Memory(MemoryRecord),
}

/// What became of a record of the source.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is in the events, or said something about the session.
    Kept,
    /// Left out on purpose.
    Skipped,
    /// Of a kind that the plugin does not know; kept as [`Block::Other`].
    Unknown,
}

/// How many records of one kind a batch took in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The kind, in the tool's words.
    pub kind: String,
    /// What became of them.
    pub outcome: Outcome,
    /// How many.
    pub records: u32,
}

/// What one call of a plugin returns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// What it read.
    pub events: Vec<Event>,
    /// Every non-empty record of the source, counted once, problems apart.
    pub counts: Vec<Count>,
    /// Bytes of the source that are dealt with.
    pub position: u64,
    /// Where the plugin goes on, in its own notation.
    pub checkpoint: Vec<u8>,
    /// Nothing follows at present.
    pub done: bool,
}
