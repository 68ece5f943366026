//! What the engine knows: plain data with public fields, and a newtype for every id.
//!
//! Ids are derived from what the tool wrote, never random, so that importing again, two machines and
//! a resumed session agree. Nothing here does work; nothing here knows of plugins or of disk.

mod id;
mod link;
mod machine;
mod memory;
mod message;
mod session;
mod time;

pub(crate) use id::memory_id;
pub use id::{Digest, MachineId, MessageId, SessionId, SessionNumber, SourceId};
pub use link::{Annotation, CommitMark, Creator, Evidence, Link, Summary};
pub use machine::Machine;
pub use memory::Memory;
pub use message::{Block, EditKind, FileEdit, Message, Role, ToolResult, ToolUse, Usage};
pub use session::Session;
pub use time::Timestamp;
