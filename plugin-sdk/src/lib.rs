//! What a plugin author sees: one trait, one macro, the records of the contract, and helpers.
//!
//! A plugin reads the files of one AI coding tool and returns sessions and messages. It is compiled
//! to a WebAssembly component that sees nothing but the bytes of the file it is given; the engine
//! finds the files, remembers how far they were read and stores what comes back. The contract itself
//! is `wit/lore-watcher@0.1.0/watcher.wit`.
//!
//! For a tool that appends JSON lines, a plugin is [`Watcher::info`], [`Watcher::start`] and
//! [`Watcher::line`]; for any other format it is [`Watcher::read`] in place of `line`, with
//! [`read_document`] for JSON documents and [`Source::query`] for SQLite databases. What a tool
//! remembers of projects is only declared, with [`WatcherInfo::memories`].
//!
//! ```
//! use lore_plugin_sdk::{json, prelude::*};
//!
//! struct Sample;
//!
//! impl Watcher for Sample {
//!     type State = String; // the session's id, kept in the checkpoint
//!
//!     fn info() -> WatcherInfo {
//!         WatcherInfo::new("sample", "Sample Tool", env!("CARGO_PKG_VERSION"))
//!             .location("~/.sample", Some("SAMPLE_HOME"), "chats/*.jsonl", Growth::AppendOnly)
//!     }
//!
//!     fn start(source: &Source) -> Result<String, ParseError> {
//!         Ok(source.stem().to_owned())
//!     }
//!
//!     fn line(id: &mut String, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
//!         let Some(record) = line.json::<serde_json::Value>(out) else { return Ok(()) };
//!         let key = format!("{}", line.offset());
//!         let mut message = Message::new(id.as_str(), key, Role::User);
//!         message.content.push(Block::Text(json::text(&record["text"]).to_owned()));
//!         out.kept("message");
//!         out.message(message);
//!         Ok(())
//!     }
//! }
//!
//! lore_plugin_sdk::register!(Sample);
//!
//! let source = Source::memory("chats/a.jsonl", "{\"text\":\"hello\"}\n");
//! let events = lore_plugin_sdk::native::read_all::<Sample>(&source).unwrap().events;
//! assert!(matches!(&events[0], Event::Message(m) if m.session == "a"));
//! ```

#![forbid(clippy::print_stdout)]

#[doc(hidden)]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/lore-watcher@0.1.0",
        world: "watcher",
        pub_export_macro: true,
        default_bindings_module: "lore_plugin_sdk::bindings",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

mod component;
mod document;
mod front_matter;
mod glob;
mod jsonl;
mod memories;
#[cfg(feature = "fixture")]
mod memory;
pub mod native;
mod output;
mod records;
mod source;
mod value;

#[cfg(feature = "fixture")]
pub mod corpus;
#[cfg(feature = "fixture")]
pub mod damage;
#[cfg(feature = "fixture")]
pub mod fixture;
pub mod json;
pub mod patch;
pub mod shell;
pub mod time;
pub mod uri;

#[doc(hidden)]
pub use component::Component;
pub use document::read_document;
pub use jsonl::{Cursor, Line, MAX_LINE, read_lines};
pub use output::Output;
pub use source::Source;

pub use bindings::lore::watcher::source::Value;
pub use bindings::lore::watcher::types::{
    Batch, Block, Content, Count, Edit, EditKind, Event, Growth, Location, Memory, Message,
    Outcome, ParseError, Problem, Role, Session, ToolResult, ToolUse, Usage, WatcherInfo,
};

/// Everything that a plugin usually names.
pub mod prelude {
    pub use crate::{
        Block, Edit, EditKind, Event, Growth, Line, Message, Outcome, Output, ParseError, Role,
        Session, Source, ToolResult, ToolUse, Usage, Watcher, WatcherInfo,
    };
}

use serde::{Serialize, de::DeserializeOwned};

/// A parser for the files of one tool.
pub trait Watcher: 'static {
    /// What must be remembered from one line to the next, also after a restart: it is the checkpoint.
    /// Keep it small: it is stored for every source.
    type State: Serialize + DeserializeOwned;

    /// The tool, and where it keeps its sessions.
    fn info() -> WatcherInfo;

    /// Begins a source from its start.
    ///
    /// # Errors
    /// [`ParseError::NotMine`] if the path alone tells that the file is not the tool's.
    fn start(source: &Source) -> Result<Self::State, ParseError>;

    /// Takes in one non-empty line. Each is to be counted once: with [`Output::kept`],
    /// [`Output::skipped`] or [`Output::unknown`], or as a problem.
    ///
    /// # Errors
    /// [`ParseError::NotMine`] if this is not a file of the tool. A line that cannot be read is no
    /// error but a problem.
    fn line(state: &mut Self::State, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let _ = state;
        out.problem(line.offset(), "this plugin does not read lines");
        Ok(())
    }

    /// Reads on from the cursor until `out` is full or the source ends; returns whether it ended.
    /// As given, it cuts the source into lines for [`Watcher::line`].
    ///
    /// # Errors
    /// As for [`Watcher::line`], and [`ParseError::Read`] if the host refuses a read.
    fn read(
        source: &Source,
        cursor: &mut Cursor<Self::State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        jsonl::read_lines::<Self>(source, cursor, out)
    }
}

/// Makes the crate a component that Lore can load. Stands once, at the end of `lib.rs`.
#[macro_export]
macro_rules! register {
    ($watcher:ty) => {
        #[cfg(target_arch = "wasm32")]
        mod lore_component {
            use super::*;
            struct Exports;
            impl $crate::bindings::Guest for Exports {
                fn describe() -> $crate::WatcherInfo {
                    <$watcher as $crate::Watcher>::info()
                }
            }
            impl $crate::bindings::exports::lore::watcher::parser::Guest for Exports {
                type Reader = $crate::Component<$watcher>;
            }
            $crate::bindings::export!(Exports with_types_in $crate::bindings);
        }
    };
}
