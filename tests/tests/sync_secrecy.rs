//! What a store, its repositories and its machines tell to whoever may not know: nothing beyond the
//! plain list, and neither passphrase nor key.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lore_tests::{Machine, Outcome, Remote, STORE};
use serde_json::Value;

const FIRST: &str = "11111111-0000-4000-8000-000000000001";
const SECOND: &str = "22222222-0000-4000-8000-000000000002";
const LAST: &str = "33333333-0000-4000-8000-000000000003";

/// Stands in everything that is secret: text, notes, tags, paths, names.
const SECRET: &str = "zyzzyva";
/// Stands in the names of branches.
const BRANCH: &str = "quuxbranch";

const PASSPHRASES: [&str; 4] = [
    "plover orchard Lantern 71",
    "gravel sextant Ferry 58",
    "walnut hinge Comet 934",
    "not it at all 12",
];

/// The commands of a test, and all that they printed.
#[derive(Default)]
struct Printed {
    said: RefCell<String>,
}

impl Printed {
    fn note(&self, outcome: Outcome) -> Outcome {
        self.said.borrow_mut().push_str(&format!("{}{}", outcome.stdout, outcome.stderr));
        outcome
    }

    #[track_caller]
    fn run(&self, machine: &Machine, arguments: &[&str]) -> Outcome {
        self.note(machine.lore(arguments)).success()
    }

    #[track_caller]
    fn refused(&self, machine: &Machine, arguments: &[&str]) -> Outcome {
        self.note(machine.lore(arguments)).failure()
    }

    fn asked(&self, machine: &Machine, arguments: &[&str], passphrase: &str) -> Outcome {
        self.note(machine.answer(arguments, &format!("{passphrase}\n")))
    }
}

const SET_UP: [&str; 3] = ["sync", "setup", "--passphrase-stdin"];

/// Three sessions on Ada's machine, which Bob has as well; notes, tags and summaries of both.
fn work(printed: &Printed, ada: &Machine, bob: &Machine) {
    for (machine, name) in [(ada, "Ada"), (bob, "Bob")] {
        printed.run(machine, &["config", "set", "machine_name", &format!("{SECRET}{name}")]);
        printed.run(machine, &["config", "set", "sync_name", &format!("{SECRET} {name}")]);
    }
    for id in [FIRST, SECOND] {
        capture(ada, id);
    }
    printed.run(ada, &["import"]);
    printed.asked(ada, &SET_UP, PASSPHRASES[0]).success();
    printed.run(ada, &["tag", FIRST, &format!("{SECRET}-tag")]);
    printed.run(ada, &["annotate", "-s", FIRST, &format!("because {SECRET} said so")]);
    printed.run(ada, &["summarize", SECOND, &format!("About {SECRET}")]);
    printed.run(ada, &["sync"]);
    printed.asked(bob, &SET_UP, PASSPHRASES[3]).failure();
    printed.asked(bob, &SET_UP, PASSPHRASES[0]).success();
    printed.run(bob, &["sync"]);
    printed.run(bob, &["tag", SECOND, &format!("{SECRET}-of-bob")]);
    printed.run(bob, &["sync", "--format", "json"]);
    printed.run(ada, &["sync", "status"]);
    printed.run(ada, &["sync", "log"]);
    printed.run(ada, &["sync"]);
}

fn capture(machine: &Machine, id: &str) {
    let top = machine.clone.join(format!("{SECRET}dir"));
    let file = top.join(format!("{SECRET}.rs"));
    let outside = machine.env.home().join(format!("{SECRET}-elsewhere"));
    let (file, outside) = (file.to_string_lossy(), outside.to_string_lossy());
    let mut session = machine.session(id).branch(BRANCH);
    session.title(&format!("The {SECRET}"));
    for number in 0..30 {
        session.user(&format!("{number}: what about {SECRET} in {file}? ").repeat(80));
        session.assistant(&format!("It is {SECRET}{number}, see {outside}"));
    }
    session.edit(&file, &format!("{SECRET}1"), &format!("{SECRET}2"));
    session.bash(&format!("cat {outside}"), SECRET, false);
    machine.env.claude_code(&session);
}

/// All objects that git has, in one piece.
fn objects(machine: &Machine) -> Vec<u8> {
    machine.bytes(&["cat-file", "--batch-all-objects", "--batch"])
}

/// All that is reachable from the store.
fn reachable(remote: &Remote) -> (BTreeSet<String>, Vec<u8>) {
    let listed = remote.bytes(&["rev-list", "--objects", "--no-object-names", STORE]);
    let contents = remote.feed(&["cat-file", "--batch"], &listed);
    let ids = String::from_utf8(listed).expect("ids");
    (ids.lines().map(str::to_owned).collect(), contents)
}

fn find(haystack: &[u8], needle: &[u8]) -> bool {
    let first = needle[0];
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[track_caller]
fn assert_without(what: &str, bytes: &[u8], needles: &[&[u8]]) {
    let lower = bytes.to_ascii_lowercase();
    for needle in needles {
        let found = find(bytes, needle) || find(&lower, &needle.to_ascii_lowercase());
        assert!(!found, "{what} holds `{}`", String::from_utf8_lossy(needle));
    }
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.expect("an entry").path();
        match path.is_dir() && !path.is_symlink() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found
}

/// The keys of a machine, as they stand in their file and as they are used.
fn keys(machine: &Machine) -> (PathBuf, Vec<Vec<u8>>) {
    let directory = machine.env.archive("sync-keys");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&directory), 0o700);
    let paths = files(&directory);
    assert_eq!(paths.len(), 1, "{paths:?}");
    assert_eq!(mode(&paths[0]), 0o600);
    let text = fs::read_to_string(&paths[0]).expect("it can be read");
    let digits = text.trim().strip_prefix("lore-sync-1:").expect("keys").as_bytes().to_vec();
    let mut forms = Vec::new();
    for key in digits.chunks(64) {
        let byte = |pair: &[u8]| {
            u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("digits")
        };
        forms.push(key.to_vec());
        forms.push(key.chunks(2).map(byte).collect());
    }
    (paths[0].clone(), forms)
}

/// Neither passphrases nor keys stand anywhere but in the files of keys.
#[track_caller]
fn assert_keys_are_kept(printed: &Printed, remote: &Remote, machines: &[&Machine]) {
    let kept: Vec<(PathBuf, Vec<Vec<u8>>)> = machines.iter().map(|machine| keys(machine)).collect();
    let mut needles: Vec<&[u8]> = PASSPHRASES.iter().map(|text| text.as_bytes()).collect();
    needles.extend(kept.iter().flat_map(|(_, forms)| forms).map(Vec::as_slice));
    assert_without("what was printed", printed.said.borrow().as_bytes(), &needles);
    for machine in machines {
        assert_without("a clone", &objects(machine), &needles);
        for path in files(machine.env.root()) {
            if kept.iter().all(|(file, _)| *file != path) {
                let bytes = fs::read(&path).unwrap_or_default();
                assert_without(&path.display().to_string(), &bytes, &needles);
            }
        }
        assert!(machine.env.archive("lore.db").exists());
    }
    let all = remote.bytes(&["cat-file", "--batch-all-objects", "--batch"]);
    assert_without("the remote", &all, &needles);
    for path in files(Path::new(remote.path())) {
        assert_without("the remote's files", &fs::read(path).expect("a file"), &needles);
    }
}

/// What git knows of a clone that is not Lore's.
fn state(machine: &Machine) -> Vec<String> {
    let git = machine.clone.join(".git");
    let read =
        |path: PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let mut state = vec![
        machine.git(&["status", "--porcelain=v2", "--branch", "--ignored"]),
        machine.git(&["for-each-ref", "--exclude=refs/lore/"]),
        machine.git(&["stash", "list"]),
        machine.git(&["config", "--list", "--show-scope"]),
        read(git.join("config")),
        read(git.join("FETCH_HEAD")),
        read(git.join("HEAD")),
        read(git.join("shallow")),
    ];
    for directory in ["logs", "hooks", "info"] {
        for path in files(&git.join(directory)) {
            state.push(format!("{}: {}", path.display(), read(path.clone())));
        }
    }
    let mut top: Vec<_> = fs::read_dir(&machine.clone).expect("a clone").collect();
    top.sort_by_key(|entry| entry.as_ref().map(fs::DirEntry::file_name).ok());
    state.push(format!("{top:?}"));
    state
}

#[test]
fn a_store_tells_no_more_than_the_plain_list() {
    let (remote, printed) = (Remote::new(), Printed::default());
    let machine = |name| Machine::new(name, &remote, "kettle");
    let (ada, bob, plain) = (machine("Zyzzyva Ada"), machine("Zyzzyva Bob"), machine("Zyzzyva Cy"));
    let before: Vec<_> = [&ada, &bob, &plain].map(state).into();
    work(&printed, &ada, &bob);

    let roots = [&ada, &bob].map(|machine| machine.env.root().to_string_lossy().into_owned());
    let mut needles: Vec<&[u8]> = vec![SECRET.as_bytes(), b"elsewhere"];
    needles.extend(roots.iter().map(String::as_bytes));
    // What the archives hold can be found by the same means.
    let shown = printed.run(&bob, &["show", FIRST]).stdout;
    assert!(find(shown.as_bytes(), SECRET.as_bytes()));
    let all = remote.bytes(&["cat-file", "--batch-all-objects", "--batch"]);
    assert!(find(&all, b"lore.json"));
    assert_without("the remote", &all, &needles);
    for path in files(Path::new(remote.path())) {
        let bytes = fs::read(&path).expect("a file");
        assert_without(&path.display().to_string(), &bytes, &[SECRET.as_bytes()]);
    }

    let store = remote.state();
    let mut metas = 0;
    for (path, _) in remote.files(&store) {
        let bytes = remote.file(&store, &path);
        if path.ends_with("/meta") {
            metas += 1;
            let meta: Value = serde_json::from_slice(&bytes).expect("JSON");
            let names: BTreeSet<&str> =
                meta.as_object().expect("an object").keys().map(String::as_str).collect();
            let expected = [
                "id",
                "tool",
                "started_at",
                "ended_at",
                "message_count",
                "machine_id",
                "git_branch",
            ];
            assert_eq!(names, expected.into(), "{meta}");
            assert_eq!(meta["git_branch"], BRANCH);
            assert!(path.contains(meta["id"].as_str().expect("an id")));
        } else if path != "lore.json" {
            assert_without(&path, &bytes, &[BRANCH.as_bytes(), b"claude", FIRST.as_bytes()]);
            assert!(bytes.starts_with(b"LS\x01"), "{path} is not sealed");
        }
    }
    assert_eq!(metas, 2);
    // Who pushes, and when, stands nowhere either.
    let commit = remote.git(&["cat-file", "commit", &store]);
    assert!(commit.contains("author Lore <lore@localhost> 0 +0000"), "{commit}");

    plain.git(&["pull", "-q", "--ff-only"]);
    for (machine, before) in [(&ada, &before[0]), (&bob, &before[1])] {
        assert_eq!(&state(machine), before, "a clone was changed");
        machine.git(&["fsck", "--full", "--strict"]);
    }
    for (now, before) in state(&plain).iter().zip(&before[2]) {
        // What it fetched.
        if !now.contains("branch 'main' of") {
            assert_eq!(now, before, "a clone without Lore sees it");
        }
    }
    assert_eq!(plain.git(&["for-each-ref", "refs/lore"]), "");
    assert_without("a clone without Lore", &objects(&plain), &[b"lore sync"]);
    remote.git(&["fsck", "--full", "--strict"]);
    assert_keys_are_kept(&printed, &remote, &[&ada, &bob]);
}

#[test]
fn a_store_with_hidden_metadata_tells_nothing() {
    let (remote, printed) = (Remote::new(), Printed::default());
    let (ada, bob) =
        (Machine::new("Ada", &remote, "kettle"), Machine::new("Bob", &remote, "kettle"));
    printed.run(&ada, &["config", "set", "sync_hide_metadata", "true"]);
    work(&printed, &ada, &bob);
    let machines = [&ada, &bob].map(|machine| {
        let id = machine.env.json(&["config", "get", "machine_id"]);
        id["value"].as_str().expect("an id").to_owned()
    });
    let mut needles: Vec<&[u8]> = vec![SECRET.as_bytes(), BRANCH.as_bytes(), b"claude", b"2026-"];
    needles.extend([FIRST, SECOND].map(str::as_bytes));
    needles.extend(machines.iter().map(String::as_bytes));
    let all = remote.bytes(&["rev-list", "--objects", STORE]);
    assert_without("the names", &all, &needles);
    let (_, contents) = reachable(&remote);
    assert_without("the store", &contents, &needles);
    let everything = remote.bytes(&["cat-file", "--batch-all-objects", "--batch"]);
    assert_without("the remote", &everything, &[SECRET.as_bytes(), BRANCH.as_bytes(), b"claude"]);
    remote.git(&["fsck", "--full", "--strict"]);
    assert_keys_are_kept(&printed, &remote, &[&ada, &bob]);
}

/// A store that was plain at first: what cannot be read any more keeps nothing in the clear either.
#[test]
fn hiding_leaves_nothing_in_the_clear() {
    let (remote, printed) = (Remote::new(), Printed::default());
    let (ada, bob) =
        (Machine::new("Ada", &remote, "kettle"), Machine::new("Bob", &remote, "kettle"));
    work(&printed, &ada, &bob);
    let damaged = format!("sessions/22/{SECOND}/head");
    remote.replace(&remote.state(), &[(damaged, Some(b"damaged".to_vec()))]);
    printed.run(&bob, &["config", "set", "sync_hide_metadata", "true"]);
    printed.run(&bob, &["sync"]);
    printed.run(&ada, &["sync"]);
    let (_, contents) = reachable(&remote);
    let needles = [FIRST.as_bytes(), SECOND.as_bytes(), BRANCH.as_bytes(), b"claude"];
    assert_without("the store", &contents, &needles);
    let names = remote.bytes(&["rev-list", "--objects", STORE]);
    assert_without("the names", &names, &needles);
    let new = Machine::new("Eli", &remote, "kettle");
    printed.asked(&new, &SET_UP, PASSPHRASES[0]).success();
    assert_eq!(new.sync()["pulled"], 2);
    remote.git(&["fsck", "--full", "--strict"]);
}

#[test]
fn what_is_forgotten_is_not_in_the_store_any_more() {
    let (remote, printed) = (Remote::new(), Printed::default());
    let (ada, bob) =
        (Machine::new("Ada", &remote, "kettle"), Machine::new("Bob", &remote, "kettle"));
    work(&printed, &ada, &bob);
    let store = remote.state();
    let of_it = remote.files(&store).into_iter().filter(|(path, _)| path.contains(FIRST));
    let of_it: Vec<String> = of_it.map(|(_, id)| id).collect();
    assert!(of_it.len() >= 4, "{of_it:?}");
    printed.run(&bob, &["sync", "forget", FIRST]);
    for machine in [&ada, &bob] {
        printed.run(machine, &["sync"]);
        let (there, contents) = reachable(&remote);
        assert!(!of_it.iter().any(|id| there.contains(id)), "it is still there");
        assert_without("the store", &contents, &[FIRST.as_bytes()]);
        for reference in machine.git(&["for-each-ref", "--format=%(refname)"]).lines() {
            let objects = machine.git(&["rev-list", "--objects", reference]);
            assert!(!of_it.iter().any(|id| objects.contains(id.as_str())), "{reference} has it");
        }
        machine.git(&["fsck", "--full", "--strict"]);
    }
    // Who captured it keeps it.
    assert!(printed.run(&ada, &["show", FIRST]).stdout.contains(SECRET));
    printed.refused(&bob, &["show", FIRST]);
    remote.git(&["fsck", "--full", "--strict"]);
}

#[test]
fn a_new_key_locks_out_who_has_only_the_old_one() {
    let (remote, printed) = (Remote::new(), Printed::default());
    let (ada, bob) =
        (Machine::new("Ada", &remote, "kettle"), Machine::new("Bob", &remote, "kettle"));
    work(&printed, &ada, &bob);

    // Another passphrase alone: whoever has the key goes on.
    let rekey = ["sync", "rekey", "--passphrase-stdin"];
    printed.asked(&ada, &rekey, PASSPHRASES[1]).success();
    printed.run(&bob, &["tag", FIRST, "after"]);
    printed.run(&bob, &["sync"]);
    let late = Machine::new("Eli", &remote, "kettle");
    printed.asked(&late, &SET_UP, PASSPHRASES[0]).failure();
    printed.asked(&late, &SET_UP, PASSPHRASES[1]).success();
    assert_eq!(late.sync()["pulled"], 2);

    let rekey = ["sync", "rekey", "--new-data-key", "--passphrase-stdin"];
    printed.asked(&ada, &rekey, PASSPHRASES[2]).success();
    capture(&ada, LAST);
    printed.run(&ada, &["import"]);
    printed.run(&ada, &["tag", FIRST, "secret-since"]);
    printed.run(&ada, &["sync"]);
    // All that says something new is sealed with the second key.
    let store = remote.state();
    for (path, _) in remote.files(&store) {
        let name = path.rsplit('/').next().expect("a name");
        if name != "meta" && name != "lore.json" && (name.len() < 32 || path.contains(LAST)) {
            assert_eq!(remote.file(&store, &path)[3..7], 2_u32.to_le_bytes(), "{path}");
        }
    }
    printed.run(&bob, &["annotate", "-s", SECOND, "still here"]);
    let refused = printed.refused(&bob, &["sync"]);
    assert!(refused.stderr.contains("`lore sync setup`"), "{refused}");
    assert_eq!(remote.state(), store);
    printed.refused(&bob, &["show", LAST]);
    let shown = printed.run(&bob, &["show", FIRST]).stdout;
    assert!(!shown.contains("secret-since"), "{shown}");
    printed.asked(&bob, &SET_UP, PASSPHRASES[1]).failure();
    printed.refused(&bob, &["sync"]);
    printed.asked(&bob, &SET_UP, PASSPHRASES[2]).success();
    printed.run(&bob, &["sync"]);
    assert!(printed.run(&bob, &["show", LAST]).stdout.contains(SECRET));
    assert!(printed.run(&bob, &["show", FIRST]).stdout.contains("secret-since"));
    printed.run(&ada, &["sync"]);
    assert!(printed.run(&ada, &["show", SECOND]).stdout.contains("still here"));
    for machine in [&ada, &bob] {
        machine.git(&["fsck", "--full", "--strict"]);
        machine.env.verify();
    }
    remote.git(&["fsck", "--full", "--strict"]);
    assert_keys_are_kept(&printed, &remote, &[&ada, &bob, &late]);
}
