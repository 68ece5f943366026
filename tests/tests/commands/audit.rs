//! What is better not shared.

use insta::assert_snapshot;
use lore_tests::{ClaudeCode, Codex, TestEnv};
use serde_json::json;

/// Secrets are put together here, so that no scanner takes them for real.
fn github() -> String {
    format!("gh{}_{}", 'p', "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z0cF1gH2j")
}

fn anthropic() -> String {
    format!("sk-{}-api03-{}", "ant", "aB3dE5gH7jK9mN1pQ2sT4vW6xY8z0cF1gH2j")
}

/// A session of each tool with secrets, and one without.
fn world() -> TestEnv {
    let env = TestEnv::new();
    let mut session = ClaudeCode::new("aaaa1111-0000-4000-8000-0000000000a1");
    session.title(&format!("Push with {}", github()));
    session.user("Write to ada@example.com about the kettle.");
    // Inside of JSON, with its quotes escaped.
    session.write("/home/ada/kettle/.env", "DB_URL=\"postgres://ada:lovelace@10.1.2.3/engine\"\n");
    session.bash("cat .env", &format!("KEY={}\nTOKEN={}\n", anthropic(), github()), false);
    env.claude_code(&session);
    let codex = "bbbb1111-0000-7000-8000-0000000000b1";
    let mut session = Codex::new(codex, "/home/ada/teapot", "2026-01-06T09:00:00Z");
    session.user(&format!("Use {} for it.", anthropic()));
    env.codex(&session);
    let mut session = ClaudeCode::new("cccc1111-0000-4000-8000-0000000000c1");
    session.user("The password is ${DB_PASSWORD}, see password=<yours>.");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    env
}

#[test]
fn sessions_that_hold_secrets_are_listed() {
    let env = world();
    assert_snapshot!(env.lore(&["audit", "secrets"]), @"
    exit 0
    --- stdout
    ID        STARTED           TOOL         SECRETS                                             DIRECTORY
    bbbb1111  2026-01-06 09:00  codex        anthropic-key 1                                     teapot
    aaaa1111  2026-01-05 09:00  claude-code  anthropic-key 1, github-token 2, password-in-url 1  kettle

    2 of 3 sessions hold secrets: anthropic-key 2, github-token 2, password-in-url 1.
    ");
    let report = env.json(&["audit", "secrets"]);
    assert_eq!(report["sessions"], 3);
    let found = report["found"].as_array().expect("a list");
    assert_eq!(found.len(), 2, "{report}");
    let claude_code = &found[1];
    assert_eq!(claude_code["session_id"], "aaaa1111-0000-4000-8000-0000000000a1");
    let expected = json!({"anthropic-key": 1, "github-token": 2, "password-in-url": 1});
    assert_eq!(claude_code["kinds"], expected);
    let messages = claude_code["messages"].as_array().expect("a list");
    let places: Vec<_> = messages.iter().map(|message| &message["index"]).collect();
    assert_eq!(places, [1, 4]);
    assert_eq!(messages[0]["kinds"], json!({"password-in-url": 1}));

    let report = env.json(&["audit", "secrets", "--personal"]);
    let kinds = &report["found"][1]["kinds"];
    assert_eq!((&kinds["email-address"], &kinds["ip-address"]), (&json!(1), &json!(1)), "{kinds}");
    let report = env.json(&["audit", "secrets", "--tool", "codex"]);
    assert_eq!((&report["sessions"], &report["kinds"]), (&json!(1), &json!({"anthropic-key": 1})));
    let report = env.json(&["audit", "secrets", "--repo", "/home/ada/kettle"]);
    assert_eq!(report["sessions"], 2);
}

#[test]
fn a_person_says_what_else_is_a_secret_and_what_is_none() {
    let env = world();
    env.lore(&["config", "set", "redact_patterns", "thing=the kettle"]).success();
    env.lore(&["config", "set", "redact_allow", "love.*\n.*gH2j"]).success();
    let report = env.json(&["audit", "secrets", "--tool", "claude-code"]);
    assert_eq!(report["kinds"], json!({"thing": 1}), "{report}");
}

#[test]
fn no_secret_is_shown() {
    let env = world();
    for options in [&["-v"][..], &["--personal"], &["--format", "json"]] {
        let outcome = env.lore(&[&["audit", "secrets"], options].concat()).success();
        let said = outcome.stdout + &outcome.stderr;
        for secret in [&github()[..], &anthropic(), "lovelace", "ada@example.com", "10.1.2.3"] {
            assert!(!said.contains(secret), "{options:?}: {said}");
        }
    }
}

#[test]
fn where_there_are_none_it_says_so() {
    let env = TestEnv::new();
    let outcome = env.lore(&["audit", "secrets"]).success();
    assert_eq!((&*outcome.stdout, &*outcome.stderr), ("", "No secrets found in 0 sessions.\n"));
    assert!(!env.archive("").exists(), "an archive was made");
}
