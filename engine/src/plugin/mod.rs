//! Plugins: sandboxed WebAssembly components that turn a tool's files into records.

mod record;

pub use record::{
    Batch, Count, Event, Growth, Location, MessageRecord, Outcome, PluginInfo, SessionRecord,
};
