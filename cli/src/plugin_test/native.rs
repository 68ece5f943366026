//! Runs a crate's own tests, outside WebAssembly.

use std::path::Path;
use std::process::{Command, Stdio};

use super::TestError;

/// What came of them.
pub(crate) struct Native {
    pub(crate) ok: bool,
    /// What they printed, if they failed.
    pub(crate) output: String,
}

/// Runs `cargo test` in the folder of a crate; cargo tells of its progress unless it is to be quiet.
///
/// # Errors
/// If cargo cannot be run.
pub(crate) fn run(crate_dir: &Path, quiet: bool) -> Result<Native, TestError> {
    let output = Command::new("cargo")
        .current_dir(crate_dir)
        .arg("test")
        .stdin(Stdio::null())
        .stderr(if quiet { Stdio::piped() } else { Stdio::inherit() })
        .output()
        .map_err(TestError::Cargo)?;
    let ok = output.status.success();
    let text = [&*output.stdout, &*output.stderr].concat();
    let output = if ok { String::new() } else { String::from_utf8_lossy(&text).into_owned() };
    Ok(Native { ok, output })
}
