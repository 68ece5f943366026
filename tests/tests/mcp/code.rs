//! Code: why it is as it is, what sessions did to a file, which of them made a commit.

use lore_tests::{ClaudeCode, McpServer, Repository, TestEnv, minute};
use serde_json::{Value, json};

use crate::id;

const FIRST: &str = "\
pub fn limit() -> u32 {
    let retries = 3;
    let doubled = retries * 2;
    rounded(doubled)
}
";

/// A file that two sessions and a person worked on; a limit was tried three times.
fn write_history(env: &TestEnv) -> Repository<'_> {
    let repository = Repository::new(env, "shop");
    let directory = repository.directory().to_str().expect("it is text").to_owned();
    let mut one = ClaudeCode::new(&id("50000000")).directory(&directory).at(&minute(0));
    one.title("Retry limits");
    one.user("Add a limit of retries.");
    one.assistant("I begin with three retries.");
    repository.create(&mut one, "src/limit.rs", FIRST);
    one.user("Three is too few for the slow server.");
    one.assistant("Then exponential backoff needs at least five.");
    repository.edit(&mut one, "src/limit.rs", "let retries = 3;", "let retries = backoff(5);");
    repository.commit(&minute(10), "Limit retries");

    let mut two = ClaudeCode::new(&id("60000000")).directory(&directory).at(&minute(20));
    two.user("The gateway gives up after eight, do not go beyond.");
    two.thinking("Eight is what the gateway documents.");
    let (before, after) = ("let retries = backoff(5);", "let retries = gateway_limit(8);");
    repository.edit(&mut two, "src/limit.rs", before, after);
    repository.commit(&minute(30), "Stay below the gateway's limit");

    repository.replace("src/limit.rs", "rounded(doubled)", "rounded(doubled) + margin()");
    repository.write("src/notes.txt", "written by a person\nwho likes kettles\n");
    repository.commit(&minute(40), "By hand");
    env.claude_code(&one);
    env.claude_code(&two);
    env.lore(&["import"]).success();
    repository
}

fn indexes(tried: &Value) -> Vec<(String, u64)> {
    let of = |tried: &Value| {
        let message = &tried["message"];
        let id = message["session_id"].as_str().expect("an id")[..8].to_owned();
        (id, message["index"].as_u64().expect("a number"))
    };
    tried.as_array().expect("a list").iter().map(of).collect()
}

#[test]
fn why_tells_the_edit_its_reason_and_what_was_tried() {
    let env = TestEnv::new();
    let repository = write_history(&env);
    let mut server = McpServer::start_in(&env, repository.directory());
    let answer = server.call("lore_why", json!({"file": "src/limit.rs", "line": 2}));
    assert_eq!(answer["file"], "src/limit.rs");
    let block = &answer["blocks"][0];
    assert_eq!(block["written_by"], "session", "{block}");
    assert_eq!(block["text"], "    let retries = gateway_limit(8);");
    assert_eq!(block["session"]["id"], id("60000000"));
    assert_eq!(block["message"]["index"], 2);
    assert_eq!(block["message"]["tool_name"], "Edit");
    assert!(block["message"]["tool_use_id"].as_str().is_some_and(|id| id.starts_with("toolu_")));
    assert_eq!(block["commit"]["summary"], "Stay below the gateway's limit");
    let prompt = block["prompt"]["text"].as_str().expect("a text");
    assert!(prompt.starts_with("The gateway gives up"), "{prompt}");
    assert_eq!(block["reasoning"]["text"], "Eight is what the gateway documents.");
    assert_eq!(block["replaced"], "let retries = backoff(5);");
    // The newest first: the second try, then what it had replaced of the first.
    let first = id("50000000")[..8].to_owned();
    assert_eq!(indexes(&block["tried"]), [(first.clone(), 6), (first, 2)], "{block}");
    assert_eq!(block["tried"][0]["text"], "let retries = backoff(5);");
    assert_eq!(block["tried"][0]["prompt"]["text"], "Three is too few for the slow server.");
    assert_eq!(block["tried"][0]["replaced_by"], block["message"]["message_id"]);
    assert_eq!(block["tried"][1]["text"], "    let retries = 3;");
    server.end();
}

#[test]
fn why_says_what_people_wrote() {
    let env = TestEnv::new();
    let repository = write_history(&env);
    let mut server = McpServer::start(&env);
    let path = repository.path("src/limit.rs");
    let answer = server.call("lore_why", json!({"file": path}));
    let blocks = answer["blocks"].as_array().expect("a list");
    let written: Vec<(&str, u64, u64)> = blocks
        .iter()
        .map(|block| {
            let line = |name: &str| block[name].as_u64().expect("a number");
            (block["written_by"].as_str().expect("a word"), line("first_line"), line("last_line"))
        })
        .collect();
    assert_eq!(
        written,
        [
            ("session", 1, 1),
            ("session", 2, 2),
            ("session", 3, 3),
            ("changed", 4, 4),
            ("unknown", 5, 5)
        ],
        "{answer}"
    );
    // The same edit as the first block's: told once.
    assert_eq!(blocks[2]["details_at_line"], 1);
    assert_eq!(blocks[2]["prompt"], Value::Null);
    let answer = server.call("lore_why", json!({"file": "src/notes.txt", "repo": "shop"}));
    assert_eq!(answer["blocks"][0]["written_by"], "hand");
    assert_eq!(answer["blocks"][0]["session"], Value::Null);
    assert_eq!(answer["blocks"][0]["commit"]["summary"], "By hand");
    let earlier = json!({"file": "src/limit.rs", "repo": "shop", "line": 2, "revision": "HEAD~2"});
    let answer = server.call("lore_why", earlier);
    assert_eq!(answer["blocks"][0]["text"], "    let retries = backoff(5);");
    let told =
        server.failure("lore_why", json!({"file": "src/limit.rs", "repo": "shop", "line": 99}));
    assert!(told["error"].as_str().is_some_and(|text| text.contains("no line 99")), "{told}");
    let told = server.failure("lore_why", json!({"file": "gone.rs", "repo": "shop"}));
    assert!(told["error"].as_str().is_some_and(|text| text.contains("gone.rs")), "{told}");
    server.end();
}

#[test]
fn a_file_that_was_written_anew_tells_what_it_replaced() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "shop");
    let directory = repository.directory().to_str().expect("it is text").to_owned();
    let mut session = ClaudeCode::new(&id("70000000")).directory(&directory).at(&minute(0));
    session.user("Write a kettle.");
    let file = "src/kettle.rs";
    let first = "fn main() {\n    boil_with_fire();\n    whistle();\n}\n";
    let try_one = repository.create(&mut session, file, first);
    let try_two =
        repository.edit(&mut session, file, "boil_with_fire();", "boil_with_electricity();");
    session.user("Now with steam.");
    let last = "fn main() {\n    boil_with_steam();\n    whistle();\n}\n";
    repository.create(&mut session, file, last);
    repository.commit(&minute(10), "Kettle");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    let mut server = McpServer::start_in(&env, repository.directory());
    let answer = server.call("lore_why", json!({"file": file, "line": 2}));
    let tried = &answer["blocks"][0]["tried"];
    let digits = id("70000000")[..8].to_owned();
    let expected = [(digits.clone(), try_two.into()), (digits, try_one.into())];
    assert_eq!(indexes(tried), expected, "{answer}");
    assert_eq!(tried[0]["text"], "boil_with_electricity();");
    server.end();
}

#[test]
fn answers_about_code_go_on_within_their_tokens() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "shop");
    let directory = repository.directory().to_str().expect("it is text").to_owned();
    let mut session = ClaudeCode::new(&id("80000000")).directory(&directory).at(&minute(0));
    let file = "src/long.rs";
    session.user("Begin.");
    repository.create(&mut session, file, "fn start_of_it() {}\n");
    for number in 0..40 {
        session
            .user(&format!("Add number {number}. {}", "Please \"mind\" the kettle. ".repeat(40)));
        let before = repository.read(file);
        let last = before.lines().last().expect("a line").to_owned();
        let added = format!("{last}\nfn added_number_{number}_of_many() {{}}");
        repository.edit(&mut session, file, &last, &added);
    }
    repository.commit(&minute(10), "All");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    let mut server = McpServer::start_in(&env, repository.directory());
    for tokens in [500, 900, 8000] {
        let (mut line, mut next_line) = (json!(1), 1);
        while !line.is_null() {
            let arguments =
                json!({"file": file, "line": line, "end_line": 41, "max_tokens": tokens});
            let text = server.text("lore_why", arguments);
            assert!(text.len() <= tokens * 4, "{} bytes for {tokens} tokens", text.len());
            let answer: Value = serde_json::from_str(&text).expect("it is JSON");
            for block in answer["blocks"].as_array().expect("a list") {
                assert_eq!(block["first_line"], next_line, "with {tokens}");
                next_line = block["last_line"].as_u64().expect("a number") + 1;
            }
            line = answer["next"].clone();
        }
        assert_eq!(next_line, 42, "with {tokens}");

        let (mut cursor, mut edits) = (Value::Null, Vec::new());
        loop {
            let arguments =
                json!({"file": file, "cursor": cursor, "limit": 7, "max_tokens": tokens});
            let text = server.text("lore_file_history", arguments);
            assert!(text.len() <= tokens * 4, "{} bytes for {tokens} tokens", text.len());
            let answer: Value = serde_json::from_str(&text).expect("it is JSON");
            assert_eq!(answer["total"], 41);
            let page = answer["edits"].as_array().expect("a list");
            edits.extend(page.iter().map(|edit| edit["index"].as_u64().expect("a number")));
            cursor = answer["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(edits.len(), 41, "with {tokens}");
        assert!(edits.is_sorted_by(|newer, older| newer > older), "{edits:?}");
    }
    server.end();
}

#[test]
fn the_history_of_a_file_goes_on_beyond_renames() {
    let env = TestEnv::new();
    let repository = write_history(&env);
    repository.ask(&["mv", "src/limit.rs", "src/bound.rs"]);
    repository.commit(&minute(50), "Rename");
    let mut server = McpServer::start_in(&env, repository.directory());
    let answer = server.call("lore_file_history", json!({"file": "src/bound.rs"}));
    assert_eq!(answer["file"], "src/bound.rs");
    assert_eq!(answer["earlier_names"], json!(["src/limit.rs"]));
    let edits = answer["edits"].as_array().expect("a list");
    assert_eq!(edits.len(), 3);
    assert_eq!(edits[0]["session"]["id"], id("60000000"));
    assert_eq!(edits[0]["kind"], "replace");
    assert_eq!(edits[0]["before"], "let retries = backoff(5);");
    assert_eq!(edits[0]["after"], "let retries = gateway_limit(8);");
    assert_eq!(edits[2]["kind"], "create");
    assert_eq!(edits[2]["before"], Value::Null);
    assert_eq!(edits[2]["prompt"]["text"], "Add a limit of retries.");
    // By a name that no file has any more.
    let answer = server.call("lore_file_history", json!({"file": "src/limit.rs"}));
    assert_eq!(answer["total"], 3);
    assert_eq!(server.call("lore_file_history", json!({"file": "src/none.rs"}))["total"], 0);
    server.end();
}

#[test]
fn commits_lead_to_their_sessions() {
    let env = TestEnv::new();
    let repository = write_history(&env);
    let commit = repository.commit_of("HEAD~1");
    repository.lore(&["link", "--auto", "--yes", "--commit", &commit]).success();
    let mut server = McpServer::start_in(&env, repository.directory());
    for reference in [commit.as_str(), &commit[..8], "HEAD~1"] {
        let found = server.call("lore_get_linked_sessions", json!({"commit_sha": reference}));
        assert_eq!(found["commit_sha"], commit);
        assert_eq!(found["sessions"][0]["id"], id("60000000"), "{found}");
        assert!(found["sessions"][0]["confidence"].as_f64().is_some_and(|sure| sure > 0.6));
    }
    let read = server.call("lore_get_session", json!({"session_id": "6000"}));
    assert_eq!(read["linked_commits"][0]["commit_sha"], commit[..8]);
    let told = server.failure("lore_get_linked_sessions", json!({"commit_sha": "no-such-branch"}));
    assert!(told["error"].as_str().is_some_and(|text| text.contains("no commit")), "{told}");
    server.end();
}

#[test]
fn the_prompt_why_brings_what_is_known() {
    let env = TestEnv::new();
    let repository = write_history(&env);
    let mut server = McpServer::start_in(&env, repository.directory());
    let arguments = json!({"file": "src/limit.rs", "lines": "2-3"});
    let prompt = server.ask("prompts/get", json!({"name": "why", "arguments": arguments}));
    let text = prompt["messages"][0]["content"]["text"].as_str().expect("a text");
    for part in ["<!-- _lore_answer: why -->", "lines 2-3", "gateway_limit(8)", &id("60000000")] {
        assert!(text.contains(part), "`{part}` is missing:\n{text}");
    }
    let arguments = json!({"file": "src/limit.rs", "lines": "two"});
    let error = server.refused("prompts/get", json!({"name": "why", "arguments": arguments}));
    assert_eq!(error["code"], -32602, "{error}");
    server.end();
}
