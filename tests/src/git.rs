//! Runs the real `git`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs it to its end, with something at standard input; returns what it writes.
///
/// # Panics
/// If it fails.
#[track_caller]
pub(crate) fn run(mut command: Command, input: &[u8]) -> Vec<u8> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("git is installed");
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let input = input.to_vec();
    // Beside the reading: git may answer before it has read all, or end without it.
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("git ends");
    let _ = writing.join();
    let (said, error) = (line(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}:\n{said}\n{error}");
    output.stdout
}

/// What it says, without the end of the line.
pub(crate) fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("the names of a test are plain")
}
