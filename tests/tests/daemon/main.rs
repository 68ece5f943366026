//! The daemon: captures what tools write while they write it.

mod capturing;
mod crash;
mod ending;
mod process;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use lore_tests::ClaudeCode;

/// Time that nothing takes that is not broken.
const DEADLINE: Duration = Duration::from_secs(120);

const FIRST: &str = "0a000000-0000-4000-8000-00000000000a";
const SECOND: &str = "0b000000-0000-4000-8000-00000000000b";

/// A moment so many seconds ago.
fn seconds_ago(seconds: i64) -> String {
    format!("{:.3}", Timestamp::now() - SignedDuration::from_secs(seconds))
}

/// A session that is going on.
fn active(id: &str) -> ClaudeCode {
    ClaudeCode::new(id).at(&seconds_ago(5))
}

/// Adds to a file, as a tool does.
fn append(path: &Path, text: &str) {
    let mut file = File::options().append(true).open(path).expect("it is there");
    file.write_all(text.as_bytes()).expect("there is room");
}

/// The lines that a session got since it had so many bytes.
fn since(session: &ClaudeCode, bytes: usize) -> String {
    session.text()[bytes..].to_owned()
}
