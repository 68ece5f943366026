//! What happens when sessions end.

use std::fs;

use lore_tests::{ClaudeCode, Repository, TestEnv, minutes_ago};

use crate::{FIRST, seconds_ago};

/// A session that made a commit, beginning then.
fn with_commit(repository: &Repository<'_>, begin: &str, commit: &str) -> ClaudeCode {
    let directory = repository.directory().to_str().expect("a plain name");
    let mut session = ClaudeCode::new(FIRST).at(begin).directory(directory);
    session.user("Make the kettle whistle.");
    let code = "fn whistle(kettle: &Kettle) -> Sound {\n    kettle.steam().sing()\n}\n";
    repository.create(&mut session, "src/whistle.rs", code);
    repository.commit(commit, "The kettle whistles");
    session
}

#[test]
fn a_session_that_ends_is_linked() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    env.lore(&["config", "set", "session_idle_minutes", "1"]).success();
    let daemon = env.daemon();
    // It is over in a moment.
    let session = with_commit(&repository, &seconds_ago(60), &seconds_ago(56));
    env.claude_code(&session);
    daemon.wait_for("session 0a000000 has ended");
    daemon.wait_for("Auto-linked session 0a000000 to 1 commit");
    assert_eq!(daemon.status()["links_made"], 1);
    let links = &repository.json(&["show", FIRST])["links"];
    assert_eq!(links[0]["created_by"], "auto", "{links}");
    assert_eq!(links[0]["commit_sha"], repository.commit_of("HEAD"));
}

#[test]
fn a_session_that_ended_while_no_daemon_ran_is_linked() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    let session = with_commit(&repository, &minutes_ago(70), &minutes_ago(69));
    env.claude_code(&session);

    // To the first daemon it is history.
    let daemon = env.daemon();
    daemon.wait_for("captured 1 new session");
    env.lore(&["daemon", "stop"]).success();
    daemon.outcome().success();
    let log = fs::read_to_string(env.archive("logs/daemon.log")).expect("it has written");
    assert!(!log.contains("Auto-linked"), "{log}");

    // A later one finds what ended since the one before looked.
    let state = format!("{{\"looked_at\": \"{}\", \"later\": [1]}}", minutes_ago(100));
    fs::write(env.archive("daemon_state.json"), state).expect("it can be written");
    let daemon = env.daemon();
    daemon.wait_for("Auto-linked session 0a000000 to 1 commit");
    env.lore(&["daemon", "stop"]).success();
    daemon.outcome().success();
    let state = fs::read_to_string(env.archive("daemon_state.json")).expect("it is there");
    assert!(state.contains("\"later\":[1]") && !state.contains(&minutes_ago(100)), "{state}");
}

#[test]
fn nothing_is_linked_if_that_is_not_wanted() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    env.lore(&["config", "set", "session_idle_minutes", "1"]).success();
    env.lore(&["config", "set", "auto_link", "false"]).success();
    let session = with_commit(&repository, &seconds_ago(60), &seconds_ago(56));
    env.claude_code(&session);
    let daemon = env.daemon();
    daemon.wait_for("session 0a000000 has ended");
    let _ = daemon.signal("TERM").success();
    let links = &repository.json(&["show", FIRST])["links"];
    assert_eq!(links.as_array().map(Vec::len), Some(0), "{links}");
}
