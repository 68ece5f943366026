//! What the user's own `git` says about a commit.

use std::process::Command;

/// A commit of the repository that the command runs in.
pub(crate) struct Commit {
    /// Its full id.
    pub(crate) id: String,
    /// Its first line.
    pub(crate) subject: String,
    /// When it was committed, in seconds since the Unix epoch.
    pub(crate) seconds: i64,
}

/// The commit that a reference names: a branch, a tag, `HEAD~2`, an id or its first digits. Nothing
/// if there is no such commit, no repository, or no git.
pub(crate) fn commit(reference: &str) -> Option<Commit> {
    let output = Command::new("git")
        .args(["log", "-1", "--no-show-signature", "--format=%H%n%ct%n%s", "--end-of-options"])
        .arg(reference)
        .arg("--")
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let id = lines.next()?.to_owned();
    let seconds = lines.next()?.parse().ok()?;
    Some(Commit { id, seconds, subject: lines.next().unwrap_or_default().to_owned() })
}

/// The first eight digits of a commit's id, as people see it.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}
