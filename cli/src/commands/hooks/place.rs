//! Where the hooks of a repository lie.
//!
//! The person's own git is asked: it knows `core.hooksPath`, linked worktrees and submodules. Hook
//! managers have ways of their own: husky lets git call generated scripts in `.husky/_`, which call
//! `.husky/<hook>`; lefthook writes its scripts to where git looks for them, over what is there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::CliError;

/// Names that lefthook's configuration may have.
const LEFTHOOK: [&str; 8] = [
    "lefthook.yml",
    "lefthook.yaml",
    "lefthook.toml",
    "lefthook.json",
    ".lefthook.yml",
    ".lefthook.yaml",
    ".lefthook.toml",
    ".lefthook.json",
];

/// Where hooks go, and how.
#[derive(Debug)]
pub(super) struct Place {
    /// The directory of the files that are ours to change.
    pub(super) directory: PathBuf,
    pub(super) layout: Layout,
    pub(super) manager: Option<Manager>,
    /// The person's or the system's configuration names the directory: all repositories use it.
    pub(super) shared: bool,
    /// Where git looks without `core.hooksPath`.
    pub(super) own_directory: PathBuf,
}

/// How a hook is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// As a file of its own, which calls the one that was there.
    Files,
    /// As a part of the person's file.
    Blocks,
}

/// A program that looks after hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Manager {
    Husky,
    Lefthook,
}

impl Place {
    /// Where the hooks of the repository around `directory` lie.
    pub(super) fn find(directory: &Path) -> Result<Self, CliError> {
        let top = git(directory, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(top);
        // Relative answers are relative to where git runs; in the top directory, as hooks do.
        let common = top.join(git(&top, &["rev-parse", "--git-common-dir"])?);
        let hooks = top.join(git(&top, &["rev-parse", "--git-path", "hooks"])?);
        let mut place = Self {
            directory: hooks,
            layout: Layout::Files,
            manager: None,
            shared: is_shared(&top),
            own_directory: common.join("hooks"),
        };
        if let Some(outer) = husky(&place.directory) {
            place.directory = outer;
            place.layout = Layout::Blocks;
            place.manager = Some(Manager::Husky);
        } else if LEFTHOOK.iter().any(|name| top.join(name).is_file()) {
            place.manager = Some(Manager::Lefthook);
        }
        Ok(place)
    }
}

/// The directory of the person's hooks, if these are the ones that husky generated.
fn husky(hooks: &Path) -> Option<PathBuf> {
    let outer = hooks.parent()?;
    let named = outer.file_name() == Some(OsStr::new(".husky")) || hooks.join("h").is_file();
    (hooks.file_name() == Some(OsStr::new("_")) && named).then(|| outer.to_owned())
}

/// Whether the hooks' directory is one for all repositories of a person or a machine. A relative one
/// is another directory in each of them.
fn is_shared(top: &Path) -> bool {
    // An older git does not tell the scope; then it is taken for the repository's own.
    let answer = git(top, &["config", "--show-scope", "--get", "core.hooksPath"]);
    let Some((scope, path)) = answer.as_deref().ok().and_then(|text| text.split_once('\t')) else {
        return false;
    };
    matches!(scope, "global" | "system") && path.starts_with(['/', '~'])
}

/// What git answers, in one line.
fn git(directory: &Path, arguments: &[&str]) -> Result<String, CliError> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(directory)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            CliError::new(format!("cannot run `git`: {error}"))
                .with_hint("hooks are git's: it must be installed, and on the PATH")
        })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or_default();
        let said = said.strip_prefix("fatal: ").unwrap_or(said);
        let error = CliError::new(format!("git finds no working tree here: {said}"));
        return Err(error.with_hint("run this in a git repository"));
    }
    // A path may hold anything but, in practice, a line feed.
    let text = String::from_utf8(output.stdout)
        .map_err(|_| CliError::new("git answers with a path that is no text"))?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}
