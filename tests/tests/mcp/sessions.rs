//! Sessions: found, listed, read.

use std::collections::BTreeSet;

use lore_tests::{ClaudeCode, McpServer, Repository, TestEnv};
use serde_json::{Value, json};

use crate::id;

/// Three sessions in two projects; the first has a summary, a note and a tag.
fn world() -> TestEnv {
    let env = TestEnv::new();
    for (number, (project, topic)) in
        [("kettle", "boiling"), ("kettle", "whistling"), ("teapot", "pouring")].iter().enumerate()
    {
        let time = format!("2026-01-0{}T09:00:00Z", number + 1);
        let directory = env.work().join(project);
        std::fs::create_dir_all(&directory).expect("there is room");
        let directory = directory.to_str().expect("it is text").to_owned();
        let mut session =
            ClaudeCode::new(&id(&format!("{number}0000000"))).at(&time).directory(&directory);
        session.title(&format!("About {topic}"));
        session.user(&format!("Please look into {topic}."));
        session.thinking("A secret thought about vapour.");
        session.assistant(&format!("The {topic} is as it should be."));
        session.bash("make test", &"all is well \u{1b}[1m\"quoted\"\n".repeat(200), false);
        session.user("Thank you.");
        env.claude_code(&session);
    }
    env.lore(&["import"]).success();
    env.lore(&["summarize", "00000000", "It boils at a hundred degrees"]).success();
    env.lore(&["annotate", "Not on a mountain", "-s", "00000000"]).success();
    env.lore(&["tag", "00000000", "physics"]).success();
    env
}

#[test]
fn search_finds_messages() {
    let env = world();
    let mut server = McpServer::start(&env);
    let found = server.call("lore_search", json!({"query": "whistling"}));
    assert_eq!(found["query"], "whistling");
    assert_eq!(found["total_matches"], 2);
    let first = &found["matches"][0];
    assert_eq!(first["session"]["id"], id("10000000"));
    assert_eq!(first["session"]["id_short"], "10000000");
    assert!(first["snippet"].as_str().is_some_and(|text| text.contains("whistling")), "{first}");
    assert!(first["message_id"].is_string() && first["timestamp"].is_string(), "{first}");
    assert_eq!(found["sessions"][0]["title"], "About whistling");

    let arguments = json!({"query": "\"thank you\"", "repo": "kettle", "role": "user"});
    assert_eq!(server.call("lore_search", arguments)["total_matches"], 2);
    for (since, expected) in [("2026-01-02", 2), ("2026-01-03T09:00:00Z", 1), ("2099-01-01", 0)] {
        let arguments = json!({"query": "please", "since": since});
        assert_eq!(server.call("lore_search", arguments)["total_matches"], expected, "{since}");
    }
    server.end();
}

#[test]
fn searches_and_lists_go_on_where_they_ended() {
    let env = world();
    let mut server = McpServer::start(&env);
    let mut seen = Vec::new();
    let mut from = json!(0);
    while !from.is_null() {
        let arguments = json!({"query": "is OR thank", "limit": 2, "from": from});
        let found = server.call("lore_search", arguments);
        for found in found["matches"].as_array().expect("a list") {
            seen.push((found["session"]["id"].to_string(), found["index"].to_string()));
        }
        from = found["next"].clone();
        assert_eq!(found["left_out"].is_null(), from.is_null(), "{found}");
        assert!(seen.len() <= 100, "it does not end");
    }
    let all = server.call("lore_search", json!({"query": "is OR thank", "limit": 100}));
    assert_eq!(seen.len(), all["total_matches"].as_u64().expect("a number") as usize);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{seen:?}");

    let mut listed: Vec<Value> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let answer = server.call("lore_list_sessions", json!({"limit": 1, "cursor": cursor}));
        listed.extend(answer["sessions"].as_array().expect("a list").iter().cloned());
        cursor = answer["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let ids: Vec<&str> = listed.iter().filter_map(|session| session["id_short"].as_str()).collect();
    assert_eq!(ids, ["20000000", "10000000", "00000000"]);
    let told = server.failure("lore_list_sessions", json!({"cursor": id("70000000")}));
    assert!(told["error"].is_string(), "{told}");
    server.end();
}

#[test]
fn a_session_is_read_in_brief_and_a_message_in_full() {
    let env = world();
    let mut server = McpServer::start(&env);
    let read = server.call("lore_get_session", json!({"session_id": "0000"}));
    assert_eq!(read["session"]["tool"], "claude-code");
    assert_eq!(read["summary"], "It boils at a hundred degrees");
    assert_eq!(read["annotations"][0]["content"], "Not on a mountain");
    assert_eq!(read["tags"], json!(["physics"]));
    assert_eq!(read["next"], Value::Null);
    let messages = read["messages"].as_array().expect("a list");
    let said: Vec<&str> =
        messages.iter().filter_map(|message| message["content"].as_str()).collect();
    assert_eq!(said[0], "Please look into boiling.");
    assert_eq!(said[3], "[Bash] make test");
    assert!(said[4].starts_with("[result] all is well") && said[4].len() < 400, "{}", said[4]);

    let mut full = String::new();
    let mut offset = json!(0);
    while !offset.is_null() {
        let arguments =
            json!({"session_id": "0000", "message": 4, "offset": offset, "max_tokens": 500});
        let part = server.call("lore_get_session", arguments);
        full.push_str(part["messages"][0]["content"].as_str().expect("a text"));
        offset = part["next_offset"].clone();
    }
    let expected = "all is well \u{1b}[1m\"quoted\"\n".repeat(200);
    assert!(full.starts_with("[result toolu_") && full.ends_with(&expected), "{full}");

    let brief = json!({"session_id": "0000", "include_messages": false});
    assert_eq!(server.call("lore_get_session", brief)["messages"], Value::Null);
    server.end();
}

#[test]
fn the_context_is_that_of_the_project() {
    let env = world();
    let mut server = McpServer::start_in(&env, &env.work().join("kettle"));
    let context = server.call("lore_get_context", json!({}));
    let ids: Vec<&str> = context["sessions"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|session| session["id_short"].as_str())
        .collect();
    assert_eq!(ids, ["10000000", "00000000"]);
    assert_eq!(context["recent_messages"], Value::Null);
    assert_eq!(context["sessions"][1]["summary"], "It boils at a hundred degrees");
    let last = server.call("lore_get_context", json!({"last": true, "repo": "../teapot"}));
    assert_eq!(last["sessions"].as_array().map(Vec::len), Some(1));
    let recent = last["recent_messages"].as_array().expect("a list");
    assert_eq!(recent.len(), 3);
    assert_eq!(recent[2]["content"], "Thank you.");
    server.end();
}

#[test]
fn sessions_are_resources() {
    let env = world();
    let mut server = McpServer::start(&env);
    let listed = server.ask("resources/list", json!({}));
    let first = &listed["resources"][0];
    assert_eq!(first["title"], "About pouring");
    assert_eq!(first["uri"], format!("lore://session/{}", id("20000000")));
    let templates = server.ask("resources/templates/list", json!({}));
    assert_eq!(templates["resourceTemplates"][0]["uriTemplate"], "lore://session/{id}");
    let read = server.ask("resources/read", json!({"uri": "lore://session/2000"}));
    assert_eq!(read["contents"][0]["mimeType"], "text/markdown");
    let text = read["contents"][0]["text"].as_str().expect("a text");
    let shown = env.lore(&["show", "2000", "--format", "markdown"]).success().stdout;
    assert!(text.starts_with("<!-- _lore_answer: lore://session/"), "{text}");
    assert!(text.contains(shown.trim()), "{text}\n---\n{shown}");
    server.end();
}

#[test]
fn the_prompt_to_continue_says_how_it_ended() {
    let env = TestEnv::new();
    let directory = env.work().to_str().expect("it is text").to_owned();
    let mut session = ClaudeCode::new(&id("30000000")).directory(&directory);
    session.user("Mend the lid.");
    let todos = json!({"todos": [
        {"content": "measure the lid", "status": "completed"},
        {"content": "file the edge", "status": "pending"},
    ]});
    session.tool("TodoWrite", todos, "ok", false);
    session.user("And the spout?");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    env.lore(&["summarize", "3000", "The lid is measured"]).success();
    let mut server = McpServer::start(&env);
    let prompts = server.ask("prompts/list", json!({}));
    assert_eq!(prompts["prompts"][0]["name"], "continue");
    let prompt = server.ask("prompts/get", json!({"name": "continue"}));
    let text = prompt["messages"][0]["content"]["text"].as_str().expect("a text");
    for part in [
        "The lid is measured",
        "- file the edge (pending)",
        "was not answered",
        "And the spout?",
        &id("30000000"),
    ] {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
    assert!(!text.contains("- measure the lid"), "{text}");
    server.end();
}

#[test]
fn memories_are_those_of_the_project() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    repository.write("CLAUDE.md", "# Rules\n\nKettles are made of steel.\n");
    repository.write("AGENTS.md", "Lids are made of tin.\n");
    let mut server = McpServer::start_in(&env, repository.directory());
    let all = server.call("lore_get_memories", json!({}));
    let texts = all["memories"].to_string();
    assert!(texts.contains("made of steel") && texts.contains("made of tin"), "{all}");
    let found = server.call("lore_search_memories", json!({"query": "steel"}));
    let memories = found["memories"].as_array().expect("a list");
    assert_eq!(memories.len(), 1, "{found}");
    assert!(memories[0].to_string().contains("made of steel"), "{found}");
    server.end();
    // Elsewhere there are others.
    let mut server = McpServer::start(&env);
    assert_eq!(server.call("lore_get_memories", json!({}))["memories"], json!([]));
    let project = json!({"project_path": repository.directory()});
    let all = server.call("lore_get_memories", project);
    assert!(all["memories"].to_string().contains("made of steel"), "{all}");
    server.end();
}
