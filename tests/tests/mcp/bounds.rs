//! Answers stay within the tokens that they may have, and nothing is out of reach.

use lore_tests::{ClaudeCode, McpServer, Random, TestEnv};
use serde_json::{Value, json};

use crate::id;

/// A session of 1,000 messages, some of which are long, and of characters that JSON writes longer.
fn world() -> TestEnv {
    let env = TestEnv::new();
    let mut random = Random::new(7);
    let mut session = ClaudeCode::new(&id("40000000"));
    session.title(&"\"a\\long\ttitle\" \u{1}".repeat(50));
    while session.messages() < 1000 {
        let length = 1 + random.below(300) as usize;
        let words = ["kettle ", "漢字 ", "\"quoted\" ", "\n", "\u{7}", "😀"];
        let text: String =
            (0..length).map(|_| words[random.below(words.len() as u64) as usize]).collect();
        match random.below(3) {
            0 => session.user(&format!("kettle {text}")),
            1 => session.assistant(&format!("kettle {text}")),
            _ if session.messages() < 999 => session.bash("boil", &text.repeat(20), false),
            _ => session.user("kettle"),
        };
    }
    assert_eq!(session.messages(), 1000);
    env.claude_code(&session);
    env.lore(&["import"]).success();
    env.lore(&["summarize", "4000", &"a \"long\"\nsummary 漢字 ".repeat(500)]).success();
    for note in 0..20 {
        let note = format!("{note}: {}", "a \"long\"\nnote 漢字 ".repeat(100));
        env.lore(&["annotate", &note, "-s", "4000"]).success();
    }
    for tag in 0..50 {
        env.lore(&["tag", "4000", &format!("tag-{tag}-{}", "x".repeat(30))]).success();
    }
    env
}

#[test]
fn a_session_of_a_thousand_messages_is_read_page_by_page() {
    let env = world();
    let mut server = McpServer::start(&env);
    for (max_tokens, most) in
        [(1, 500), (500, 500), (777, 777), (2000, 2000), (8000, 8000), (50_000, 50_000)]
    {
        let mut from = json!(0);
        let mut next_index = 0;
        while !from.is_null() {
            let arguments = json!({"session_id": "4000", "from": from, "max_tokens": max_tokens});
            let text = server.text("lore_get_session", arguments);
            assert!(text.len() <= most * 4, "{} bytes for {most} tokens", text.len());
            let page: Value = serde_json::from_str(&text).expect("it is JSON");
            for message in page["messages"].as_array().expect("a list") {
                assert_eq!(message["index"], next_index, "with {max_tokens}");
                next_index += 1;
            }
            let rest = 1000 - next_index;
            assert_eq!(page["next"].is_null(), rest == 0, "with {max_tokens}");
            if rest > 0 {
                assert_eq!(page["left_out"]["messages"], rest, "{}", page["left_out"]);
                let how = page["left_out"]["how"].as_str().expect("a text");
                assert!(how.contains(&format!("from={next_index}")), "{how}");
            }
            from = page["next"].clone();
        }
        assert_eq!(next_index, 1000, "with {max_tokens}");
    }
    server.end();
}

#[test]
fn every_answer_stays_within_its_tokens() {
    let env = world();
    let mut server = McpServer::start(&env);
    for tokens in [500, 600, 1000, 8000] {
        for (tool, mut arguments) in [
            ("lore_search", json!({"query": "kettle", "limit": 100})),
            ("lore_search", json!({"query": "\"a long title\"".repeat(20)})),
            ("lore_list_sessions", json!({"limit": 100})),
            ("lore_get_context", json!({"repo": "/home/ada/kettle", "last": true})),
            ("lore_get_context", json!({"repo": "/home/ada/kettle"})),
            ("lore_get_session", json!({"session_id": "4000", "message": 20})),
        ] {
            arguments["max_tokens"] = json!(tokens);
            let text = server.text(tool, arguments);
            assert!(text.len() <= tokens * 4, "{tool}: {} for {tokens}: {text}", text.len());
        }
    }
    // Without a bound, that of the documentation.
    let text = server.text("lore_get_session", json!({"session_id": "4000"}));
    assert!(text.len() <= 32_000 && text.len() > 20_000, "{}", text.len());
    let read = server.ask("resources/read", json!({"uri": "lore://session/4000"}));
    let text = read["contents"][0]["text"].as_str().expect("a text");
    assert!(text.len() <= 33_000 && text.contains("reads on"), "{}", text.len());
    server.end();
}

#[test]
fn every_match_is_reached_once() {
    let env = world();
    let mut server = McpServer::start(&env);
    let mut seen = std::collections::BTreeSet::new();
    let mut from = json!(0);
    let mut total = Value::Null;
    while !from.is_null() {
        let arguments =
            json!({"query": "role:user kettle", "limit": 100, "from": from, "max_tokens": 3000});
        let found = server.call("lore_search", arguments);
        for found in found["matches"].as_array().expect("a list") {
            let index = found["index"].as_u64().expect("a number");
            assert!(seen.insert(index), "message {index} comes twice");
        }
        total = found["total_matches"].clone();
        from = found["next"].clone();
    }
    assert_eq!(json!(seen.len()), total);
    assert!(seen.len() > 100, "too few to tell");
    server.end();
}
