//! The event log of Copilot's agent, which its command line and its editor extension both write.
//!
//! One event a line: `{type, data, id, timestamp, parentId}`, appended. `docs/tools/copilot-cli.md`
//! lists what becomes of each kind. A plugin holds a [`Log`] in its state and hands it the lines; the
//! calls of tools that stand in other files of the extension are read by [`tools`], too.

mod content;
mod log;
mod recent;
mod session;
pub mod tools;
mod usage;

pub use log::{Host, Log};
