//! Keys in keychains that are nobody's, on Linux and its like.

use std::process::Command;

use super::tests::{STORE, files, secret};
use super::*;

/// Set for a process that finds a keychain of its own: no test uses the person's.
const INSIDE: &str = "LORE_TEST_KEYCHAIN";

/// Runs a test in a process of its own, by this command, to which its program and name are added.
fn run_inside(mut command: Command, bus: &str, test: &str) -> (Option<i32>, String) {
    let home = tempfile::tempdir().expect("there is room for a test");
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME"] {
        command.env(name, home.path());
    }
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command.env("DBUS_SESSION_BUS_ADDRESS", bus).env(INSIDE, "1");
    let name = format!("sync_keys::keychain_tests::{test}");
    let arguments = ["--exact", &name, "--nocapture", "--test-threads=1"];
    let output = command.args(arguments).output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said.into_owned())
}

#[test]
fn a_keychain_that_does_not_answer_holds_nobody_up() {
    if std::env::var_os(INSIDE).is_some() {
        return without_a_keychain();
    }
    let directory = tempfile::tempdir().expect("there is room for a test");
    let path = directory.path().join("bus");
    // It takes calls, and says nothing.
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("it can be made");
    for (bus, there) in [("bus", true), ("none", false)] {
        let command = Command::new(std::env::current_exe().expect("it is running"));
        let bus = format!("unix:path={}", directory.path().join(bus).display());
        let test = "a_keychain_that_does_not_answer_holds_nobody_up";
        let (code, said) = run_inside(command, &bus, test);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        assert_eq!(said.contains("(it does not answer within 1 seconds)"), there, "{said}");
    }
    drop(listener);
}

fn without_a_keychain() {
    let root = tempfile::tempdir().expect("there is room for a test");
    let mut keys = files(root.path());
    keys.keychain = Some(Keychain::quiet(Duration::from_secs(1)));
    assert_eq!(keys.keep(STORE, &secret("5ec7e7")).expect("it is kept"), Kept::File);
    for _ in 0..2 {
        let (key, kept) = keys.load(STORE).expect("it can be read").expect("it is there");
        assert_eq!((key.as_str(), kept), ("5ec7e7", Kept::File));
    }
    let notes = keys.notes();
    assert_eq!(notes.len(), 2, "each is said once: {notes:?}");
    assert!(notes.iter().all(|note| !note.contains("5ec7e7")), "{notes:?}");
    println!("{notes:?}");
}

/// Linux and its like: with a bus and a keychain that are nobody's.
#[test]
fn a_real_keychain_keeps_a_key() {
    if std::env::var_os(INSIDE).is_some() {
        return in_a_real_keychain();
    }
    let there = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
    };
    if !there("dbus-run-session") || !there("gnome-keyring-daemon") {
        println!("skipped: there is no dbus-run-session or no gnome-keyring-daemon");
        return;
    }
    let begin = "printf pass | gnome-keyring-daemon --unlock --components=secrets >/dev/null \
                 || exit 77\nexec \"$0\" \"$@\"";
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", begin]);
    command.arg(std::env::current_exe().expect("it is running"));
    let (code, said) = run_inside(command, "", "a_real_keychain_keeps_a_key");
    if code == Some(77) {
        println!("skipped: gnome-keyring-daemon cannot be used: {said}");
        return;
    }
    assert!(code == Some(0) && said.contains("1 passed"), "{said}");
}

fn in_a_real_keychain() {
    let root = tempfile::tempdir().expect("there is room for a test");
    let plenty = Duration::from_secs(100);
    let mut keys = files(root.path());
    keys.keep(STORE, &secret("old")).expect("it is kept");
    for keychain in [Keychain::interactive(plenty), Keychain::quiet(plenty)] {
        keys.keychain = Some(keychain);
        for text in ["5ec7e7", "another"] {
            let kept = keys.keep(STORE, &secret(text)).expect("it is kept");
            assert_eq!(kept, Kept::Keychain, "{:?}", keys.notes());
            assert!(!keys.path(STORE).exists(), "an old key is left in the file");
            let (key, kept) = keys.load(STORE).expect("it works").expect("it is there");
            assert_eq!((key.as_str(), kept), (text, Kept::Keychain));
        }
        assert!(keys.notes().is_empty());
    }

    // Locked, it would ask: not in the background.
    keychain::lock();
    assert!(keys.load(STORE).expect("there is no file").is_none());
    assert_eq!(keys.keep(STORE, &secret("another")).expect("it is kept"), Kept::File);
    let (key, kept) = keys.load(STORE).expect("it works").expect("it is there");
    assert_eq!((key.as_str(), kept), ("another", Kept::File));
    let notes = keys.notes();
    assert!(notes.iter().all(|note| note.contains("it is locked")), "{notes:?}");
}
