//! A server beside others: it holds nothing while nobody asks, and is answered while others write.

use std::time::Duration;

use lore_tests::{Archive, McpServer, TestEnv, wait_until};
use serde_json::json;

/// Time that an import of some thousand messages never takes.
const DEADLINE: Duration = Duration::from_secs(300);

#[test]
fn a_server_is_answered_while_an_import_holds_the_archive() {
    let env = TestEnv::new();
    Archive { sessions: 2, turns: 2, seed: 1 }.write(&env);
    env.lore(&["import"]).success();
    let mut server = McpServer::start(&env);
    assert!(server.call("lore_search", json!({"query": "quartz"}))["total_matches"].is_u64());
    Archive { sessions: 200, turns: 60, seed: 2 }.write(&env);
    let mut import = env.start(&["import", "--format", "json"]);
    let socket = env.archive("store.sock");
    let holds = wait_until(DEADLINE, || socket.exists() || !import.is_running());
    assert!(holds, "the import does not begin to serve");
    let mut answers = 0;
    while import.is_running() {
        let listed = server.call("lore_list_sessions", json!({"limit": 100}));
        assert!(listed["sessions"].as_array().is_some_and(|list| list.len() >= 2), "{listed}");
        answers += u32::from(import.is_running());
    }
    assert!(answers >= 3, "only {answers} answers while the import ran");
    import.outcome().success();
    // What came meanwhile is there.
    let found = server.call("lore_search", json!({"query": "quartz", "limit": 100}));
    assert!(found["total_matches"].as_u64().is_some_and(|matches| matches > 100), "{found}");
    server.end();
}

#[test]
fn servers_keep_nobody_from_writing() {
    let env = TestEnv::new();
    let mut servers: Vec<McpServer> = (0..8).map(|_| McpServer::start(&env)).collect();
    for round in 0..3 {
        Archive { sessions: 2, turns: 2, seed: 10 + round }.write(&env);
        env.lore(&["import"]).success();
        for server in &mut servers {
            let listed = server.call("lore_list_sessions", json!({}));
            assert!(listed["sessions"].as_array().is_some_and(|list| list.len() >= 2), "{listed}");
            assert!(server.id() > 0);
        }
    }
    // None of them listens for the others.
    assert!(!env.archive("store.sock").exists(), "a server holds the archive");
    servers.into_iter().for_each(McpServer::end);
    env.verify();
}
