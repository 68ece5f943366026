//! Sessions that another machine captured: marked wherever they are shown, and never held here.

use std::fs;

use lore_engine::model::Machine;
use lore_engine::store::{Access, Store};
use lore_tests::{ClaudeCode, McpServer, Repository, TestEnv, minutes_ago};
use serde_json::{Value, json};

const WRITER: &str = "aaaa1111-0000-4000-8000-0000000000a1";
const TALKER: &str = "bbbb1111-0000-4000-8000-0000000000b1";
const HEAT: &str = "pub fn heat(limit: u32) -> u32 {\n    limit.saturating_sub(10)\n}\n";

/// A session that wrote a file of a repository, and one that only talked in it, both of now; and the
/// commit.
fn world(env: &TestEnv) -> (Repository<'_>, String) {
    let repository = Repository::new(env, "kettle");
    repository.write("README.md", "# Kettle\n");
    repository.commit(&minutes_ago(600), "begin");
    let top = repository.path("").trim_end_matches('/').to_owned();
    let session = |id| ClaudeCode::new(id).directory(&top).branch("main").at(&minutes_ago(4));
    let (mut writer, mut talker) = (session(WRITER), session(TALKER));
    writer.user("Write the heating.");
    repository.create(&mut writer, "src/heat.rs", HEAT);
    talker.user("What is a kettle?");
    talker.assistant("It heats.");
    env.claude_code(&writer);
    env.claude_code(&talker);
    let commit = repository.commit(&minutes_ago(2), "heating");
    env.lore(&["import"]).success();
    (repository, commit)
}

/// Gives this machine another id: what was captured is another machine's from now on. Returns its id.
fn move_to_another_machine(env: &TestEnv) -> String {
    let config = env.archive("config.yaml");
    let text = fs::read_to_string(&config).expect("there are settings");
    let old =
        env.json(&["config", "get", "machine_id"])["value"].as_str().expect("an id").to_owned();
    let new = "cccc1111-0000-4000-8000-0000000000c1";
    fs::write(&config, text.replace(&old, new)).expect("they can be written");
    old
}

fn proposed(repository: &Repository<'_>, commit: &str) -> Vec<String> {
    let answer =
        repository.json(&["link", "--auto", "--dry-run", "--threshold", "0", "--commit", commit]);
    let links = answer["links"].as_array().expect("a list").iter();
    links.map(|link| link["session_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn sessions_of_this_machine_are_not_marked() {
    let env = TestEnv::new();
    let (repository, commit) = world(&env);
    let sessions = env.json(&["sessions"]);
    for session in sessions.as_array().expect("a list") {
        assert_eq!((&session["origin"], &session["active"]), (&Value::Null, &json!(true)));
    }
    let text = env.lore(&["sessions"]).success().stdout;
    assert!(text.lines().next().is_some_and(|line| line.ends_with("DIRECTORY")), "{text}");
    assert!(!env.lore(&["show", "aaaa1111"]).success().stdout.contains("Machine"));
    assert!(!repository.json(&["current"])["session_id"].is_null());
    assert_eq!(proposed(&repository, &commit), [WRITER, TALKER]);
    // Nobody knows which machine this is: none is another one.
    let config = env.archive("config.yaml");
    let text = fs::read_to_string(&config).expect("there are settings");
    let others: Vec<&str> = text.lines().filter(|line| !line.starts_with("machine_id")).collect();
    fs::write(&config, others.join("\n")).expect("they can be written");
    assert_eq!(env.json(&["sessions"])[0]["origin"], Value::Null);
    let after = fs::read_to_string(&config).expect("there are settings");
    assert!(!after.contains("machine_id"), "reading made an id: {after}");
}

#[test]
fn sessions_of_another_machine_are_marked_wherever_they_are_shown() {
    let env = TestEnv::new();
    let (repository, commit) = world(&env);
    repository.lore(&["link", "aaaa1111", "--commit", &commit]).success();
    let machine = move_to_another_machine(&env);

    // Nothing is known of it yet.
    let short = &machine[..8];
    let origin = json!({ "machine_id": machine, "machine": short, "person": null });
    assert_eq!(env.json(&["sessions"])[0]["origin"], origin);
    let text = env.lore(&["sessions"]).success().stdout;
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.ends_with("MACHINE")), "{text}");
    assert!(lines.all(|line| line.ends_with(&format!("kettle     {short}"))), "{text}");

    // Names come from others.
    let name = "think\u{1b}[2Jpad";
    let id = machine.parse().expect("an id");
    let person = Some("ada".to_owned());
    let store = Store::open(&env.archive("lore.db"), Access::Write).expect("there is a store");
    let named = Machine { id, name: name.to_owned(), person, stamp: 1 };
    assert!(store.merge_machine(&named).expect("it can be written"));
    drop(store);
    let label = "ada@think␛[2Jpad";
    let origin = json!({ "machine_id": machine, "machine": name, "person": "ada" });

    let check = |arguments: &[&str], pointer: &str| {
        let json = repository.json(arguments);
        assert_eq!(json.pointer(pointer), Some(&origin), "{arguments:?}: {json}");
    };
    check(&["sessions"], "/0/origin");
    check(&["show", "aaaa1111"], "/session/origin");
    check(&["show", "--commit", &commit], "/sessions/0/origin");
    check(&["search", "heating"], "/sessions/0/origin");
    check(&["blame", "src/heat.rs:2"], "/sessions/0/origin");
    check(&["review", "HEAD~1..HEAD"], "/sessions/0/origin");
    check(&["context"], "/sessions/0/origin");
    check(&["status"], "/recent_sessions/0/origin");
    for arguments in [
        &["sessions"][..],
        &["show", "aaaa1111"],
        &["show", "aaaa1111", "--format", "markdown"],
        &["show", "--commit", &commit],
        &["search", "heating"],
        &["blame", "src/heat.rs:2"],
        &["blame", "src/heat.rs:2", "--format", "markdown"],
        &["blame", "src/heat.rs"],
        &["status"],
    ] {
        let text = repository.lore(arguments).success().stdout;
        assert!(text.contains(label), "{arguments:?}: {text}");
    }
    // Nobody is called by a report.
    let report = repository.lore(&["review", "HEAD~1..HEAD"]).success().stdout;
    assert!(report.contains("claude-code, ada@\u{2060}think␛\\[2Jpad"), "{report}");

    let mut server = McpServer::start_in(&env, repository.directory());
    let label = json!({ "machine_id": machine, "machine": "think␛[2Jpad", "person": "ada" });
    for (tool, arguments, pointer) in [
        ("lore_search", json!({"query": "heating"}), "/matches/0/session/origin"),
        ("lore_list_sessions", json!({}), "/sessions/0/origin"),
        ("lore_get_session", json!({"session_id": "aaaa1111"}), "/session/origin"),
        ("lore_get_context", json!({}), "/sessions/0/origin"),
        ("lore_get_linked_sessions", json!({"commit_sha": commit}), "/sessions/0/origin"),
        ("lore_why", json!({"file": "src/heat.rs", "line": 2}), "/blocks/0/session/origin"),
        ("lore_file_history", json!({"file": "src/heat.rs"}), "/edits/0/session/origin"),
    ] {
        let answer = server.call(tool, arguments);
        assert_eq!(answer.pointer(pointer), Some(&label), "{tool}: {answer}");
    }
    server.end();
}

#[test]
fn nobody_holds_sessions_of_another_machine_here() {
    let env = TestEnv::new();
    let (repository, commit) = world(&env);
    let _ = move_to_another_machine(&env);
    let sessions = env.json(&["sessions"]);
    let active = |session: &Value| session["active"] == true;
    assert!(!sessions.as_array().expect("a list").iter().any(active), "{sessions}");
    assert_eq!(repository.json(&["current"])["session_id"], Value::Null);
    // What one wrote is there to be seen; that one was held at that time means nothing here.
    assert_eq!(proposed(&repository, &commit), [WRITER]);
    // Nor is one named in the message of a commit.
    repository.lore(&["hooks", "install"]).success();
    env.lore(&["config", "set", "commit_footer", "true"]).success();
    repository.write("README.md", "# The kettle\n");
    let _ = repository.commit(&minutes_ago(1), "title");
    assert_eq!(repository.ask(&["log", "-1", "--format=%B"]).trim(), "title");
}
