//! Machines that share sessions come to the same, whatever was done on each of them, in whatever
//! order, and whichever of it was killed: what a model of the rules says.
//!
//! `LORE_MODEL_CASES` is how many histories are lived through, `LORE_MODEL_SEED` the first one.

mod history;
mod model;
mod team;

use std::sync::atomic::{AtomicU64, Ordering};

use history::History;
use lore_tests::{Kill, Machine};
use team::Team;

/// Histories, operations of each, and how many are lived through at a time.
const CASES: u64 = 8;
const OPERATIONS: u64 = 45;
const AT_A_TIME: usize = 2;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn machines_come_to_the_same_whatever_happens() {
    let first = number("LORE_MODEL_SEED").unwrap_or(1);
    let cases = number("LORE_MODEL_CASES").unwrap_or(CASES);
    let next = AtomicU64::new(first);
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + cases {
                        break;
                    }
                    let mut history = History::new(seed);
                    (0..OPERATIONS).for_each(|_| history.go_on());
                    history.end();
                }
            });
        }
    });
}

/// Five rounds are enough for five machines: in each of them one is done.
#[test]
fn machines_that_sync_at_the_same_moment() {
    let mut history = History::of(0x5EED, 5);
    for _ in 0..3 {
        (0..5).for_each(|machine| history.add_to(machine));
        history.crowd();
    }
    history.end();
}

/// Whoever took a session out of the store kept the copy of it, while all others lost theirs.
#[test]
fn a_copy_goes_also_from_the_machine_that_forgets_it() {
    let team = Team::new(2);
    let [owner, other] = &team.machines[..] else { panic!("there are two") };
    share(owner, other);
    let _ = other.lore(&["sync", "forget", SESSION]).success();
    assert!(other.content().is_empty(), "the copy is there");
    let _ = owner.lore(&["sync"]).success();
    assert!(owner.content().contains_key(SESSION), "whoever captured it lost it");
    assert!(!team.has(SESSION), "the store has it");
}

/// Two machines took a session out of the store, and neither knew of the other. Each of them then told
/// its own time in the store, in place of the other's, at every sync, for ever.
#[test]
fn two_that_forget_a_session_at_once_agree() {
    let team = Team::new(2);
    let [owner, other] = &team.machines[..] else { panic!("there are two") };
    share(owner, other);
    let killed = other.killed(&["sync", "forget", SESSION], Kill::AtGit("push", "before"));
    assert_eq!(killed.code(), None, "{killed}");
    let _ = owner.lore(&["sync", "forget", SESSION]).success();
    for machine in [owner, other] {
        let _ = machine.lore(&["sync"]).success();
    }
    let store = team.store();
    for machine in [owner, other, owner] {
        let _ = machine.lore(&["sync"]).success();
        assert_eq!(team.store(), store, "it was told anew");
    }
}

/// The usage of a session that came from another machine was counted twice.
#[test]
fn a_copy_used_as_much_as_the_session() {
    let team = Team::new(2);
    let [owner, other] = &team.machines[..] else { panic!("there are two") };
    share(owner, other);
    let usage = |machine: &Machine| machine.show(SESSION)["session"]["usage"].clone();
    assert_eq!(usage(owner)["output"], 40);
    assert_eq!(usage(other), usage(owner));
}

const SESSION: &str = "c0ffee00-0000-4000-8000-00000000c0de";

/// A session of one machine comes to another.
fn share(owner: &Machine, other: &Machine) {
    let mut session = owner.session(SESSION);
    session.user("Is the kettle hot?");
    session.assistant("It is.");
    owner.env.claude_code(&session);
    for arguments in [&["import"][..], &["sync"]] {
        let _ = owner.lore(arguments).success();
    }
    let _ = other.lore(&["sync"]).success();
    assert!(other.content().contains_key(SESSION), "it did not come");
}
