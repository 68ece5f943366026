//! Runs the built `lore` in a world of its own.
//!
//! ```text
//! TestEnv ── a directory with a home, an archive, a place for work and one for temporary files
//!    │
//!    ├─ claude_code(), codex()   writes sessions as the tools do
//!    ├─ Repository               what sessions work in, with the real git
//!    ├─ lore(&["sessions"])      runs the program to its end ► Outcome
//!    ├─ start(&["import"])       runs it beside the test     ► Running
//!    ├─ daemon()                 runs a daemon beside it     ► Daemon
//!    └─ McpServer::start(&env)   asks it as AI tools do
//! ```
//!
//! Nothing of the machine's is read or changed: the environment is empty but for PATH. What is
//! expected of the program stands in the tests, not here.

mod archive;
mod claude_code;
mod codex;
mod crowd;
mod daemon;
mod env;
mod growth;
mod mcp;
mod outcome;
mod program;
mod random;
mod repository;
mod schema;
mod time;

pub use archive::{Archive, Message, Truth};
pub use claude_code::ClaudeCode;
pub use codex::Codex;
pub use crowd::{Waits, crowd};
pub use daemon::Daemon;
pub use env::TestEnv;
pub use growth::{Growing, copy_tree};
pub use mcp::McpServer;
pub use outcome::Outcome;
pub use program::{Running, program};
pub use random::Random;
pub use repository::Repository;
pub use time::{minute, minutes_ago, wait_until};
