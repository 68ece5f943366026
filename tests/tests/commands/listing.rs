//! What `lore sessions` and `lore show` say.

use insta::assert_snapshot;

use super::{imported, keys, short_ids};

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
    assert_eq!(keys(&shown), ["annotations", "links", "messages", "session", "summary", "tags"]);
    let messages = shown["messages"].as_array().expect("a list");
    assert_eq!(messages.len(), 6);
    let edits = &messages[3]["content"][0]["edits"];
    assert_eq!(edits[0]["kind"], "create");
    assert_eq!(edits[0]["after"], "The lid.\n");
    assert_eq!(messages[1]["content"][0]["command"], "cat lid.md");
    assert_eq!(messages[2]["content"][0]["exit_status"], 0);
}
