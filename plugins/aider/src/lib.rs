//! Reads the chat histories of aider: one Markdown file in each project, only ever appended to.
//!
//! ```text
//! # aider chat started at 2026-03-01 09:00:00     a session begins
//!
//! > Aider v0.86.1                                 aider itself; two spaces end the line
//! > Model: sonnet with diff edit format
//!
//! #### add a retry                                a prompt, each of its lines
//!
//! I will add one.                                 the model, anything else
//!
//! > Tokens: 2.4k sent, 104 received.
//! > Applied edit to src/webhook.py
//! ```
//!
//! Answers hold Markdown too, and quote all of the above; [`place`] tells what a line is from the
//! lines before it. A *turn*, from a prompt to the next one, is read as a whole ([`turn`]): what
//! aider says after an answer completes it with tokens and edits. A turn that may still go on is
//! told as far as it is there and read again from its start the next time, under the same keys, so
//! the checkpoint holds no text.
//!
//! # Ids
//!
//! The format has none. A session's is a hash of the header that the file begins with, the session's
//! own header, how many of the same second stood before it, and all lines up to the first
//! one of a person or the model. None of that changes as the file grows, two projects' sessions of one second
//! differ unless they began with the same words in all of it, and a copy of the file in another
//! checkout has the same ids. A message's key is its ordinal and a hash of its first line.

mod edits;
mod history;
mod lines;
mod output;
mod place;
mod turn;

use lore_plugin_sdk::Cursor;
use lore_plugin_sdk::prelude::*;

/// The watcher of aider.
pub struct Aider;

impl Watcher for Aider {
    type State = history::State;

    fn info() -> WatcherInfo {
        WatcherInfo::new("aider", "Aider", env!("CARGO_PKG_VERSION"))
            .in_projects(history::NAME, Growth::AppendOnly)
            .memories_in_projects("CONVENTIONS.md")
    }

    fn start(source: &Source) -> Result<history::State, ParseError> {
        history::start(source)
    }

    fn read(
        source: &Source,
        cursor: &mut Cursor<history::State>,
        out: &mut Output,
    ) -> Result<bool, ParseError> {
        history::read(source, cursor, out)
    }
}

lore_plugin_sdk::register!(Aider);
