//! What `lore search` says.

use insta::assert_snapshot;
use serde_json::json;

use super::{imported, keys};

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
