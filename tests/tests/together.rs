//! Several processes at once: whoever holds the store serves the others.

use std::time::Duration;

use lore_tests::{Archive, TestEnv, crowd, wait_until};

/// Time that an import of some thousand messages never takes.
const DEADLINE: Duration = Duration::from_secs(300);

/// How long everybody asks at once. How long each waits is measured by `benches/live.rs`.
const CROWDED: Duration = Duration::from_secs(5);

#[test]
fn four_processes_import_search_and_list_at_once() {
    let env = TestEnv::new();
    let mut truth = Archive { sessions: 4, turns: 5, seed: 1 }.write(&env);
    for round in 0..6 {
        // There is something new at every turn.
        let more = Archive { sessions: 8, turns: 10, seed: 100 + round }.write(&env);
        truth.messages += more.messages;
        truth.phrase.extend(more.phrase);
        let commands: [&[&str]; 4] = [
            &["import", "--format", "json"],
            &["search", "quartz", "--format", "json"],
            &["sessions", "--limit", "1000", "--format", "json"],
            if round % 2 == 0 { &["import", "--format", "json"] } else { &["status"] },
        ];
        let running: Vec<_> = commands.iter().map(|arguments| env.start(arguments)).collect();
        for (arguments, running) in commands.iter().zip(running) {
            let outcome = running.outcome();
            assert_eq!(outcome.code(), Some(0), "round {round}, {arguments:?}:\n{outcome}");
        }
    }
    let verification = env.verify();
    assert_eq!(verification["messages"], truth.messages);
    assert_eq!(verification["indexed_messages"], truth.messages);
    let found = env.json(&["search", "\"quartz nebula\"", "--limit", "100000"]);
    assert_eq!(found["total_matches"], truth.phrase.len());
}

#[test]
fn a_long_import_answers_the_others() {
    let env = TestEnv::new();
    Archive { sessions: 2, turns: 2, seed: 1 }.write(&env);
    env.lore(&["import"]).success();
    let known = env.json(&["sessions"]).as_array().expect("a list").len();

    let large = Archive { sessions: 300, turns: 60, seed: 2 };
    let truth = large.write(&env);
    let mut import = env.start(&["import", "--format", "json"]);
    let socket = env.archive("store.sock");
    let holds = wait_until(DEADLINE, || socket.exists() || !import.is_running());
    assert!(holds, "the import does not begin to serve");

    let mut answers = 0;
    loop {
        let found = env.json(&["search", "quartz", "--limit", "3"]);
        assert!(found["total_matches"].as_u64().is_some_and(|matches| matches > 0), "{found}");
        let listed = env.json(&["sessions", "--limit", "1000"]);
        assert!(listed.as_array().is_some_and(|list| list.len() >= known), "{listed}");
        if !import.is_running() {
            break;
        }
        // Both were answered before it ended.
        answers += 1;
    }
    assert!(answers >= 3, "only {answers} answers while the import ran");

    let report = import.outcome().json();
    let messages: u64 = report["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|tool| tool["new_messages"].as_u64())
        .sum();
    assert_eq!(messages, truth.messages);
    env.verify();
}

#[test]
fn servers_a_daemon_imports_and_every_command_that_reads() {
    let asked = crowd(&TestEnv::new(), CROWDED);
    let kinds: Vec<_> = asked.keys().collect();
    assert_eq!(kinds.len(), 9 + 2 + 20 + 1, "{kinds:?}");
}
