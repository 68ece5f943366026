//! What the commands write, and what they end with.

use insta::assert_snapshot;
use lore_tests::{ClaudeCode, Codex, TestEnv};
use serde_json::{Value, json};

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

#[test]
fn sessions_lists_and_filters() {
    let env = imported();
    assert_snapshot!(env.lore(&["sessions"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    bbbb2222  2026-01-06 14:00         6  main    docs
    aaaa1111  2026-01-05 09:00         8  main    kettle
    aaaa3333  2026-01-04 20:00         2  fix     kettle-old
    ");
    assert_snapshot!(env.lore(&["sessions", "--limit", "1"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    bbbb2222  2026-01-06 14:00         6  main    docs
    ");
    assert_snapshot!(env.lore(&["sessions", "--repo", "/home/ada/kettle"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    bbbb2222  2026-01-06 14:00         6  main    docs
    aaaa1111  2026-01-05 09:00         8  main    kettle
    ");
    assert_snapshot!(env.lore(&["sessions", "--repo", "/home/ada/kettle-old/"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    aaaa3333  2026-01-04 20:00         2  fix     kettle-old
    ");
    assert_snapshot!(env.lore(&["sessions", "--repo", "/home/ada/ket"]), @"
    exit 0
    --- stderr
    No such sessions.
    ");
    assert_snapshot!(env.lore(&["sessions", "--tool", "CODEX"]), @"
    exit 0
    --- stdout
    ID        STARTED           MESSAGES  BRANCH  DIRECTORY
    bbbb2222  2026-01-06 14:00         6  main    docs
    ");
    assert_snapshot!(env.lore(&["sessions", "--tag", "release"]), @"
    exit 0
    --- stderr
    No such sessions.
    ");

    let listed = env.json(&["sessions"]);
    assert_eq!(short_ids(&listed), ["bbbb2222", "aaaa1111", "aaaa3333"]);
    let filtered = env.json(&["sessions", "--repo", "/home/ada/kettle", "--tool", "claude-code"]);
    assert_eq!(short_ids(&filtered), ["aaaa1111"]);
}

#[test]
fn show_tells_a_session() {
    let env = imported();
    assert_snapshot!(env.lore(&["show", "aaaa1111"]), @r#"
    exit 0
    --- stdout
    Session aaaa1111
      ID         aaaa1111-0000-4000-8000-00000000000a
      Title      Stop at ninety degrees
      Tool       claude-code
      Version    2.0.14
      Model      claude-sonnet-4-5
      Started    2026-01-05 09:00
      Ended      2026-01-05 09:00 (0 minutes)
      Messages   8
      Directory  /home/ada/kettle
      Branch     main
      Source     ~/.claude/projects/-home-ada-kettle/aaaa1111-0000-4000-8000-00000000000a.jsonl

    Conversation

    [Human] #0  2026-01-05 09:00
    The kettle is too hot. Make it stop at ninety degrees.

    [Assistant] #2  2026-01-05 09:00
    I will look at the thermostat.

    [Assistant] #3  2026-01-05 09:00
    [Tool: Edit] {"file_path":"/home/ada/kettle/src/heat.rs","new_string":"LIMIT = 90","old_string":"LIMIT = 100"}

    [Human] #4  2026-01-05 09:00
    [Result] The file /home/ada/kettle/src/heat.rs has been updated.

    [Assistant] #5  2026-01-05 09:00
    [Tool: Bash] {"command":"cargo test","description":"Run"}

    [Human] #6  2026-01-05 09:00
    [Error] error: test failed

    [Assistant] #7  2026-01-05 09:00
    The limit is ninety now, and one test still expects a hundred.
    "#);
    assert_snapshot!(env.lore(&["show", "aaaa3333", "--thinking"]), @"
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
      Branch     fix
      Source     ~/.claude/projects/-home-ada-kettle-old/aaaa3333-0000-4000-8000-00000000000c.jsonl

    Conversation

    [Human] #0  2026-01-04 20:00
    Why does the kettle whistle?

    [Assistant] #1  2026-01-04 20:00
    Steam leaves through a narrow opening.
    ");
    assert_snapshot!(env.lore(&["show", "aaaa1111", "--thinking", "--full"]), @r#"
    exit 0
    --- stdout
    Session aaaa1111
      ID         aaaa1111-0000-4000-8000-00000000000a
      Title      Stop at ninety degrees
      Tool       claude-code
      Version    2.0.14
      Model      claude-sonnet-4-5
      Started    2026-01-05 09:00
      Ended      2026-01-05 09:00 (0 minutes)
      Messages   8
      Directory  /home/ada/kettle
      Branch     main
      Source     ~/.claude/projects/-home-ada-kettle/aaaa1111-0000-4000-8000-00000000000a.jsonl

    Conversation

    [Human] #0  2026-01-05 09:00
    The kettle is too hot. Make it stop at ninety degrees.

    [Assistant] #1  2026-01-05 09:00
    [Thinking] A constant will do.

    [Assistant] #2  2026-01-05 09:00
    I will look at the thermostat.

    [Assistant] #3  2026-01-05 09:00
    [Tool: Edit] {"file_path":"/home/ada/kettle/src/heat.rs","new_string":"LIMIT = 90","old_string":"LIMIT = 100"}

    [Human] #4  2026-01-05 09:00
    [Result] The file /home/ada/kettle/src/heat.rs has been updated.

    [Assistant] #5  2026-01-05 09:00
    [Tool: Bash] {"command":"cargo test","description":"Run"}

    [Human] #6  2026-01-05 09:00
    [Error] error: test failed

    [Assistant] #7  2026-01-05 09:00
    The limit is ninety now, and one test still expects a hundred.
    "#);
    assert_snapshot!(env.lore(&["show", "bbbb", "-f", "markdown"]), @r#"
    exit 0
    --- stdout
    # Session bbbb2222

    | Property | Value |
    |---|---|
    | ID | bbbb2222-0000-7000-8000-00000000000b |
    | Tool | codex |
    | Version | 0.77.0 |
    | Model | gpt-5.2-codex |
    | Started | 2026-01-06 14:00 |
    | Ended | 2026-01-06 14:00 (0 minutes) |
    | Messages | 6 |
    | Directory | /home/ada/kettle/docs |
    | Branch | main |
    | Repository | https://git.example/ada/kettle.git |
    | Source | ~/.codex/sessions/2026/01/06/rollout-2026-01-06T14-00-00-bbbb2222-0000-7000-8000-00000000000b.jsonl |

    ## Conversation

    ### Human #0 (2026-01-06 14:00)

    Describe the kettle's lid.

    ### Assistant #1 (2026-01-06 14:00)

    **Tool: exec_command**

    ```json
    {
      "cmd": "cat lid.md",
      "workdir": "/home/ada/kettle/docs"
    }
    ```

    ### Human #2 (2026-01-06 14:00)

    **Result**

    ```
    Chunk ID: 1a2b3c
    Wall time: 0.01 seconds
    Process exited with code 0
    Output:
    A lid closes the kettle.
    ```

    ### Assistant #3 (2026-01-06 14:00)

    **Tool: apply_patch**

    ```json
    "*** Begin Patch\n*** Add File: lid.md\n+The lid.\n*** End Patch\n"
    ```

    ### Human #4 (2026-01-06 14:00)

    **Result**

    ```
    Success.
    ```

    ### Assistant #5 (2026-01-06 14:00)

    The lid of the kettle is described in lid.md.
    "#);
    assert_snapshot!(env.lore(&["show", "aaaa"]), @"
    exit 1
    --- stderr
    error: 2 sessions' ids begin with `aaaa`
    hint: give more digits of one of these
      aaaa1111-0000-4000-8000-00000000000a  2026-01-05 09:00  /home/ada/kettle
      aaaa3333-0000-4000-8000-00000000000c  2026-01-04 20:00  /home/ada/kettle-old
    ");
    assert_snapshot!(env.lore(&["show", "ffff"]), @"
    exit 1
    --- stderr
    error: no session's id begins with `ffff`
    hint: `lore sessions` lists the newest ones, `lore search` finds others
    ");
    assert_snapshot!(env.lore(&["show", "not an id"]), @"
    exit 1
    --- stderr
    error: no session's id begins with `not an id`
    hint: `lore sessions` lists the newest ones, `lore search` finds others
    ");

    let shown = env.json(&["show", "bbbb"]);
    assert_eq!(keys(&shown), ["links", "messages", "session", "summary", "tags"]);
    let messages = shown["messages"].as_array().expect("a list");
    assert_eq!(messages.len(), 6);
    let edits = &messages[3]["content"][0]["edits"];
    assert_eq!(edits[0]["kind"], "create");
    assert_eq!(edits[0]["after"], "The lid.\n");
    assert_eq!(messages[1]["content"][0]["command"], "cat lid.md");
    assert_eq!(messages[2]["content"][0]["exit_status"], 0);
}

#[test]
fn search_finds_messages() {
    let env = imported();
    assert_snapshot!(env.lore(&["search", "kettle"]), @"
    exit 0
    --- stdout
    bbbb2222  2026-01-06 14:00  codex  docs  (main)  6 messages
      matches by title, directory, branch or tool
      #0 user       Describe the kettle's lid.
      #1 assistant  exec_command cat lid.md /home/ada/kettle/docs
      #2 user       …with code 0 Output: A lid closes the kettle.
      #3 assistant  [apply_patch]
      #4 user       Success.
      #5 assistant  The lid of the kettle is described in lid.md.

    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      matches by title, directory, branch or tool
      #0 user       The kettle is too hot. Make it stop at ninety degrees.
      #1 assistant  A constant will do.
      #2 assistant  I will look at the thermostat.
      #3 assistant  Edit /home/ada/kettle/src/heat.rs LIMIT = 90 LIMIT = 100
      #4 user       The file /home/ada/kettle/src/heat.rs has been updated.
      #5 assistant  [Bash] cargo test

    aaaa3333  2026-01-04 20:00  claude-code  kettle-old  (fix)  2 messages
      matches by title, directory, branch or tool
      #0 user       Why does the kettle whistle?
      #1 assistant  Steam leaves through a narrow opening.
    --- stderr
    `lore show bbbb2222` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "\"too hot\"", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #0 user       The kettle is too hot. Make it stop at ninety degrees.
    --- stderr
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "thermostat", "-C", "1"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #1 assistant  A constant will do.
      #2 assistant  I will look at the thermostat.
      #3 assistant  [Edit]
    --- stderr
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "ninety", "--limit", "few"]), @"
    exit 2
    --- stderr
    error: invalid value 'few' for '--limit <N>': invalid digit found in string

    For more information, try '--help'.
    ");
    assert_snapshot!(env.lore(&["search", "nothingatall"]), @"
    exit 0
    --- stderr
    Nothing found.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--since", "2026-01-06", "-C", "0"]), @"
    exit 0
    --- stdout
    bbbb2222  2026-01-06 14:00  codex  docs  (main)  6 messages
      matches by title, directory, branch or tool
      #0 user       Describe the kettle's lid.
      #1 assistant  exec_command cat lid.md /home/ada/kettle/docs
      #2 user       …with code 0 Output: A lid closes the kettle.
      #5 assistant  The lid of the kettle is described in lid.md.
    --- stderr
    `lore show bbbb2222` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--until", "2026-01-05", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa3333  2026-01-04 20:00  claude-code  kettle-old  (fix)  2 messages
      matches by title, directory, branch or tool
      #0 user       Why does the kettle whistle?
    --- stderr
    `lore show aaaa3333` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--role", "assistant", "--tool", "codex", "-C", "0"]), @"
    exit 0
    --- stdout
    bbbb2222  2026-01-06 14:00  codex  docs  (main)  6 messages
      #1 assistant  exec_command cat lid.md /home/ada/kettle/docs
      #5 assistant  The lid of the kettle is described in lid.md.
    --- stderr
    `lore show bbbb2222` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--repo", "/home/ada/kettle-old", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa3333  2026-01-04 20:00  claude-code  kettle-old  (fix)  2 messages
      matches by title, directory, branch or tool
      #0 user       Why does the kettle whistle?
    --- stderr
    `lore show aaaa3333` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--project", "OLD", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa3333  2026-01-04 20:00  claude-code  kettle-old  (fix)  2 messages
      matches by title, directory, branch or tool
      #0 user       Why does the kettle whistle?
    --- stderr
    `lore show aaaa3333` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--branch", "fix", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa3333  2026-01-04 20:00  claude-code  kettle-old  (fix)  2 messages
      matches by title, directory, branch or tool
      #0 user       Why does the kettle whistle?
    --- stderr
    `lore show aaaa3333` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "cmd:cargo", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #5 assistant  Bash cargo test Run
    --- stderr
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "file:heat.rs", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #3 assistant  Edit /home/ada/kettle/src/heat.rs LIMIT = 90 LIMIT = 100
    --- stderr
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "is:error", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #6 user       error: test failed
    --- stderr
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--limit", "1", "-C", "0"]), @"
    exit 0
    --- stdout
    bbbb2222  2026-01-06 14:00  codex  docs  (main)  6 messages
      matches by title, directory, branch or tool
      #0 user       Describe the kettle's lid.
    --- stderr
    1 of 8 matches shown; `--limit` shows more.
    `lore show bbbb2222` shows the first session.
    ");
}

#[test]
fn search_says_what_it_does_not_understand() {
    let env = imported();
    assert_snapshot!(env.lore(&["search", "\"too hot", "-C", "0"]), @"
    exit 0
    --- stdout
    aaaa1111  2026-01-05 09:00  claude-code  kettle  (main)  8 messages
      Stop at ninety degrees
      #0 user       The kettle is too hot. Make it stop at ninety degrees.
    --- stderr
    note: a quotation mark is not closed and was passed over
    `lore show aaaa1111` shows the first session.
    ");
    assert_snapshot!(env.lore(&["search", "kettle", "--since", "soon"]), @"
    exit 2
    --- stderr
    error: `--since` does not know the date `soon`
    hint: dates look like 2026-01-05, today, yesterday, 12h, 3d, 2w, 1m, 1y
    ");
    assert_snapshot!(env.lore(&["search", ""]), @"
    exit 2
    --- stderr
    error: the query is empty
    hint: name a word: `lore search authentication`
    ");
    assert_snapshot!(env.lore(&["search", "since:soon", "-C", "0"]), @"
    exit 0
    --- stderr
    note: `since:soon` is not a date such as `3d`, `yesterday` or `2026-01-05` and was searched as words
    Nothing found.
    ");
}

#[test]
fn search_in_json() {
    let env = imported();
    let found = env.json(&["search", "\"too hot\"", "-C", "1"]);
    assert_eq!(keys(&found), ["note", "query", "sessions", "total_matches"]);
    assert_eq!(found["total_matches"], 1);
    let hit = &found["sessions"][0]["matches"][0];
    assert_eq!(hit["message"]["index"], 0);
    assert_eq!(hit["message"]["role"], "user");
    assert_eq!(hit["before"], json!([]));
    assert_eq!(hit["after"][0]["index"], 1);
    let snippet = hit["snippet"].as_str().expect("a text");
    let marked: Vec<&str> = hit["highlights"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|range| {
            let end = |at: usize| range[at].as_u64().expect("a number") as usize;
            &snippet[end(0)..end(1)]
        })
        .collect();
    assert_eq!(marked.join(" "), "too hot");
    let nothing = env.json(&["search", "nothingatall"]);
    assert_eq!(keys(&nothing), keys(&found));
    assert_eq!(nothing["sessions"], json!([]));
}

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
    Watchers
      claude-code  enabled  2 files
      codex        enabled   1 file  1 problem
      Not found here: aider, amp, cline, continue, copilot-chat, copilot-cli, crush, cursor, droid, gemini, goose, kilo-code, kimi, opencode, pi, qwen, roo-code

    Not understood
      codex 0.77.0  1 problem

    Database
      Sessions  3
      Messages  16
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
    Format    1.1

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
    hint: the keys are watchers, project_dirs, session_idle_minutes, machine_id, machine_name, auto_link, auto_link_threshold, commit_footer, summary_provider, summary_api_key_anthropic, summary_api_key_openai, summary_api_key_openrouter, summary_model_anthropic, summary_model_openai, summary_model_openrouter, summary_auto, summary_auto_threshold, sync_global_remote, use_keychain, cloud_url, encryption_salt
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
    Watchers
      Not found here: aider, amp, claude-code, cline, codex, continue, copilot-chat, copilot-cli, crush, cursor, droid, gemini, goose, kilo-code, kimi, opencode, pi, qwen, roo-code

    Database
      Sessions  0
      Messages  0
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
    Format    1.1
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
