//! Runs the built `lore` in a world of its own.
//!
//! ```text
//! TestEnv ── a directory with a home, an archive, a place for work and one for temporary files
//!    │
//!    ├─ claude_code(), codex()   writes sessions as the tools do
//!    ├─ Repository               what sessions work in, with the real git
//!    ├─ lore(&["sessions"])      runs the program to its end ► Outcome
//!    ├─ start(&["import"])       runs it beside the test     ► Running
//!    ├─ Terminal::start(&env, …) runs it at a terminal
//!    ├─ daemon()                 runs a daemon beside it     ► Daemon
//!    └─ McpServer::start(&env)   asks it as AI tools do
//! ```
//!
//! A `Machine` is such a world with a clone of a `Remote`, over which several share sessions.
//!
//! Nothing of the machine's is read or changed: the environment is empty but for PATH. What is
//! expected of the program stands in the tests, not here.

mod archive;
mod claude_code;
mod codex;
mod crowd;
mod daemon;
mod env;
mod git;
mod git_calls;
mod growth;
mod machine;
mod mcp;
mod outcome;
mod program;
mod random;
mod remote;
mod repository;
mod schema;
mod tampering;
mod terminal;
mod time;

pub use archive::{Archive, Message, Truth};
pub use claude_code::ClaudeCode;
pub use codex::Codex;
pub use crowd::{Waits, crowd};
pub use daemon::Daemon;
pub use env::TestEnv;
pub use git_calls::Kill;
pub use growth::{Growing, copy_tree};
pub use machine::{Machine, PASSPHRASE};
pub use mcp::McpServer;
pub use outcome::Outcome;
pub use program::{Running, program};
pub use random::Random;
pub use remote::{Remote, STORE};
pub use repository::Repository;
pub use terminal::Terminal;
pub use time::{minute, minutes_ago, wait_until};
