//! What the protocol promises: versions, lists, errors, and an end.

use lore_tests::{McpServer, TestEnv};
use serde_json::json;

#[test]
fn versions_are_negotiated() {
    let env = TestEnv::new();
    let newest = "2025-11-25";
    for (asked, given) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", newest),
        ("1999-01-01", newest),
        ("2099-01-01", newest),
    ] {
        let mut server = McpServer::silent(&env, &env.work());
        let answer = server.initialize(asked);
        assert_eq!(answer["protocolVersion"], given, "{answer}");
        assert_eq!(answer["serverInfo"]["name"], "lore");
        assert!(answer["instructions"].as_str().is_some_and(|text| text.contains("lore_search")));
        for capability in ["tools", "resources", "prompts"] {
            assert!(answer["capabilities"][capability].is_object(), "{answer}");
        }
        server.end();
    }
}

#[test]
fn the_newest_version_needs_no_greeting() {
    let env = TestEnv::new();
    let mut server = McpServer::silent(&env, &env.work());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let found = server.ask("server/discover", json!({"_meta": meta}));
    let versions = found["supportedVersions"].as_array().expect("a list");
    assert!(versions.contains(&json!("2026-07-28")) && versions.contains(&json!("2024-11-05")));
    let tools = server.ask("tools/list", json!({"_meta": meta}));
    assert_eq!(tools["tools"].as_array().expect("a list").len(), 9);
    server.end();
}

#[test]
fn every_tool_says_what_it_is_for() {
    let env = TestEnv::new();
    let mut server = McpServer::start(&env);
    let tools = server.ask("tools/list", json!({}))["tools"].take();
    let tools = tools.as_array().expect("a list");
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "lore_search",
            "lore_get_session",
            "lore_list_sessions",
            "lore_get_context",
            "lore_get_linked_sessions",
            "lore_get_memories",
            "lore_search_memories",
            "lore_why",
            "lore_file_history"
        ]
    );
    for tool in tools {
        assert!(tool["title"].is_string(), "{tool}");
        assert!(tool["description"].as_str().is_some_and(|text| text.contains("Use it")), "{tool}");
        assert_eq!(tool["annotations"]["readOnlyHint"], true, "{tool}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert!(tool["outputSchema"]["properties"]["_lore_answer"].is_object(), "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        let inputs = tool["inputSchema"]["properties"].as_object().expect("inputs");
        assert!(inputs.contains_key("max_tokens"), "{tool}");
        for (name, input) in inputs {
            assert!(input["description"].is_string(), "{name} of {tool}");
        }
        assert!(!tool.to_string().contains("$ref"), "{tool}");
    }
    server.end();
}

#[test]
fn bad_arguments_are_errors_of_the_protocol() {
    let env = TestEnv::new();
    let mut server = McpServer::start(&env);
    for (tool, arguments, says) in [
        ("lore_search", json!({}), "query"),
        ("lore_search", json!({"query": " "}), "`query` is empty"),
        ("lore_search", json!({"query": "a", "limit": 0}), "`limit` is a number from 1 to 100"),
        ("lore_search", json!({"query": "a", "limit": 101}), "`limit` is a number from 1 to 100"),
        ("lore_search", json!({"query": "a", "limit": -1}), "invalid value"),
        ("lore_search", json!({"query": "a", "since": "someday"}), "dates look like"),
        ("lore_search", json!({"query": "a", "role": "robot"}), "user, assistant or system"),
        ("lore_search", json!({"querry": "a"}), "unknown field `querry`"),
        ("lore_get_session", json!({"session_id": "1", "offset": 3}), "`offset` goes with"),
        ("lore_list_sessions", json!({"cursor": "x"}), "`cursor`"),
        ("lore_why", json!({"file": "a", "line": 0}), "from 1"),
        ("lore_why", json!({"file": "a", "line": 3, "end_line": 2}), "`end_line`"),
        ("lore_file_history", json!({"file": "a", "cursor": "x"}), "`cursor`"),
        ("lore_nothing", json!({}), "no tool `lore_nothing`"),
    ] {
        let call = json!({"name": tool, "arguments": arguments});
        let error = server.refused("tools/call", call.clone());
        assert_eq!(error["code"], -32602, "{call}: {error}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(says)), "{error}");
    }
    let error = server.refused("prompts/get", json!({"name": "why", "arguments": {}}));
    assert_eq!(error["code"], -32602, "{error}");
    let error = server.refused("resources/read", json!({"uri": "lore://session/abc"}));
    assert_eq!(error["code"], -32002, "{error}");
    server.end();
}

#[test]
fn what_cannot_be_had_is_an_answer_with_a_way_out() {
    let env = TestEnv::new();
    let mut server = McpServer::start(&env);
    let told = server.failure("lore_get_session", json!({"session_id": "12345678"}));
    assert_eq!(told["_lore_answer"], "lore_get_session");
    assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("lore import")), "{told}");
    for tool in ["lore_why", "lore_file_history"] {
        let told = server.failure(tool, json!({"file": "src/lib.rs"}));
        assert!(told["error"].as_str().is_some_and(|text| text.contains("no git")), "{told}");
        assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("`repo`")), "{told}");
    }
    server.end();
}

#[test]
fn without_an_archive_answers_are_empty_and_none_is_made() {
    let env = TestEnv::new();
    let mut server = McpServer::start(&env);
    assert_eq!(server.call("lore_search", json!({"query": "kettle"}))["total_matches"], 0);
    assert_eq!(server.call("lore_list_sessions", json!({}))["sessions"], json!([]));
    let context = server.call("lore_get_context", json!({"last": true}));
    assert_eq!(context["sessions"], json!([]));
    assert_eq!(server.call("lore_get_memories", json!({}))["memories"], json!([]));
    let found = server.call("lore_search_memories", json!({"query": "kettle"}));
    assert_eq!(found["query"], "kettle");
    assert_eq!(server.ask("resources/list", json!({}))["resources"], json!([]));
    let text = server.ask("prompts/get", json!({"name": "continue"}));
    let text = text["messages"][0]["content"]["text"].as_str().expect("a text").to_owned();
    assert!(text.contains("No session is known"), "{text}");
    server.end();
    assert!(!env.archive("lore.db").exists(), "an archive was made");
}

#[test]
fn it_ends_with_its_input_even_before_a_greeting() {
    let env = TestEnv::new();
    McpServer::silent(&env, &env.work()).end();
}
