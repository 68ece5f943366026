//! What the page about sync shows, between three clones of one repository on two machines.

use std::time::Duration;

use lore_tests::{Machine, PASSPHRASE, Remote, STORE, minutes_ago, wait_until};

use crate::{clock, says};

/// Time that nothing takes that is not broken.
const DEADLINE: Duration = Duration::from_secs(120);

/// What stands for the passphrase on the screen.
fn stars() -> String {
    "*".repeat(PASSPHRASE.len())
}

/// Ada asks for retries, and commits what the session wrote.
fn retries(ada: &Machine) {
    let content = "fn retry() {\n    attempts(5);\n}\n";
    let file = ada.clone.join("src/lib.rs");
    std::fs::create_dir_all(ada.clone.join("src")).expect("there is room for a test");
    std::fs::write(&file, content).expect("there is room for a test");
    let mut session = ada.session_of('1').at(&minutes_ago(30));
    session.user("Let it retry five times, the token is ghp_0123456789abcdefghijABCDEFGHIJ012345.");
    session.write(file.to_str().expect("it is text"), content);
    session.assistant("It retries five times now.");
    ada.hold(&session);
    ada.git(&["add", "--all"]);
    ada.git(&["commit", "--quiet", "-m", "retry five times"]);
    ada.git(&["push", "--quiet", "origin", "main"]);
}

#[track_caller]
fn shows(mate: &Machine, arguments: &[&str], screen: &str) {
    let outcome = mate.terminal(arguments).end().success();
    assert_eq!(outcome.stdout, screen);
}

#[test]
fn a_store_is_made_joined_and_kept_in_step() {
    let origin = Remote::new();
    let mut ada = Machine::new("Ada", &origin, "kettle");
    retries(&ada);
    ada.ask('2', "Why does the kettle whistle?");
    ada.ask('3', "Does the lid close?");

    shows(
        &ada,
        &["sync", "status"],
        "Sync status (this repository)\n\
         Store: not set up\n\
         Key: not stored\n\
         Pending: 3 sessions not yet synced\n\
         Last sync: never\n\
         Ref: refs/lore/sessions (none yet)\n\
         `lore sync setup` makes the store, or joins it.\n",
    );
    let mut terminal = ada.terminal(&["sync", "setup"]);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Confirm passphrase: ");
    terminal.send_secret(PASSPHRASE);
    let stars = stars();
    assert_eq!(
        terminal.end().success().stdout,
        format!(
            "Setting up sync for this repository.\n\
             Your reasoning history will be encrypted with a passphrase that only your team knows.\n\
             Enter passphrase: {stars}\n\
             Confirm passphrase: {stars}\n\
             Store created. Run 'lore sync' to push your sessions.\n"
        )
    );
    let status = |pending: &str, last: &str, standing: &str| {
        format!(
            "Sync status (this repository)\n\
             Store: set up\n\
             Key: stored (file)\n\
             Pending: {pending} not yet synced\n\
             Last sync: {last}\n\
             Ref: refs/lore/sessions ({standing})\n"
        )
    };
    shows(&ada, &["sync", "status"], &status("3 sessions", "never", "in sync with origin"));
    shows(
        &ada,
        &["sync"],
        "Masked before sealing: 1 github-token\n\
         Pulled 0, pushed 3\n",
    );
    shows(&ada, &["sync", "status"], &status("0 sessions", "just now", "in sync with origin"));

    // The other machine joins.
    let bob = Machine::new("Bob", &origin, "tea");
    let mut terminal = bob.terminal(&["sync", "setup"]);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    assert_eq!(
        terminal.end().success().stdout,
        format!(
            "An existing Lore store was found on the remote.\n\
             Enter passphrase: {stars}\n\
             Passphrase verified. Run 'lore sync' to fetch reasoning history.\n"
        )
    );
    shows(&bob, &["sync", "status"], &status("0 sessions", "never", "not fetched from origin yet"));
    shows(&bob, &["sync"], "Pulled 3, pushed 0\n");
    shows(&bob, &["sync", "status"], &status("0 sessions", "just now", "in sync with origin"));

    // At once it is as if they had been held here.
    let blamed = bob.lore(&["blame", "src/lib.rs:2"]).success();
    says(
        &blamed,
        &["attempts(5);", "Written by  a session", "11111111  claude-code", "on Ada@ada-laptop"],
    );
    says(&blamed, &["Message     #1  Write", "Let it retry five times"]);
    let listed = bob.lore(&["sessions"]).success();
    for id in ["11111111", "22222222", "33333333"] {
        let line = listed.stdout.lines().find(|line| line.starts_with(id));
        let line = line.unwrap_or_else(|| panic!("{id} is missing in\n{listed}"));
        assert!(line.contains("  tea  ") && line.ends_with("Ada@ada-laptop"), "{line}");
    }
    let shown = bob.lore(&["show", "1111"]).success();
    let tea = format!("Directory  {}", bob.clone.display());
    says(&shown, &[&tea, "Machine    Ada@ada-laptop", "src/lib.rs"]);
    assert!(!shown.stdout.contains(ada.clone.to_str().expect("it is text")), "{shown}");
    assert!(!shown.stdout.contains("ghp_"), "{shown}");
    says(&bob.lore(&["search", "whistle"]).success(), &["22222222", "Ada@ada-laptop"]);

    // Two hours later, and with news.
    ada.ask('4', "Descale it.");
    ada.ask('5', "Describe the lid.");
    ada.ask('6', "Paint it red.");
    if clock::can_be_set() {
        clock::set(&mut ada, 2 * 60 * 60 + 30);
        let screen = status("3 sessions", "2 hours ago", "in sync with origin");
        shows(&ada, &["sync", "status"], &screen);
    }
    let log = ada.lore(&["sync", "log"]).success();
    says(&log, &["WHEN", "PULLED", "PUSHED", "REMOTE", "0       3       origin"]);
    ada.verify_all();
    bob.verify_all();
}

trait VerifyAll {
    fn verify_all(&self);
}

impl VerifyAll for Machine {
    /// Store, index, sources and git agree, and nobody else sees a thing.
    fn verify_all(&self) {
        self.env.verify();
        self.git(&["fsck", "--strict"]);
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        let names = self.git(&["for-each-ref", "--format=%(refname)"]);
        let ours = |name: &&str| name.starts_with("refs/lore/");
        assert!(names.lines().any(|name| name == STORE), "{names}");
        for name in names.lines().filter(|name| !ours(name)) {
            let usual = ["refs/heads/main", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"];
            assert!(usual.contains(&name), "{names}");
        }
    }
}

#[test]
fn another_remote_can_be_used() {
    let (fork, upstream) = (Remote::new(), Remote::new());
    let ada = Machine::new("Ada", &upstream, "kettle");
    ada.set_up();
    ada.ask('1', "Why does the kettle whistle?");
    assert_eq!(ada.sync()["pushed"], 1);

    let bob = Machine::new("Bob", &fork, "tea");
    bob.git(&["remote", "add", "upstream", upstream.path()]);
    let nothing = bob.lore(&["sync"]).failure();
    says(&nothing, &["sync is not set up for this repository", "lore sync setup"]);
    let unknown = bob.lore(&["sync", "--remote", "elsewhere"]).failure();
    says(&unknown, &["no remote `elsewhere`; there are: origin, upstream", "`--remote NAME`"]);
    let input = format!("{PASSPHRASE}\n");
    let arguments = ["sync", "setup", "--remote", "upstream", "--passphrase-stdin"];
    says(&bob.answer(&arguments, &input).success(), &["Passphrase verified."]);
    shows(&bob, &["sync", "--remote", "upstream"], "Pulled 1, pushed 0\n");
    let status = bob.lore(&["sync", "status", "--remote", "upstream"]).success();
    says(&status, &["(in sync with upstream)"]);
    assert_eq!(fork.store(), None, "only the remote that was named has it");

    // A third clone, on the first machine, whose only remote has another name.
    let third = ada.env.work().join("third");
    ada.clone_to(&upstream, &third, "central");
    says(&ada.lore_in(&third, &["sync"]).success(), &["Pulled 0, pushed 0"]);
    says(&ada.lore_in(&third, &["sync", "status"]).success(), &["(in sync with central)"]);
}

#[test]
fn a_push_takes_the_sessions_along() {
    let origin = Remote::new();
    let ada = Machine::new("Ada", &origin, "kettle");
    says(&ada.lore(&["hooks", "install"]).success(), &["pre-push"]);
    // Before sync is set up, the hook does nothing.
    ada.ask('1', "Why does the kettle whistle?");
    ada.git(&["commit", "--quiet", "--allow-empty", "-m", "one"]);
    ada.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(origin.store(), None);

    ada.set_up();
    let empty = origin.store();
    ada.git(&["commit", "--quiet", "--allow-empty", "-m", "two"]);
    ada.git(&["push", "--quiet", "origin", "main"]);
    assert!(wait_until(DEADLINE, || origin.store() != empty), "nothing was synchronised");
    assert!(
        wait_until(DEADLINE, || ada.json(&["sync", "status"])["unsynced_sessions"] == 0),
        "it did not come to its end"
    );
    let bob = Machine::new("Bob", &origin, "tea");
    bob.set_up();
    assert_eq!(bob.sync()["pulled"], 1);
    assert_eq!(bob.sessions(), ["11111111"]);
    // One push of the store; it does not begin another.
    assert_eq!(ada.json(&["sync", "log"]).as_array().map(Vec::len), Some(1));
}
