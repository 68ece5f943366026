//! `lore current` and `lore context`: what is and was done in a directory.

use lore_tests::{ClaudeCode, Repository, TestEnv, minutes_ago};
use serde_json::{Value, json};

use super::keys;

fn session(number: u32, directory: &str, minutes: i64) -> ClaudeCode {
    let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
    let session = ClaudeCode::new(&id).directory(directory);
    session.at(&minutes_ago(minutes))
}

/// A session in which something is said.
fn held(env: &TestEnv, number: u32, directory: &str, minutes: i64) {
    let mut session = session(number, directory, minutes);
    session.user("Make the kettle stop.");
    session.assistant("It stops.");
    env.claude_code(&session);
}

#[test]
fn the_current_session_is_the_newest_active_one_nearby() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("docs/lid.md", "A lid.\n");
    repository.write("src/heat.rs", "fn heat() {}\n");
    repository.commit("2026-01-05T09:00:00Z", "Begin");
    let top = repository.path("").trim_end_matches('/').to_owned();
    repository.ask(&["worktree", "add", "--quiet", "../kettle-fix"]);
    held(&env, 1, &format!("{top}/docs"), 12);
    held(&env, 2, &top, 8);
    held(&env, 3, &format!("{top}-fix"), 4);
    held(&env, 4, &format!("{top}-old"), 2);
    held(&env, 5, &top, 600);
    let _ = env.lore(&["import"]).success();
    let current = |directory: &str| {
        let mut command = env.command(&["current"]);
        command.current_dir(directory);
        env.run(command).success().stdout
    };
    assert_eq!(current(&top), "00000002\n");
    // In it or below it goes before what is elsewhere in the repository.
    assert_eq!(current(&format!("{top}/docs")), "00000001\n");
    assert_eq!(current(&format!("{top}-fix")), "00000003\n");
    // A directory without a session of its own.
    assert_eq!(current(&format!("{top}/src")), "00000003\n");
    // No repository: what is below.
    assert_eq!(current(&env.work().to_string_lossy()), "00000004\n");
    let json = repository.json(&["current"]);
    assert_eq!(json["session_id"], "00000002-0000-4000-8000-000000000002");
    assert_eq!(json["working_directory"], top);
    assert_eq!(json["source"], "database");
    let daemon = env.daemon();
    let json = repository.json(&["current"]);
    assert_eq!(json["session_id"], "00000002-0000-4000-8000-000000000002");
    assert_eq!(json["source"], "daemon");
    assert_eq!(daemon.signal("TERM").code(), Some(0));
}

#[test]
fn without_an_active_session_there_is_no_current_one() {
    let env = TestEnv::new();
    let outcome = env.lore(&["current"]).success();
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", "No active session.\n"));
    held(&env, 1, &env.work().to_string_lossy(), 600);
    let _ = env.lore(&["import"]).success();
    let json = env.json(&["current"]);
    let expected = json!({
        "session_id": null, "tool": null, "working_directory": null, "source": "database",
    });
    assert_eq!(json, expected);
}

#[test]
fn the_context_is_the_newest_five_sessions_of_the_repository() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("docs/lid.md", "A lid.\n");
    let commit = repository.commit("2026-01-05T09:00:00Z", "Begin");
    let top = repository.path("").trim_end_matches('/').to_owned();
    for number in 1..=6 {
        held(&env, number, &format!("{top}/docs"), 700 - i64::from(number) * 10);
    }
    held(&env, 9, &format!("{top}-old"), 100);
    let _ = env.lore(&["import"]).success();
    let _ = repository.lore(&["link", "00000006"]).success();

    let mut command = env.command(&["context", "--format", "json"]);
    command.current_dir(format!("{top}/docs"));
    let json = env.run(command).json();
    assert_eq!(json["working_directory"], top);
    let sessions = json["sessions"].as_array().expect("a list");
    let ids: Vec<&Value> = sessions.iter().map(|session| &session["id_short"]).collect();
    assert_eq!(ids, ["00000006", "00000005", "00000004", "00000003", "00000002"]);
    assert_eq!(sessions[0]["linked_commits"], json!([commit]));
    assert_eq!(sessions[1]["linked_commits"], json!([]));
    assert_eq!(
        keys(&sessions[0]),
        [
            "git_branch",
            "id",
            "id_short",
            "linked_commits",
            "message_count",
            "origin",
            "started_at",
            "title",
            "tool",
            "working_directory",
        ]
    );
    let text = repository.lore(&["context"]).success().stdout;
    let first = text.lines().nth(1).expect("there is a row");
    assert!(first.starts_with("00000006  claude-code         2        1  "), "{text}");

    let elsewhere = env.json(&["context", "--repo", &format!("{top}-old")]);
    assert_eq!(elsewhere["sessions"][0]["id_short"], "00000009");
    let nowhere = env.lore(&["context", "--repo", &format!("{top}/src")]).success();
    assert!(nowhere.stdout.is_empty() && nowhere.stderr.contains("No sessions here"), "{nowhere}");
}

#[test]
fn the_last_session_is_shown_with_where_it_stopped() {
    let env = TestEnv::new();
    let directory = env.work().to_string_lossy().into_owned();
    held(&env, 1, &directory, 700);
    let mut last = session(2, &directory, 600);
    last.user("Make it stop.");
    last.assistant("Where?");
    last.user(&"ä".repeat(300));
    last.bash("cargo test", "ok", false);
    last.raw(
        "{\"type\":\"user\",\"isMeta\":true,\"uuid\":\"77777777-0000-4000-8000-000000000002\",\
         \"sessionId\":\"00000002-0000-4000-8000-000000000002\",\"message\":{\"role\":\"user\",\
         \"content\":\"put in by the tool\"}}",
    );
    last.assistant("It stops.");
    env.claude_code(&last);
    let _ = env.lore(&["import"]).success();
    let _ = env.lore(&["tag", "00000002", "heat"]).success();
    let _ = env.lore(&["summarize", "00000002", "The kettle stops."]).success();

    let json = env.json(&["context", "--last"]);
    assert_eq!(json["id_short"], "00000002");
    assert_eq!(json["summary"], "The kettle stops.");
    assert_eq!((&json["tags"], &json["annotations"]), (&json!(["heat"]), &json!([])));
    let messages = json["recent_messages"].as_array().expect("a list");
    let said: Vec<(&str, &str)> = messages
        .iter()
        .map(|message| {
            (message["role"].as_str().unwrap_or(""), message["content"].as_str().unwrap_or(""))
        })
        .collect();
    let cut = format!("{}…", "ä".repeat(200));
    assert_eq!(said, [("assistant", "Where?"), ("user", &*cut), ("assistant", "It stops.")]);

    let text = env.lore(&["context", "--last"]).success().stdout;
    assert!(text.starts_with("Session 00000002\n"), "{text}");
    assert!(text.contains("Summary") && text.contains("The kettle stops."), "{text}");
    assert!(text.ends_with("\nIt stops.\n"), "{text}");

    let empty = TestEnv::new().json(&["context", "--last"]);
    assert_eq!(keys(&empty), keys(&json));
    assert_eq!(empty["id"], Value::Null);
}
