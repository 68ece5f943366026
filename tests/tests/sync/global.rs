//! The store of all sessions, at a private remote.

use std::fs;

use lore_tests::{Codex, Machine, PASSPHRASE, Remote};

use crate::says;

/// Sets up the store of all sessions, and answers both questions at a terminal.
fn set_up(mate: &Machine, private: &Remote, heading: &str, confirms: bool) -> String {
    let mut terminal = mate.terminal(&["sync", "--global", "setup"]);
    terminal.expect("Git URL of a private repository: ");
    terminal.send_line(private.path());
    terminal.expect(heading);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    if confirms {
        terminal.expect("Confirm passphrase: ");
        terminal.send_secret(PASSPHRASE);
    }
    terminal.end().success().stdout
}

#[test]
fn all_sessions_of_all_tools_travel_to_the_other_machine() {
    let (origin, private) = (Remote::new(), Remote::new());
    let desk = Machine::new("Ada", &origin, "kettle");
    let text = |path: &std::path::Path| path.to_str().expect("it is text").to_owned();

    says(
        &desk.lore(&["sync", "--global", "status"]).success(),
        &["Sync status (all sessions)", "Store: not set up", "`lore sync --global setup`"],
    );
    assert_eq!(desk.json(&["sync", "--global", "status"])["set_up"], false);
    says(
        &desk.lore(&["sync", "--global"]).failure(),
        &["has no remote yet", "lore config set sync_global_remote URL"],
    );

    // Of a repository, of another one, and of none; of two tools.
    let content = "fn retry() {\n    attempts(5);\n}\n";
    let mut here = desk.session_of('1').at(&lore_tests::minutes_ago(30));
    here.user("Let it retry.");
    here.write(&text(&desk.clone.join("lib.rs")), content);
    fs::write(desk.clone.join("lib.rs"), content).expect("there is room for a test");
    desk.hold(&here);
    desk.git(&["add", "--all"]);
    desk.git(&["commit", "--quiet", "-m", "retry"]);
    desk.git(&["push", "--quiet", "origin", "main"]);
    let garden = desk.env.home().join("garden");
    fs::create_dir(&garden).expect("there is room for a test");
    let mut other =
        Codex::new("bbbb2222-0000-7000-8000-00000000000b", &text(&garden), "2026-01-06T14:00:00Z");
    other.user("When do the roses bloom?");
    other.assistant("In June.");
    desk.env.codex(&other);
    let mut nowhere = desk.session_of('3').directory("/nowhere");
    nowhere.user("What day is it?");
    desk.hold(&nowhere);

    let screen = set_up(&desk, &private, "Setting up sync for all your sessions.", true);
    assert!(screen.contains("Store created. Run 'lore sync --global' to push"), "{screen}");
    let status = desk.lore(&["sync", "--global", "status"]).success();
    says(&status, &["Sync status (all sessions)\nStore: set up\nKey: stored (file)\n"]);
    says(
        &status,
        &["Pending: 3 sessions not yet synced\nLast sync: never\nRef: refs/lore/sessions"],
    );
    says(&desk.lore(&["sync", "--global"]).success(), &["Pulled 0, pushed 3"]);
    says(
        &desk.lore(&["sync", "--global", "status"]).success(),
        &["Pending: 0 sessions", "Last sync: just now", "(in sync with origin)"],
    );
    assert_eq!(origin.store(), None, "that is not for the team");
    assert!(desk.env.archive("sync/HEAD").exists());

    // The laptop has the repository elsewhere.
    let mut laptop = Machine::new("Ada", &origin, "tea");
    laptop.variables.push(("LORE_PASSPHRASE_FILE".to_owned(), String::new()));
    let set = ["config", "set", "sync_global_remote", private.path()];
    let _ = laptop.lore(&set).success();
    let arguments = ["sync", "--global", "setup", "--passphrase-stdin"];
    let joined = laptop.answer(&arguments, PASSPHRASE).success();
    says(&joined, &["Passphrase verified. Run 'lore sync --global' to fetch"]);
    let pulled = laptop.json(&["sync", "--global"]);
    assert_eq!((&pulled["pulled"], &pulled["pushed"]), (&3.into(), &0.into()));
    assert_eq!(laptop.sessions(), ["11111111", "33333333", "bbbb2222"]);
    let shown = laptop.lore(&["show", "bbbb"]).success();
    says(&shown, &["codex", &text(&laptop.env.home().join("garden")), "In June."]);
    says(&laptop.lore(&["search", "roses"]).success(), &["bbbb2222"]);
    says(&laptop.lore(&["blame", "lib.rs:2"]).success(), &["a session", "11111111"]);

    // What it adds comes back.
    let _ = laptop.lore(&["tag", "3333", "date"]).success();
    laptop.ask('4', "Is the laptop charged?");
    says(&laptop.lore(&["sync", "--global"]).success(), &["Pulled 0, pushed 2"]);
    says(&desk.lore(&["sync", "--global"]).success(), &["Pulled 2, pushed 0"]);
    says(&desk.lore(&["show", "3333"]).success(), &["Tags       date"]);
    desk.env.verify();
    laptop.env.verify();
    let log = desk.json(&["sync", "--global", "log", "--limit", "1"]);
    assert_eq!(log[0]["pulled"], 2, "{log}");
}
