//! The setting `commit_footer`: active sessions are named in the message.

use super::*;

const SESSION: &str = "cccc1111-0000-4000-8000-0000000000c1";
const TRAILER: &str = "Lore-Session: cccc1111-0000-4000-8000-0000000000c1";

/// A repository with hooks, and an active session that is imported.
fn world(footer: &str) -> Repository {
    let repository = Repository::new();
    let _ = repository.install();
    repository.session(SESSION, "descaling.md", "Boil vinegar and water.\nRinse twice.\n");
    let _ = repository.env.lore(&["import"]).success();
    let _ = repository.env.lore(&["config", "set", "commit_footer", footer]).success();
    repository
}

#[test]
fn nothing_is_added_unless_it_is_wanted() {
    let repository = world("false");
    let _ = repository.commit("plain");
    assert_eq!(repository.message(), "plain\n\n");
}

#[test]
fn active_sessions_are_named_once() {
    let repository = world("true");
    let _ = repository.commit("named");
    assert_eq!(repository.message(), format!("named\n\n{TRAILER}\n\n"));
    repository.git(&["commit", "--amend", "--no-edit"]);
    assert_eq!(repository.message(), format!("named\n\n{TRAILER}\n\n"));
    // In the editor, with comments and the diff below.
    repository.git(&["commit", "--amend", "--verbose"]);
    assert_eq!(repository.message(), format!("named\n\n{TRAILER}\n\n"));
    let arguments = ["commit", "--allow-empty", "--edit", "--verbose", "-m", "x: y\n\n---\nbody"];
    repository.git(&arguments);
    assert_eq!(repository.message(), format!("x: y\n\n---\nbody\n\n{TRAILER}\n\n"));
    let arguments = ["commit", "--allow-empty", "--signoff", "-m", "signed"];
    repository.git(&arguments);
    let signed = "Signed-off-by: Ada <ada@localhost>";
    assert_eq!(repository.message(), format!("signed\n\n{signed}\n{TRAILER}\n\n"));
}

#[test]
fn a_message_that_is_not_written_stays_empty() {
    let repository = world("true");
    let head = repository.id("HEAD");
    let arguments = ["commit", "--allow-empty"];
    let outcome = repository.env.run(repository.git_command(&repository.top, &arguments));
    assert_eq!(outcome.code(), Some(1), "{outcome}");
    assert!(outcome.stderr.contains("empty commit message"), "{outcome}");
    assert_eq!(repository.id("HEAD"), head);
}

#[test]
fn commits_that_are_made_of_others_are_left_alone() {
    let repository = world("false");
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.write("feature.txt", "feature\n");
    repository.git(&["add", "--all"]);
    repository.git(&["commit", "--quiet", "--message", "feature"]);
    repository.git(&["checkout", "--quiet", "main"]);
    let _ = repository.commit("main");
    let _ = repository.env.lore(&["config", "set", "commit_footer", "true"]).success();
    repository.git(&["merge", "--quiet", "--no-ff", "-m", "merged", "feature"]);
    assert_eq!(repository.message(), "merged\n\n");
    repository.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    repository.git(&["cherry-pick", "feature"]);
    assert_eq!(repository.message(), "feature\n\n");
    repository.git(&["checkout", "--quiet", "feature"]);
    repository.git(&["rebase", "--quiet", "--force-rebase", "HEAD~1"]);
    assert_eq!(repository.message(), "feature\n\n");
}
