//! Notes on sessions, and sessions that are deleted for good.

use insta::assert_snapshot;
use lore_tests::{ClaudeCode, Outcome, TestEnv, minutes_ago};
use serde_json::{Value, json};

use super::{imported, short_ids};

/// The notes that a session has.
fn notes(env: &TestEnv, session: &str) -> Vec<Value> {
    env.json(&["show", session])["annotations"].as_array().expect("a list").clone()
}

/// The first digits of a note's id.
fn short(note: &Value) -> &str {
    &note["id"].as_str().expect("an id")[..8]
}

/// What the program wrote, with the note's id and time, which are others every time, as words.
fn told(outcome: &Outcome, note: &Value) -> String {
    let at = note["created_at"].as_str().expect("a time");
    let at = format!("{} {}", &at[..10], &at[11..16]);
    outcome.to_string().replace(short(note), "[NOTE]").replace(&at, "[TIME]")
}

#[test]
fn notes_are_put_on_and_taken_off() {
    let env = imported();
    let note = "Ninety was too hot.\n\u{1b}[31mTry eighty.";
    let put = env.lore(&["annotate", note, "--session", "bbbb"]);
    let [there] = &notes(&env, "bbbb")[..] else { panic!("{put}") };
    assert_eq!(there["content"], note);
    assert_eq!(there["author"], Value::Null);
    assert_snapshot!(told(&put, there), @"
    exit 0
    --- stdout
    Put note [NOTE] on bbbb2222
    ");
    // The same again is the same note.
    assert_eq!(env.lore(&["annotate", note, "-s", "bbbb"]).to_string(), put.to_string());
    assert_eq!(notes(&env, "bbbb").len(), 1);

    let shown = told(&env.lore(&["show", "bbbb"]), there);
    let (_, shown) = shown.split_once("\n\n").expect("what is known comes first");
    let (shown, _) = shown.split_once("\n\n").expect("the conversation comes last");
    assert_snapshot!(shown, @"
    Notes
      [NOTE]  [TIME]
        Ninety was too hot.
        Try eighty.
    ");
    let markdown = told(&env.lore(&["show", "bbbb", "-f", "markdown"]), there);
    let (_, markdown) = markdown.split_once("## Notes\n\n").expect("it has a part for notes");
    let (markdown, _) = markdown.split_once('\n').expect("the conversation comes last");
    assert_snapshot!(markdown, @"- `[NOTE]` Ninety was too hot. Try eighty. ([TIME])");
    assert_eq!(
        env.json(&["context", "-r", "/home/ada/kettle/docs", "--last"])["annotations"],
        json!([there])
    );

    assert_snapshot!(env.lore(&["annotate", "--remove", "x", "-s", "bbbb"]), @"
    exit 1
    --- stderr
    error: no note on bbbb2222 has an id that begins with `x`
    hint: `lore show bbbb2222` has the ids of its notes
    ");
    assert_snapshot!(told(&env.lore(&["annotate", "--remove", short(there), "-s", "aaaa1"]), there), @"
    exit 1
    --- stderr
    error: no note on aaaa1111 has an id that begins with `[NOTE]`
    hint: `lore show aaaa1111` has the ids of its notes
    ");
    assert_snapshot!(told(&env.lore(&["annotate", "--remove", short(there), "-s", "bbbb"]), there), @"
    exit 0
    --- stdout
    Took note [NOTE] off bbbb2222
    ");
    assert_eq!(notes(&env, "bbbb"), [] as [Value; 0]);
    assert_snapshot!(env.lore(&["annotate", " ", "-s", "bbbb"]), @"
    exit 2
    --- stderr
    error: the note is empty
    ");
    assert_snapshot!(env.lore(&["annotate", "Which one?", "-s", "aaaa"]), @"
    exit 1
    --- stderr
    error: 2 sessions' ids begin with `aaaa`
    hint: give more digits of one of these
      aaaa1111-0000-4000-8000-00000000000a  2026-01-05 09:00  /home/ada/kettle
      aaaa3333-0000-4000-8000-00000000000c  2026-01-04 20:00  /home/ada/kettle-old
    ");
    env.verify();
}

#[test]
fn a_note_goes_to_the_session_that_is_being_held_here() {
    let env = imported();
    assert_snapshot!(env.lore(&["annotate", "Whose is it?"]), @"
    exit 1
    --- stderr
    error: no session is being held here
    hint: `--session ID` names one, `lore sessions` lists them
    ");
    let mut session = ClaudeCode::new("cccc4444-0000-4000-8000-00000000000d")
        .at(&minutes_ago(2))
        .directory(&env.work().to_string_lossy());
    session.user("Is it hot?");
    env.claude_code(&session);
    let _ = env.lore(&["import"]).success();
    let _ = env.lore(&["annotate", "It was not."]).success();
    let [note] = &notes(&env, "cccc")[..] else { panic!("it has no note") };
    let removed = env.lore(&["annotate", "--remove", note["id"].as_str().expect("an id")]);
    assert_snapshot!(told(&removed, note), @"
    exit 0
    --- stdout
    Took note [NOTE] off cccc4444
    ");
}

#[test]
fn a_session_is_deleted_for_good() {
    let env = imported();
    for arguments in [
        &["tag", "aaaa1", "release"][..],
        &["tag", "aaaa1", "kettle"],
        &["annotate", "Ninety was too hot.", "-s", "aaaa1"],
        &["summarize", "aaaa1", "It stops at ninety."],
    ] {
        let _ = env.lore(arguments).success();
    }
    let delete = || env.command(&["delete", "aaaa1"]);
    let asked = env.answer(delete(), "no\n").success();
    let (known, question) = asked.stdout.split_once("\n\n").expect("what is known comes first");
    assert!(known.contains("ID         aaaa1111-0000-4000-8000-00000000000a"), "{asked}");
    let (_, question) = question.split_once("\n\n").expect("then the note");
    assert_snapshot!(question, @"
    This will be lost: 8 messages, 1 note, 2 tags, 1 summary.
    Delete it for good? (y/N):
    ");
    assert_eq!(asked.stderr, "Nothing was changed.\n");
    assert_eq!(short_ids(&env.json(&["sessions"])), ["bbbb2222", "aaaa1111", "aaaa3333"]);

    let deleted = env.answer(delete(), "y\n").success();
    assert!(deleted.stdout.ends_with("\nDeleted aaaa1111\n"), "{deleted}");
    assert_snapshot!(deleted.stderr, @"If it was shared, the shared copy stays until `lore sync forget aaaa1111-0000-4000-8000-00000000000a`.");
    assert_snapshot!(env.lore(&["show", "aaaa1"]), @"
    exit 1
    --- stderr
    error: no session's id begins with `aaaa1`
    hint: `lore sessions` lists the newest ones, `lore search` finds others
    ");
    assert_snapshot!(env.lore(&["search", "ninety"]), @"
    exit 0
    --- stderr
    Nothing found.
    ");
    assert_snapshot!(env.lore(&["delete", "aaaa3", "--force"]), @"
    exit 0
    --- stdout
    Deleted aaaa3333
    --- stderr
    If it was shared, the shared copy stays until `lore sync forget aaaa3333-0000-4000-8000-00000000000c`.
    ");
    for arguments in [&["import"][..], &["import", "--force"]] {
        let _ = env.lore(arguments).success();
        assert_eq!(short_ids(&env.json(&["sessions"])), ["bbbb2222"]);
        assert_eq!(env.verify()["sources"], 3);
    }
}

/// Aider keeps all sessions of a project in one file.
#[test]
fn other_sessions_of_the_file_stay() {
    let env = TestEnv::new();
    let session = |hour: u32, text: &str| {
        format!(
            "\n# aider chat started at 2026-03-01 {hour:02}:00:00\n\n#### {text}\n\nIt is done.\n"
        )
    };
    let (first, second) = (session(9, "Boil the water"), session(10, "Pour the tea"));
    let file = env.write("kettle/.aider.chat.history.md", format!("{first}{second}"));
    let import = ["import", &file.to_string_lossy()];
    let _ = env.lore(&import).success();
    let before = env.everything();
    let [pouring, boiling] = &before[..] else { panic!("{before:#?}") };
    let _ = env
        .lore(&["delete", boiling["session"]["id"].as_str().expect("an id"), "--force"])
        .success();
    assert_eq!(env.everything(), std::slice::from_ref(pouring));
    let _ = env.lore(&[&import[..], &["--force"]].concat()).success();
    assert_eq!(env.everything(), std::slice::from_ref(pouring));
    env.verify();
    let third = session(11, "Drink it");
    env.write("kettle/.aider.chat.history.md", format!("{first}{second}{third}"));
    let _ = env.lore(&import).success();
    let after = env.everything();
    assert_eq!(after.len(), 2);
    assert_eq!(&after[1], pouring);
    assert_eq!(env.verify()["sources"], 1);
}
