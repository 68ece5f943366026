//! What the commands say that look after the archive: tags, status, the store, plugins, settings.

use insta::assert_snapshot;
use lore_tests::{ClaudeCode, TestEnv};
use serde_json::json;

use super::{imported, keys};

#[test]
fn tags_are_put_on_and_taken_off() {
    let env = imported();
    assert_snapshot!(env.lore(&["tag", "bbbb", "release"]), @"
    exit 0
    --- stdout
    Tagged bbbb2222 with release
    ");
    assert_snapshot!(env.lore(&["tag", "bbbb", "release"]), @"
    exit 0
    --- stdout
    bbbb2222 has the tag release already
    ");
    assert_snapshot!(env.lore(&["sessions", "--tag", "release"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    bbbb2222  2026-01-06 14:00         6  main    docs
    ");
    assert_snapshot!(env.lore(&["tag", "bbbb", "release", "--remove"]), @"
    exit 0
    --- stdout
    Took the tag release off bbbb2222
    ");
    assert_snapshot!(env.lore(&["tag", "bbbb", "release", "--remove"]), @"
    exit 0
    --- stdout
    bbbb2222 does not have the tag release
    ");
    assert_snapshot!(env.lore(&["sessions", "--tag", "release"]), @"
    exit 0
    --- stderr
    No such sessions.
    ");
    assert_snapshot!(env.lore(&["tag", "ffff", "release"]), @"
    exit 1
    --- stderr
    error: no session's id begins with `ffff`
    hint: `lore sessions` lists the newest ones, `lore search` finds others
    ");
    assert_snapshot!(env.lore(&["tag", "bbbb", " "]), @"
    exit 2
    --- stderr
    error: the tag is empty
    ");
}

#[test]
fn status_and_plugins() {
    let env = imported();
    assert_snapshot!(env.lore(&["status"]), @"
    exit 0
    --- stdout
    Daemon
      The daemon is not running.

    Watchers
      claude-code  enabled  2 files
      codex        enabled   1 file  1 problem
      Not found here: aider, amp, cline, continue, copilot-chat, copilot-cli, crush, cursor, droid, gemini, goose, kilo-code, kimi, opencode, pi, qwen, roo-code

    Not understood
      codex 0.77.0  1 problem

    Database
      Sessions  3
      Messages  16
      Links     0
      Size      [SIZE] (store [SIZE], index [SIZE])
      Place     [ROOT]/lore

    Recent sessions
      ID        STARTED           MESSAGES  BRANCH  DIRECTORY
      bbbb2222  2026-01-06 14:00         6  main    docs
      aaaa1111  2026-01-05 09:00         8  main    kettle
      aaaa3333  2026-01-04 20:00         2  fix     kettle-old
    ");
    let list = env.lore(&["plugin", "list", "-v"]).success();
    let codex = list.stdout.split("\n\n").find(|plugin| plugin.starts_with("codex "));
    assert_snapshot!(codex.expect("it is built in"), @"
    codex  Codex 0.1.0, built in, enabled
      May read        ~/.codex/sessions/**/rollout-*.jsonl
      May read        ~/.codex/archived_sessions/rollout-*.jsonl
      May read        ~/.codex/sessions/rollout-*.json
      Memories        <every project>/{AGENTS,AGENTS.override}.md
      Found           ~/.codex
      Not understood  0.77.0: 1 problem
    ");
    assert!(list.stdout.contains("May read  <every project>/.aider.chat.history.md\n"), "{list}");
}

#[test]
fn the_store_is_looked_after() {
    let env = imported();
    assert_snapshot!(env.lore(&["db", "stats"]), @"
    exit 0
    --- stdout
    Sessions  3
    Messages  16
    Sources   3
    Oldest    2026-01-04 20:00
    Newest    2026-01-06 14:00
    Store     [SIZE]
    Index     [SIZE]
    Format    1.3

    TOOL         SESSIONS  MESSAGES
    claude-code         2        10
    codex               1         6
    ");
    assert_snapshot!(env.lore(&["db", "verify"]), @"
    exit 0
    --- stdout
    Read 16 messages of 3 sessions.
    The index holds 16 messages.
    Compared 3 sources (22 records).
    Store, index and sources agree.
    ");
    assert_snapshot!(env.lore(&["db", "reindex"]), @"
    exit 0
    --- stdout
    The index holds 16 messages.
    ");
    assert_snapshot!(env.lore(&["db", "compact"]), @"
    exit 0
    --- stdout
    Before  [SIZE]
    After   [SIZE]
    Saved   [SIZE]
    ");
    assert_snapshot!(env.lore(&["db", "vacuum"]), @"
    exit 0
    --- stdout
    Before  [SIZE]
    After   [SIZE]
    Saved   [SIZE]
    ");

    let saved = env.json(&["db", "compact"]);
    assert_eq!(keys(&saved), ["bytes_after", "bytes_before", "bytes_saved"]);
    env.verify();
}

/// A source that was written anew since it was read does not agree any more.
#[test]
fn verify_names_what_does_not_agree() {
    let env = imported();
    let mut session = ClaudeCode::new("aaaa3333-0000-4000-8000-00000000000c")
        .at("2026-01-04T20:00:00Z")
        .directory("/home/ada/kettle-old");
    session.user("Something else was asked here, and nothing of it is as it was before.");
    session.assistant("And something else was answered.");
    env.claude_code(&session);
    assert_snapshot!(env.lore(&["db", "verify"]), @"
    exit 1
    --- stdout
    Read 16 messages of 3 sessions.
    The index holds 16 messages.
    Compared 3 sources (22 records).
    ~/.claude/projects/-home-ada-kettle-old/aaaa3333-0000-4000-8000-00000000000c.jsonl: it was rewritten since it was read: run `lore import`
    --- stderr
    error: 1 disagreement found
    hint: `lore import --force` reads the sources again
    ");
    assert_snapshot!(env.lore(&["import"]), @"
    exit 0
    --- stdout
    claude-code  2 sources, 1 unchanged
      0 new sessions, 0 new messages, 2 changed  [SIZE] read
    codex  1 source, 1 unchanged

    Nothing new.
    ");
    assert_snapshot!(env.lore(&["db", "verify"]), @"
    exit 0
    --- stdout
    Read 16 messages of 3 sessions.
    The index holds 16 messages.
    Compared 3 sources (22 records).
    Store, index and sources agree.
    ");
    assert_snapshot!(env.lore(&["show", "aaaa3333"]), @"
    exit 0
    --- stdout
    Session aaaa3333
      ID         aaaa3333-0000-4000-8000-00000000000c
      Tool       claude-code
      Version    2.0.14
      Model      claude-sonnet-4-5
      Started    2026-01-04 20:00
      Ended      2026-01-04 20:00 (0 minutes)
      Messages   2
      Directory  /home/ada/kettle-old
      Branch     fix → main
      Source     ~/.claude/projects/-home-ada-kettle-old/aaaa3333-0000-4000-8000-00000000000c.jsonl

    Conversation

    [Human] #0  2026-01-04 20:00
    Something else was asked here, and nothing of it is as it was before.

    [Assistant] #1  2026-01-04 20:00
    And something else was answered.
    ");
}

#[test]
fn a_component_is_inspected() {
    let env = TestEnv::new();
    let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/dist/codex.wasm");
    let inspected = env.json(&["plugin", "inspect", component]);
    assert_eq!(inspected["tool"], "codex");
    assert_eq!(inspected["contract"], "0.1.0");
    env.write("note.wasm", "no component");
    let refused = env.lore(&["plugin", "inspect", "../home/note.wasm"]).failure();
    assert!(refused.stderr.contains("not a WebAssembly component"), "{refused}");
    assert!(refused.stderr.contains("`../home/note.wasm` cannot serve as a plugin"), "{refused}");
    assert_snapshot!(env.lore(&["plugin", "inspect", "../home/nothing.wasm"]), @"
    exit 1
    --- stderr
    error: cannot read `../home/nothing.wasm`: No such file or directory (os error 2)
    ");
}

/// The settings, without what differs from machine to machine.
#[test]
fn settings() {
    let env = TestEnv::new();
    assert_snapshot!(env.lore(&["config", "get", "session_idle_minutes"]), @"
    exit 0
    --- stdout
    30
    ");
    assert_snapshot!(env.lore(&["config", "set", "session_idle_minutes", "45"]), @"
    exit 0
    --- stdout
    45
    ");
    assert_snapshot!(env.lore(&["config", "get", "session_idle_minutes"]), @"
    exit 0
    --- stdout
    45
    ");
    assert_snapshot!(env.lore(&["config", "set", "session_idle_minutes", "soon"]), @"
    exit 1
    --- stderr
    error: `session_idle_minutes` takes a whole number above 0, not `soon`
    ");
    assert_snapshot!(env.lore(&["config", "get", "kettle"]), @"
    exit 1
    --- stderr
    error: there is no key `kettle`
    hint: the keys are watchers, project_dirs, session_idle_minutes, machine_id, machine_name, auto_link, auto_link_threshold, commit_footer, summary_provider, summary_api_key_anthropic, summary_api_key_openai, summary_api_key_openrouter, summary_model_anthropic, summary_model_openai, summary_model_openrouter, summary_auto, summary_auto_threshold, redact_patterns, redact_allow, sync_redact, sync_hide_metadata, sync_name, sync_global_remote, use_keychain, cloud_url, encryption_salt
    ");
    let listed = env.json(&["config", "list"]);
    assert!(listed.as_array().is_some_and(|list| list.len() > 10), "{listed:#}");
}

/// Where nothing was imported, what reads answers as an empty archive does, in the same shape, and
/// creates nothing.
#[test]
fn nothing_imported() {
    let (empty, full) = (TestEnv::new(), imported());
    for arguments in [
        &["status"][..],
        &["search", "kettle"],
        &["db", "stats"],
        &["db", "verify"],
        &["config"],
        &["import", "--dry-run"],
    ] {
        let (of_none, of_some) = (empty.json(arguments), full.json(arguments));
        assert_eq!(keys(&of_none), keys(&of_some), "{arguments:?}");
    }
    assert_eq!(empty.json(&["sessions"]), json!([]));
    assert_eq!(
        empty.json(&["plugin", "list"]).as_array().map(Vec::len),
        full.json(&["plugin", "list"]).as_array().map(Vec::len),
    );
    let env = &empty;
    assert_snapshot!(env.lore(&["sessions"]), @"
    exit 0
    --- stderr
    No sessions yet: `lore import` reads those of your tools.
    ");
    assert_snapshot!(env.lore(&["search", "kettle"]), @"
    exit 0
    --- stderr
    Nothing found.
    ");
    assert_snapshot!(env.lore(&["status"]), @"
    exit 0
    --- stdout
    Daemon
      The daemon is not running.

    Watchers
      Not found here: aider, amp, claude-code, cline, codex, continue, copilot-chat, copilot-cli, crush, cursor, droid, gemini, goose, kilo-code, kimi, opencode, pi, qwen, roo-code

    Database
      Sessions  0
      Messages  0
      Links     0
      Size      [SIZE] (store [SIZE], index [SIZE])
      Place     [ROOT]/lore
    --- stderr

    `lore demo` shows what Lore does, with sample sessions.
    ");
    assert_snapshot!(env.lore(&["db", "stats"]), @"
    exit 0
    --- stdout
    Sessions  0
    Messages  0
    Sources   0
    Oldest    -
    Newest    -
    Store     [SIZE]
    Index     [SIZE]
    Format    1.3
    ");
    assert_snapshot!(env.lore(&["db", "verify"]), @"
    exit 0
    --- stdout
    Read 0 messages of 0 sessions.
    The index holds 0 messages.
    Compared 0 sources (0 records).
    Store, index and sources agree.
    ");
    assert_snapshot!(env.lore(&["show", "aaaa"]), @"
    exit 1
    --- stderr
    error: no session's id begins with `aaaa`
    hint: nothing is imported yet: run `lore import`
    ");
    assert_snapshot!(env.lore(&["import", "--dry-run"]), @"
    exit 0
    --- stderr
    No sessions of any enabled tool were found on this machine.
    `lore import PATH` reads a folder from elsewhere; `lore demo` shows what Lore does.
    ");
    assert!(!empty.archive("").exists(), "something that only reads made the archive");
    assert_snapshot!(env.lore(&["import"]), @"
    exit 0
    --- stderr
    No sessions of any enabled tool were found on this machine.
    `lore import PATH` reads a folder from elsewhere; `lore demo` shows what Lore does.
    ");
    assert_snapshot!(env.lore(&["sessions"]), @"
    exit 0
    --- stderr
    No sessions yet: `lore import` reads those of your tools.
    ");
}

#[test]
fn the_demonstration_works() {
    let env = TestEnv::new();
    let shown = env.lore(&["demo"]).success();
    for command in ["lore import", "lore sessions", "lore show", "lore search"] {
        assert!(shown.stdout.contains(command), "{shown}");
    }
    assert!(!env.archive("").exists(), "it made an archive of the person's");
}
