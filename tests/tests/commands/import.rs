//! What `lore import` says.

use insta::assert_snapshot;
use lore_tests::ClaudeCode;

use super::{keys, world};

#[test]
fn import_takes_what_is_new() {
    let env = world();
    assert_snapshot!(env.lore(&["import", "--dry-run"]), @"
    exit 0
    --- stdout
    claude-code  2 sources
      2 new sessions, 10 new messages  [SIZE] read
      aaaa1111  8 messages  new  /home/ada/kettle
      aaaa3333  2 messages  new  /home/ada/kettle-old
    codex  1 source
      1 new session, 6 new messages  [SIZE] read
      bbbb2222  6 messages  new  /home/ada/kettle/docs
      1 problem
        ~/.codex/sessions/2026/01/06/rollout-2026-01-06T14-00-00-bbbb2222-0000-7000-8000-00000000000b.jsonl, byte 2204: not the JSON expected: expected value at line 1 column 15

    Would import 3 new sessions and 16 messages.
    ");
    assert_snapshot!(env.lore(&["sessions"]), @"
    exit 0
    --- stderr
    No sessions yet: `lore import` reads those of your tools.
    ");
    assert_snapshot!(env.lore(&["import"]), @"
    exit 0
    --- stdout
    claude-code  2 sources
      2 new sessions, 10 new messages  [SIZE] read
    codex  1 source
      1 new session, 6 new messages  [SIZE] read
      1 problem
        ~/.codex/sessions/2026/01/06/rollout-2026-01-06T14-00-00-bbbb2222-0000-7000-8000-00000000000b.jsonl, byte 2204: not the JSON expected: expected value at line 1 column 15

    Imported 3 new sessions and 16 messages.
    ");
    assert_snapshot!(env.lore(&["import"]), @"
    exit 0
    --- stdout
    claude-code  2 sources, 2 unchanged
    codex  1 source, 1 unchanged

    Nothing new.
    ");

    // One session goes on. What only looked at it once failed: it had opened the store for reading.
    let mut session = ClaudeCode::new("aaaa3333-0000-4000-8000-00000000000c")
        .at("2026-01-04T20:00:00Z")
        .directory("/home/ada/kettle-old")
        .branch("fix");
    session.user("Why does the kettle whistle?");
    session.assistant("Steam leaves through a narrow opening.");
    session.user("Thanks.");
    env.claude_code(&session);
    assert_snapshot!(env.lore(&["import", "--dry-run"]), @"
    exit 0
    --- stdout
    claude-code  2 sources, 1 unchanged
      0 new sessions, 1 changed, 1 new message  [SIZE] read
      aaaa3333  3 messages  changed  /home/ada/kettle-old
    codex  1 source, 1 unchanged

    Would import 0 new sessions and 1 message; 1 session changed.
    ");
    assert_snapshot!(env.lore(&["import", "-v"]), @"
    exit 0
    --- stdout
    claude-code  2 sources, 1 unchanged
      0 new sessions, 1 changed, 1 new message  [SIZE] read
      aaaa3333  3 messages  changed  /home/ada/kettle-old
    codex  1 source, 1 unchanged

    Imported 0 new sessions and 1 message; 1 session changed.
    ");
    assert_snapshot!(env.lore(&["import", "--force"]), @"
    exit 0
    --- stdout
    claude-code  2 sources
      0 new sessions, 0 new messages  [SIZE] read
    codex  1 source
      0 new sessions, 0 new messages  [SIZE] read
      1 problem
        ~/.codex/sessions/2026/01/06/rollout-2026-01-06T14-00-00-bbbb2222-0000-7000-8000-00000000000b.jsonl, byte 2204: not the JSON expected: expected value at line 1 column 15

    Nothing new.
    ");
    assert_snapshot!(env.lore(&["db", "verify"]), @"
    exit 0
    --- stdout
    Read 17 messages of 3 sessions.
    The index holds 17 messages.
    Compared 3 sources (23 records).
    Store, index and sources agree.
    ");
}

#[test]
fn import_reads_paths() {
    let env = world();
    let elsewhere = env.root().join("elsewhere");
    std::fs::rename(env.home(), &elsewhere).expect("it can be moved");
    assert_snapshot!(env.lore(&["import", "../elsewhere/.codex"]), @"
    exit 0
    --- stdout
    codex  1 source
      1 new session, 6 new messages  [SIZE] read
      1 problem
        [ROOT]/elsewhere/.codex/sessions/2026/01/06/rollout-2026-01-06T14-00-00-bbbb2222-0000-7000-8000-00000000000b.jsonl, byte 2204: not the JSON expected: expected value at line 1 column 15

    Imported 1 new session and 6 messages.
    ");
    assert_snapshot!(env.lore(&["import", "../elsewhere", "--tool", "claude-code"]), @"
    exit 0
    --- stdout
    claude-code  2 sources
      2 new sessions, 10 new messages  [SIZE] read
    codex  1 source, 1 unchanged

    Imported 2 new sessions and 10 messages.
    ");
    assert_snapshot!(env.lore(&["import", "../nowhere"]), @"
    exit 1
    --- stderr
    error: cannot read `../nowhere`: there is no such file or directory
    ");
    assert_snapshot!(env.lore(&["import"]), @"
    exit 0
    --- stderr
    No sessions of any enabled tool were found on this machine.
    `lore import PATH` reads a folder from elsewhere; `lore demo` shows what Lore does.
    ");
}

#[test]
fn import_in_json() {
    let env = world();
    let first = env.json(&["import"]);
    assert_eq!(keys(&first), ["dry_run", "failed_plugins", "problems", "tools"]);
    let tools = ["claude-code", "codex"];
    for (tool, name) in first["tools"].as_array().expect("a list").iter().zip(tools) {
        assert_eq!(tool["tool"], name);
    }
    let codex = &first["tools"][1];
    assert_eq!(codex["new_sessions"], 1);
    assert_eq!(codex["new_messages"], 6);
    assert_eq!(codex["problem_count"], 1);
    assert_eq!(codex["problems"].as_array().map(Vec::len), Some(1));
    let again = env.json(&["import"]);
    assert_eq!(keys(&again), keys(&first));
    assert_eq!(keys(&again["tools"][0]), keys(&first["tools"][0]));
    assert_eq!(again["tools"][0]["unchanged"], 2);
}
