//! Single lines whose story tells something.

use lore_tests::{ClaudeCode, Repository, TestEnv, minute};
use serde_json::Value;

const ID: &str = "c9731a91-4f2b-4e8a-9c3d-1a2b3c4d5e6f";

const FILE: &str = "src/heat.rs";

/// A repository with a file made by hand, and a session that has read it.
fn begin<'env>(env: &'env TestEnv, text: &str) -> (Repository<'env>, ClaudeCode) {
    let repository = Repository::new(env, "kettle");
    repository.write(FILE, text);
    repository.commit(&minute(-600), "begin");
    let mut session = ClaudeCode::new(ID).directory(&repository.directory().display().to_string());
    session.resume(&minute(0));
    session.user("Make the kettle better.");
    session.read(&repository.path(FILE), text);
    (repository, session)
}

/// Imports the session; returns what is said of each line.
fn told(repository: &Repository<'_>, session: &ClaudeCode) -> Vec<Value> {
    repository.env().claude_code(session);
    let _ = repository.env().lore(&["import"]).success();
    let answer = repository.json(&["blame", FILE]);
    assert_eq!(answer["file"], FILE);
    let lines = answer["lines"].as_array().expect("a list").clone();
    let texts: Vec<&str> =
        lines.iter().map(|line| line["text"].as_str().expect("a text")).collect();
    assert_eq!(texts, repository.read(FILE).lines().collect::<Vec<_>>());
    lines
}

#[track_caller]
fn check_by_session(line: &Value, session: &ClaudeCode, message: u32) {
    assert_eq!(line["written_by"], "session", "{line:#}");
    assert_eq!(line["origin"]["session_id"], ID, "{line:#}");
    assert_eq!(line["origin"]["message_index"], message, "{line:#}");
    assert_eq!(line["origin"]["tool_use_id"], session.call(message), "{line:#}");
}

#[track_caller]
fn check_by_hand(line: &Value) {
    assert_ne!(line["written_by"], "session", "{line:#}");
    assert!(line["origin"].is_null(), "{line:#}");
}

#[test]
fn a_line_that_is_not_committed() {
    let env = TestEnv::new();
    let (repository, mut session) =
        begin(&env, "// Heating, by hand.\nconst UPPER_LIMIT: u32 = 100;\n");
    let before = "const UPPER_LIMIT: u32 = 100;";
    let after = "const UPPER_LIMIT: u32 = 90;\nconst LOWER_LIMIT: u32 = 20;";
    let message = repository.edit(&mut session, FILE, before, after);
    repository.replace(
        FILE,
        "// Heating, by hand.\n",
        "// Heating, by hand.\n// Not committed either.\n",
    );
    let lines = told(&repository, &session);
    check_by_hand(&lines[0]);
    assert!(!lines[0]["commit"].is_null(), "{:#}", lines[0]);
    check_by_hand(&lines[1]);
    for line in &lines[2..] {
        check_by_session(line, &session, message);
    }
    for line in &lines[1..] {
        assert!(line["commit"].is_null(), "{line:#}");
    }
}

#[test]
fn a_line_that_a_person_changed_says_what_it_was() {
    for commits in [true, false] {
        let env = TestEnv::new();
        let (repository, mut session) = begin(&env, "// Heating, by hand.\n");
        let message = repository.edit(
            &mut session,
            FILE,
            "// Heating, by hand.",
            "// Heating, by hand.\nconst UPPER_LIMIT_OF_HEATING: u32 = 100;\nconst LOWER_LIMIT_OF_HEATING: u32 = 20;",
        );
        repository.commit(&minute(2), "limits");
        repository.replace(FILE, "HEATING: u32 = 100;", "HEATING: u32 = 95;");
        repository.replace(
            FILE,
            "// Heating, by hand.\n",
            "// Heating, by hand.\nuse crate::water::Litres;\n",
        );
        if commits {
            repository.commit(&minute(60), "by hand");
        }
        let lines = told(&repository, &session);
        let changed = &lines[2];
        check_by_hand(changed);
        let before = &changed["changed_from"];
        assert_eq!(before["origin"]["session_id"], ID, "{changed:#}");
        assert_eq!(before["origin"]["message_index"], message, "{changed:#}");
        assert_eq!(before["text"], "const UPPER_LIMIT_OF_HEATING: u32 = 100;", "{changed:#}");
        check_by_session(&lines[3], &session, message);
        for line in [&lines[0], &lines[1], &lines[3]] {
            assert!(line["changed_from"].is_null(), "{line:#}");
        }
        check_by_hand(&lines[1]);
    }
}

/// It was read, said, replaced, printed, or proposed and refused: none of that writes it.
#[test]
fn a_line_that_a_session_only_spoke_of() {
    let env = TestEnv::new();
    let said = "const SAID_IN_THE_CONVERSATION: &str = \"typed by a person\";";
    let refused = "const REFUSED_BY_THE_PERSON: &str = \"typed by a person\";";
    let (repository, mut session) =
        begin(&env, "// Heating, by hand.\nconst UPPER_LIMIT: u32 = 100;\n");
    session.assistant(&format!("You could write\n\n```rust\n{said}\n```\n"));
    session.failed_edit(&repository.path(FILE), "// Heating, by hand.", refused);
    session.bash("grep -r const src", &format!("src/heat.rs:{said}\n{said}\n"), false);
    let message = repository.edit(
        &mut session,
        FILE,
        "// Heating, by hand.\nconst UPPER_LIMIT: u32 = 100;\n",
        "// Heating, by hand.\nconst LOWER_LIMIT: u32 = 20;\nconst UPPER_LIMIT: u32 = 100;\n",
    );
    repository.write(FILE, &format!("{}{said}\n{refused}\n", repository.read(FILE)));
    repository.commit(&minute(5), "all of it");
    let lines = told(&repository, &session);
    assert_eq!(lines.len(), 5);
    check_by_session(&lines[1], &session, message);
    for line in [&lines[0], &lines[2], &lines[3], &lines[4]] {
        check_by_hand(line);
    }
}

/// What is replaced need not be whole lines.
#[test]
fn a_word_within_a_line() {
    let env = TestEnv::new();
    let text = "// Heating, by hand.\nconst UPPER_LIMIT_OF_HEATING: u32 = 100; // degrees\n";
    let (repository, mut session) = begin(&env, text);
    let message = repository.edit(&mut session, FILE, "u32 = 100;", "u32 = 90;");
    repository.commit(&minute(2), "lower");
    let lines = told(&repository, &session);
    check_by_hand(&lines[0]);
    check_by_session(&lines[1], &session, message);
}

/// A whole file is written again, and most of it is as it was: only what is new is the session's.
#[test]
fn a_file_that_is_written_again() {
    let env = TestEnv::new();
    let text = "// Heating, by hand.\nconst UPPER_LIMIT: u32 = 100;\nconst WATTS: u32 = 2000;\n";
    let (repository, mut session) = begin(&env, text);
    let limit = "const LOWER_LIMIT: u32 = 20;\n";
    let first = repository.create(&mut session, FILE, &format!("{text}{limit}"));
    repository.commit(&minute(2), "a limit");
    session.resume(&minute(10));
    session.user("And the colour.");
    session.read(&repository.path(FILE), &repository.read(FILE));
    let colour = "const COLOUR_WHEN_HOT: &str = \"red\";\n";
    let second = repository.create(&mut session, FILE, &format!("{text}{limit}{colour}"));
    repository.commit(&minute(12), "a colour");
    let lines = told(&repository, &session);
    lines[..3].iter().for_each(check_by_hand);
    check_by_session(&lines[3], &session, first);
    check_by_session(&lines[4], &session, second);
}
