//! Plugins: sandboxed WebAssembly components that turn a tool's files into records.
//!
//! ```text
//! PluginHost ── load ──► Plugin ── read ──► Reading ── next ──► Batch
//!    │ compiled code on disk   │ one source: SourceFile
//!    └ deadlines (ticker)      └ one fresh instance, so nothing passes from one source to the next
//! ```
//!
//! A plugin sees the bytes of the source that it is given and of what lies beside it below the same
//! base, and nothing else: no files, no clock, no network; one that cannot be built without WASI gets
//! an empty one. Whatever it does, the worst that happens
//! is a [`ReadError`] that names plugin, source and place; the engine goes on with the next source.
//!
//! Finding sources and remembering checkpoints is the import's work, not this module's. What a
//! version of the contract looks like is known to its own module (`v0_1`) alone; all others speak
//! of the records here.

mod cache;
mod checks;
mod compressed;
mod confined;
mod database;
mod empty_wasi;
mod error;
mod grant;
mod host;
mod inspect;
mod limits;
mod reading;
mod record;
mod source;
mod ticker;
mod v0_1;

pub use error::{Exceeded, LoadError, Place, ReadError, SourceError};
pub use host::{Plugin, PluginHost};
pub use inspect::{Inspection, Producer, Section, inspect};
pub use limits::Limits;
pub use reading::{Reading, Used};
pub(crate) use record::PROJECT_SLUG;
pub use record::{
    Batch, Content, Count, Event, Growth, Location, MemoryRecord, MessageRecord, Outcome,
    PluginInfo, SessionRecord,
};
pub use source::SourceFile;
pub(crate) use source::{Beside, listing};
