//! What the commands write, and what they end with.

mod audit;
mod hanging;
mod here;
mod import;
mod keeping;
mod listing;
mod search;

use lore_tests::{ClaudeCode, Codex, TestEnv};
use serde_json::Value;

/// Three sessions of two tools, one line that cannot be read; nothing imported.
fn world() -> TestEnv {
    let env = TestEnv::new();
    let mut claude = ClaudeCode::new("aaaa1111-0000-4000-8000-00000000000a");
    claude.user("The kettle is too hot. Make it stop at ninety degrees.");
    claude.thinking("A constant will do.");
    claude.assistant("I will look at the thermostat.");
    claude.edit("/home/ada/kettle/src/heat.rs", "LIMIT = 100", "LIMIT = 90");
    claude.bash("cargo test", "error: test failed", true);
    claude.assistant("The limit is ninety now, and one test still expects a hundred.");
    claude.title("Stop at ninety degrees");
    env.claude_code(&claude);
    let old = ClaudeCode::new("aaaa3333-0000-4000-8000-00000000000c");
    let mut old = old.at("2026-01-04T20:00:00Z").directory("/home/ada/kettle-old").branch("fix");
    old.user("Why does the kettle whistle?");
    old.assistant("Steam leaves through a narrow opening.");
    env.claude_code(&old);
    let mut codex = Codex::new(
        "bbbb2222-0000-7000-8000-00000000000b",
        "/home/ada/kettle/docs",
        "2026-01-06T14:00:00Z",
    );
    codex.user("Describe the kettle's lid.");
    codex.command("cat lid.md", "A lid closes the kettle.", 0);
    codex.patch("*** Begin Patch\n*** Add File: lid.md\n+The lid.\n*** End Patch\n");
    codex.assistant("The lid of the kettle is described in lid.md.");
    codex.raw("{\"timestamp\": broken");
    env.codex(&codex);
    env
}

/// The same, imported.
fn imported() -> TestEnv {
    let env = world();
    let _ = env.lore(&["import"]).success();
    env
}

/// The names of an object's values, sorted.
fn keys(object: &Value) -> Vec<&str> {
    let object = object.as_object().expect("it is an object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// The ids of listed sessions, the first eight digits.
fn short_ids(sessions: &Value) -> Vec<&str> {
    let sessions = sessions.as_array().expect("a list").iter();
    sessions.map(|session| &session["id"].as_str().expect("an id")[..8]).collect()
}
