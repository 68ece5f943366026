//! Where passphrases come from, and which are taken.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use lore_tests::{Machine, PASSPHRASE, Remote};

use crate::says;

fn ada() -> (Remote, Machine) {
    let origin = Remote::new();
    let ada = Machine::new("Ada", &origin, "kettle");
    (origin, ada)
}

#[test]
fn a_new_one_is_long_enough_and_typed_twice_alike() {
    let (origin, ada) = ada();
    let mut terminal = ada.terminal(&["sync", "setup"]);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret("short");
    terminal.expect("A passphrase needs at least 8 characters.");
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Confirm passphrase: ");
    terminal.send_secret("copper lantern flies over meadows");
    terminal.expect("The passphrases differ.");
    assert_eq!(origin.store(), None);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Confirm passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Store created.");
    let screen = terminal.end().success();
    assert!(!screen.stdout.contains("lantern"), "{screen}");

    let again = ada.answer(&["sync", "setup"], "").success();
    says(&again, &["Sync is set up already; the key is stored (file)."]);
}

#[test]
fn nobody_is_asked_for_ever() {
    let (origin, ada) = ada();
    let mut terminal = ada.terminal(&["sync", "setup"]);
    for _ in 0..3 {
        terminal.expect("Enter passphrase: ");
        terminal.send_secret("short");
    }
    terminal.expect("error: no passphrase after 3 tries");
    assert_eq!(terminal.end().code(), Some(1));
    assert_eq!(origin.store(), None);
}

#[test]
fn whoever_joins_may_try_three_times() {
    let (origin, ada) = ada();
    ada.set_up();
    let bob = Machine::new("Bob", &origin, "tea");
    let mut terminal = bob.terminal(&["sync", "setup"]);
    for _ in 0..2 {
        terminal.expect("Enter passphrase: ");
        terminal.send_secret("wrong horse battery");
        terminal.expect("That is not the passphrase of the store.");
    }
    terminal.expect("Enter passphrase: ");
    terminal.send_secret("wrong horse battery");
    terminal.expect("error: the passphrase is not that of the store");
    assert_eq!(terminal.end().code(), Some(1));
    says(&bob.lore(&["sync", "status"]).success(), &["Key: not stored"]);
    says(
        &bob.lore(&["sync"]).failure(),
        &["the key of the store is not on this machine", "`lore sync setup` asks"],
    );

    let mut terminal = bob.terminal(&["sync", "setup"]);
    terminal.expect("Enter passphrase: ");
    terminal.send_secret("wrong horse battery");
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Passphrase verified.");
    let _ = terminal.end().success();
}

#[test]
fn a_weak_one_is_warned_about() {
    let (_origin, ada) = ada();
    let outcome = ada.answer(&["sync", "setup", "--passphrase-stdin"], "password1\n").success();
    says(&outcome, &["Store created."]);
    says(&outcome, &["warning: this passphrase is easy to guess"]);
    assert!(!outcome.stderr.contains("password1"), "{outcome}");
}

#[test]
fn it_comes_from_a_file() {
    let (origin, mut ada) = ada();
    let file = ada.env.write("pass.txt", format!("{PASSPHRASE}\nnot this\n"));
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it is ours");
    let path = file.to_str().expect("it is text").to_owned();
    ada.variables.push(("LORE_PASSPHRASE_FILE".to_owned(), path));
    let outcome = ada.lore(&["sync", "setup"]).success();
    says(&outcome, &["Store created."]);
    assert_eq!(outcome.stderr, "");

    let mut bob = Machine::new("Bob", &origin, "tea");
    let path = bob.env.write("pass.txt", "wrong horse battery\n");
    bob.variables.push(("LORE_PASSPHRASE_FILE".to_owned(), path.display().to_string()));
    let wrong = bob.lore(&["sync", "setup"]).failure();
    says(&wrong, &["warning: others can use the file", "not that of the store"]);
    fs::write(&path, "\n").expect("it is ours");
    says(&bob.lore(&["sync", "setup"]).failure(), &["has no passphrase in its first line"]);
    fs::remove_file(&path).expect("it is ours");
    says(&bob.lore(&["sync", "setup"]).failure(), &["cannot read the passphrase in"]);
    fs::write(&path, PASSPHRASE).expect("it is ours");
    says(&bob.lore(&["sync", "setup"]).success(), &["Passphrase verified."]);
}

#[test]
fn it_comes_from_standard_input() {
    let (origin, ada) = ada();
    let arguments = ["sync", "setup", "--passphrase-stdin"];
    says(&ada.answer(&arguments, "").failure(), &["standard input has no passphrase"]);
    says(&ada.answer(&arguments, "short\n").failure(), &["needs at least 8 characters"]);
    assert_eq!(origin.store(), None);
    says(&ada.answer(&arguments, &format!("{PASSPHRASE}\r\n")).success(), &["Store created."]);
    let bob = Machine::new("Bob", &origin, "tea");
    says(&bob.answer(&arguments, "wrong horse battery\n").failure(), &["not that of the store"]);
    says(&bob.answer(&arguments, PASSPHRASE).success(), &["Passphrase verified."]);
}

#[test]
fn without_a_terminal_the_three_ways_are_told() {
    let (origin, ada) = ada();
    let ways = ["run this at a terminal", "--passphrase-stdin", "LORE_PASSPHRASE_FILE"];
    says(&ada.lore(&["sync", "setup"]).failure(), &ways);
    assert_eq!(origin.store(), None);
    ada.set_up();
    let bob = Machine::new("Bob", &origin, "tea");
    says(&bob.lore(&["sync", "setup"]).failure(), &ways);
}
