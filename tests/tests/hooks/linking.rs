//! What hooks do in the background.

use super::*;

const SESSION: &str = "dddd1111-0000-4000-8000-0000000000d1";
const TEXT: &str = "Fill the kettle with vinegar and water.\nBoil it, and wait an hour.\n\
                    Pour it out, and rinse the kettle twice.\n";

/// A repository with hooks, an archive, and a session that nobody imported yet.
fn world() -> Repository {
    let repository = Repository::new();
    let _ = repository.install();
    let _ = repository.env.lore(&["import"]).success();
    repository.session(SESSION, "descaling.md", TEXT);
    repository
}

#[test]
fn a_commit_is_linked_to_the_session_that_made_it_and_so_is_what_becomes_of_it() {
    let repository = world();
    repository.write("descaling.md", TEXT);
    repository.git(&["add", "descaling.md"]);
    repository.git(&["commit", "--quiet", "--message", "Tell how to descale"]);
    let linked = wait_until(DEADLINE, || repository.linked("HEAD") == [SESSION]);
    assert!(linked, "it is not linked");
    let shown = repository.env.json(&["show", SESSION]);
    assert_eq!(shown["links"].as_array().map(Vec::len), Some(1), "{shown}");

    let before = repository.id("HEAD");
    repository.git(&["commit", "--quiet", "--amend", "--message", "Tell how a kettle is descaled"]);
    assert_ne!(repository.id("HEAD"), before);
    let moved = wait_until(DEADLINE, || {
        let shown = repository.env.json(&["show", SESSION]);
        let links = shown["links"].as_array().expect("a list");
        links.iter().any(|link| link["commit_sha"] == *repository.id("HEAD"))
    });
    assert!(moved, "the link is not moved");
    assert_eq!(repository.linked("HEAD"), [SESSION]);
}

#[test]
fn a_commit_by_hand_is_linked_to_nobody() {
    let repository = world();
    repository.write("lid.md", "The lid is made of glass, and closes tightly.\n");
    repository.git(&["add", "lid.md"]);
    let mut git = repository.git_command(&repository.top, &["commit", "--quiet", "-m", "Lid"]);
    // Long before the session.
    git.env("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z");
    git.env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z");
    let _ = repository.env.run(git).success();
    let queue = repository.env.archive("hooks/queue");
    assert!(wait_until(DEADLINE, || queue.is_file()), "the hook did not run");
    repository.settle();
    assert!(repository.linked("HEAD").is_empty());
}

#[test]
fn no_commit_of_many_is_lost() {
    let repository = world();
    let lines: Vec<&str> = TEXT.lines().collect();
    let mut text = String::new();
    for line in &lines {
        text.extend([line, "\n"]);
        repository.write("descaling.md", &text);
        repository.git(&["add", "descaling.md"]);
        repository.git(&["commit", "--quiet", "--message", line]);
    }
    for back in 0..lines.len() {
        let reference = format!("HEAD~{back}");
        let linked = wait_until(DEADLINE, || repository.linked(&reference) == [SESSION]);
        assert!(linked, "`{reference}` is not linked");
    }
}

#[test]
fn the_environment_of_git_does_not_lead_astray() {
    let repository = world();
    repository.write("descaling.md", TEXT);
    // With an index of its own, from a directory below, as `git commit <file>` and scripts do.
    let below = repository.top.join("below");
    fs::create_dir(&below).expect("it can be made");
    let arguments = ["commit", "--quiet", "--message", "Tell", "--", "../descaling.md"];
    repository.git(&["add", "--intent-to-add", "descaling.md"]);
    let _ = repository.env.run(repository.git_command(&below, &arguments)).success();
    let linked = wait_until(DEADLINE, || repository.linked("HEAD") == [SESSION]);
    assert!(linked, "it is not linked");
}
