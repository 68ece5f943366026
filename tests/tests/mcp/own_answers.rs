//! What Lore answers comes back inside of sessions, and is not found as if somebody had said it.

use lore_tests::{ClaudeCode, McpServer, TestEnv};
use serde_json::json;

use crate::id;

#[test]
fn only_the_original_is_found() {
    let env = TestEnv::new();
    let mut original = ClaudeCode::new(&id("90000000"));
    original.user("The zyzzyva of the kettle must be descaled.");
    env.claude_code(&original);
    env.lore(&["import"]).success();
    let mut server = McpServer::start(&env);
    let found = server.text("lore_search", json!({"query": "zyzzyva"}));
    let read = server.text("lore_get_session", json!({"session_id": "9000"}));
    let resource = server.ask("resources/read", json!({"uri": "lore://session/9000"}));
    let prompt = server
        .ask("prompts/get", json!({"name": "continue", "arguments": {"repo": "/home/ada/kettle"}}));
    let prompt = prompt["messages"][0]["content"]["text"].as_str().expect("a text");
    for answer in [&found, &read, &resource.to_string(), &prompt.to_owned()] {
        assert!(answer.contains("zyzzyva"), "{answer}");
    }

    // As tools put them into their sessions: as text, in a list of contents, as a string in it.
    let mut asking =
        ClaudeCode::new(&id("91000000")).directory("/home/ada/teapot").at("2026-01-06T09:00:00Z");
    asking.user("What do we know of descaling?");
    asking.tool("mcp__lore__lore_search", json!({"query": "descaling"}), &found, false);
    let listed = json!([{"type": "text", "text": read}]).to_string();
    asking.tool("mcp__lore__lore_get_session", json!({"session_id": "9000"}), &listed, false);
    asking.tool("ReadMcpResource", json!({"server": "lore"}), &resource.to_string(), false);
    asking.user(&format!("{prompt}\nGo on with the gugelhupf."));
    env.claude_code(&asking);
    env.lore(&["import"]).success();

    let found = server.call("lore_search", json!({"query": "zyzzyva"}));
    assert_eq!(found["total_matches"], 1, "{found}");
    assert_eq!(found["matches"][0]["session"]["id"], id("90000000"));
    assert_eq!(env.json(&["search", "zyzzyva"])["total_matches"], 1);
    // What stands beside it is found, and the messages are there.
    assert_eq!(server.call("lore_search", json!({"query": "gugelhupf"}))["total_matches"], 1);
    let shown = env.json(&["show", "9100"]);
    let answer = shown["messages"][2]["content"][0]["content"].as_str().expect("a text");
    assert!(answer.contains("zyzzyva"), "{answer}");
    server.end();
    env.verify();
}
