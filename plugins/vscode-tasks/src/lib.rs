//! Reads the tasks of Cline, and of Roo Code and Kilo Code, which were made from it.
//!
//! A task is a folder with two JSON documents, each written anew as a whole: `ui_messages.json`, what
//! the person saw, and `api_conversation_history.json`, what was sent to the model and answered. The
//! first is the source and reads the other beside it ([`story`]); where there is none, the second is.
//! A list of all tasks tells titles and directories.
//!
//! This crate is no plugin: the three that are made of it name themselves and their places.

mod align;
mod api;
mod entry;
mod facts;
mod given;
mod history;
mod place;
mod search_replace;
mod sent;
mod shown;
mod spoken;
mod story;
mod task;
mod tools;
mod turns;
mod usage;
mod xml;

use lore_plugin_sdk::{Cursor, Growth, Output, ParseError, Source, WatcherInfo};
use serde::Serialize;
use serde::de::DeserializeOwned;

use place::Place;
pub use place::Program;

/// The files of a task below a folder of tasks, the best first.
const FILES: [&str; 3] =
    ["ui_messages.json", "api_conversation_history.json", "claude_messages.json"];

/// Adds the tasks below `folder`, a path that ends without `/`, of a directory.
#[must_use]
pub fn at(mut info: WatcherInfo, base: &str, env: Option<&str>, folder: &str) -> WatcherInfo {
    for (rank, file) in (0..).zip(FILES) {
        let pattern = format!("{folder}/*/{file}");
        info = info.location(base, env, &pattern, Growth::Rewritten).rank(rank);
    }
    info
}

/// Adds the tasks that an extension keeps in the editors: `rooveterinaryinc.roo-cline`.
#[must_use]
pub fn in_editors(mut info: WatcherInfo, extension: &str) -> WatcherInfo {
    for (rank, file) in (0..).zip(FILES) {
        let pattern = format!("globalStorage/{extension}/tasks/*/{file}");
        info = info.in_editors(&pattern, Growth::Rewritten).rank(rank);
    }
    info
}

/// Begins a file, of which only the path is known.
///
/// # Errors
/// [`ParseError::NotMine`] if the path names another program.
pub fn start(program: Program, source: &Source) -> Result<(), ParseError> {
    if Place::of(&source.path()).is_of(program) { Ok(()) } else { Err(ParseError::NotMine) }
}

/// Reads a file of a task or the list of all tasks, as one document; returns that nothing follows.
///
/// # Errors
/// [`ParseError::NotMine`] if it is no such file, or another program's;
/// [`ParseError::StaleCheckpoint`] if it was written anew since; [`ParseError::Read`] if the host
/// refuses a read.
pub fn read<S: Serialize + DeserializeOwned>(
    program: Program,
    source: &Source,
    cursor: &mut Cursor<S>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    match cursor.position() {
        0 => {}
        position if position == source.size() => return Ok(true),
        _ => return Err(ParseError::StaleCheckpoint),
    }
    if history::is_named(&Place::of(&source.path())) {
        history::read(program, source, cursor, out)
    } else {
        task::read(program, source, cursor, out)
    }
}
