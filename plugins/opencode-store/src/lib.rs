//! The stores of OpenCode and of the tools made from it: a tree of JSON files, and since version
//! 1.2 an SQLite database. Both tell the same sessions under the same ids.
//!
//! This crate is no plugin. A plugin gives its folder and its name for the database:
//!
//! ```
//! use lore_plugin_opencode_store::{Store, Tool};
//! use lore_plugin_sdk::{Cursor, prelude::*};
//!
//! const TOOL: Tool = Tool { base: "$XDG_DATA_HOME/sample", name: "sample" };
//!
//! struct Sample;
//!
//! impl Watcher for Sample {
//!     type State = Store;
//!
//!     fn info() -> WatcherInfo {
//!         TOOL.locations(WatcherInfo::new("sample", "Sample", env!("CARGO_PKG_VERSION")))
//!     }
//!
//!     fn start(source: &Source) -> Result<Store, ParseError> {
//!         TOOL.start(source)
//!     }
//!
//!     fn read(
//!         source: &Source,
//!         cursor: &mut Cursor<Store>,
//!         out: &mut Output,
//!     ) -> Result<bool, ParseError> {
//!         let progress = cursor.state.read(source, out)?;
//!         cursor.move_to(progress.position);
//!         Ok(progress.done)
//!     }
//! }
//! ```

mod database;
mod facts;
mod message;
mod part;
mod tools;
mod tree;

use lore_plugin_sdk::{Growth, Output, ParseError, Source, WatcherInfo};
use serde::{Deserialize, Serialize};

/// How every SQLite database begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// A tool that keeps its sessions in these stores.
pub struct Tool {
    /// The directory of its data: `$XDG_DATA_HOME/opencode`.
    pub base: &'static str,
    /// How its database is called, without the channel and `.db`: `opencode`. A directory of
    /// this name may stand in the path of a source, too.
    pub name: &'static str,
}

/// Other tools with the same stores: their files are told apart by nothing but their names.
const NAMES: [&str; 2] = ["opencode", "kilo"];

impl Tool {
    /// Adds the places where the tool keeps its sessions. The tree is left behind when it is taken
    /// over into the database, so the database has the better rank.
    #[must_use]
    pub fn locations(&self, info: WatcherInfo) -> WatcherInfo {
        let Self { base, name } = self;
        info.location(base, None, &format!("{name}.db"), Growth::Database)
            .location(base, None, &format!("{name}-*.db"), Growth::Database)
            .location(base, None, "storage/session/*/*.json", Growth::Rewritten)
            .rank(1)
            .location(base, None, "project/*/storage/session/info/*.json", Growth::Rewritten)
            .rank(1)
    }

    /// Begins a source: a database, or the file of a session in the tree.
    ///
    /// # Errors
    /// [`ParseError::NotMine`] if it is neither, or another tool's by its name.
    pub fn start(&self, source: &Source) -> Result<Store, ParseError> {
        let path = source.path();
        let is_named_for = |name: &str| {
            path.split('/').any(|part| {
                part.strip_prefix(name).is_some_and(|rest| {
                    rest.is_empty()
                        || rest == ".db"
                        || (rest.starts_with('-') && rest.ends_with(".db"))
                })
            })
        };
        if NAMES.iter().any(|name| *name != self.name && is_named_for(name)) {
            return Err(ParseError::NotMine);
        }
        if source.read(0, SQLITE.len() as u32)? == SQLITE {
            return database::Database::start(source).map(Store::Database);
        }
        if path.ends_with(".json") {
            return Ok(Store::Tree(tree::Tree::default()));
        }
        Err(ParseError::NotMine)
    }
}

/// What is remembered of a source: the state of the plugin.
#[derive(Serialize, Deserialize)]
pub enum Store {
    /// A database with all sessions.
    Database(database::Database),
    /// The file of one session, with those of its messages and their parts beside it.
    Tree(tree::Tree),
}

/// How far [`Store::read`] came.
pub struct Progress {
    /// Bytes of the source that are dealt with.
    pub position: u64,
    /// Nothing follows at present.
    pub done: bool,
}

impl Store {
    /// Reads on until `out` is full or the source ends.
    ///
    /// # Errors
    /// [`ParseError::NotMine`] if the source has not the shape of these stores,
    /// [`ParseError::StaleCheckpoint`] if rows are gone that were told, and what the host refuses.
    pub fn read(&mut self, source: &Source, out: &mut Output) -> Result<Progress, ParseError> {
        match self {
            Self::Database(database) => {
                let done = database.read(source, out)?;
                Ok(Progress { position: if done { source.size() } else { 0 }, done })
            }
            Self::Tree(tree) => tree.read(source, out),
        }
    }
}
