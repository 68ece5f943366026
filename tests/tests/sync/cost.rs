//! What a synchronisation costs: as much as has changed.

use std::collections::BTreeMap;
use std::fs;

use lore_tests::{Machine, STORE};

use crate::two;

/// How many objects of each kind are there now and were not before.
fn added(
    before: &BTreeMap<String, String>,
    now: &BTreeMap<String, String>,
) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for (_, kind) in now.iter().filter(|(id, _)| !before.contains_key(*id)) {
        *kinds.entry(kind.clone()).or_default() += 1;
    }
    kinds
}

/// The files of the store whose content is another now.
fn changed<'n>(
    before: &BTreeMap<String, String>,
    now: &'n BTreeMap<String, String>,
) -> Vec<&'n str> {
    let differs = |(path, id): &(&String, &String)| before.get(*path) != Some(*id);
    now.iter().filter(differs).map(|(path, _)| path.rsplit('/').next().unwrap_or(path)).collect()
}

#[test]
fn one_new_message_of_a_thousand_is_one_page_and_one_head() {
    let (origin, ada, bob) = two();
    let mut session = ada.session_of('1');
    for number in 0..500 {
        session.user(&format!("Question {number} about the kettle."));
        session.assistant(&format!("Answer {number} to it."));
    }
    ada.hold(&session);
    ada.ask('2', "Does the lid close?");
    ada.sync();
    bob.sync();
    let (objects, files) = (origin.objects(), origin.files(STORE));
    assert!(files.len() > 5, "it has several pages: {files:?}");

    session.user("One more thing.");
    ada.hold(&session);
    assert_eq!(ada.sync()["pushed"], 1);
    let now = origin.files(STORE);
    let paths = changed(&files, &now);
    assert!(paths.contains(&"head") && paths.contains(&"meta") && paths.len() <= 3, "{paths:?}");
    let objects = added(&objects, &origin.objects());
    assert!(objects["blob"] <= 3 && objects["commit"] == 1, "{objects:?}");
    assert!(objects["tree"] <= 4, "{objects:?}");
    let report = bob.sync();
    assert_eq!((&report["pulled"], &report["pushed"]), (&1.into(), &0.into()));
    assert_eq!(bob.json(&["show", "1111"])["session"]["message_count"], 1001);
}

#[test]
fn nothing_changed_is_one_fetch() {
    let (origin, mut ada, mut bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    bob.ask('2', "Does the lid close?");
    for _ in 0..2 {
        ada.sync();
        bob.sync();
    }
    let state = |mate: &Machine| (mate.git(&["for-each-ref"]), mate.git(&["count-objects", "-v"]));
    for mate in [&mut ada, &mut bob] {
        let before = (state(mate), origin.objects(), origin.store());
        let calls = mate.watch_git(&[]);
        let report = mate.sync();
        let calls = fs::read_to_string(calls).expect("it was written");
        let count = |what: &str| calls.lines().filter(|call| call.contains(what)).count();
        assert_eq!((count(" fetch "), count(" push ")), (1, 0), "{calls}");
        assert_eq!((&report["pushed"], &report["objects"]), (&0.into(), &0.into()), "{report}");
        assert_eq!((state(mate), origin.objects(), origin.store()), before);
    }
}

#[test]
fn two_machines_seal_the_same_session_alike() {
    // The same file lies on both machines, as home directories do that are shared.
    let (origin, ada, bob) = two();
    let mut session = ada.session_of('1');
    for number in 0..200 {
        session.user(&format!("Question {number} about the kettle."));
        session.assistant(&format!("Answer {number} to it."));
    }
    ada.hold(&session);
    let mut copy = bob.session_of('1');
    for number in 0..200 {
        copy.user(&format!("Question {number} about the kettle."));
        copy.assistant(&format!("Answer {number} to it."));
    }
    bob.hold(&copy);

    let empty = origin.state();
    assert_eq!(ada.sync()["pushed"], 1);
    let (of_ada, first) = (origin.files(STORE), origin.objects());
    let pages = |files: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        let is_page = |path: &str| path.starts_with("sessions/") && path.len() > 80;
        files
            .iter()
            .filter(|(path, _)| is_page(path))
            .map(|(a, b)| (a.clone(), b.clone()))
            .collect()
    };
    assert!(!pages(&of_ada).is_empty(), "{of_ada:?}");

    // Bob's machine finds all of it there; after one sync of each nobody has anything to push.
    bob.sync();
    ada.sync();
    let even = origin.store();
    for _ in 0..2 {
        for mate in [&bob, &ada] {
            let report = mate.sync();
            assert_eq!((&report["pulled"], &report["pushed"]), (&0.into(), &0.into()), "{report}");
            assert_eq!(origin.store(), even);
        }
    }
    assert_eq!(pages(&origin.files(STORE)), pages(&of_ada));

    // And if Bob's is the first one, he makes the same objects.
    drop(first);
    origin.set_store(&empty);
    let carol = Machine::new("Carol", &origin, "pot");
    carol.set_up();
    let mut third = carol.session_of('1');
    for number in 0..200 {
        third.user(&format!("Question {number} about the kettle."));
        third.assistant(&format!("Answer {number} to it."));
    }
    carol.hold(&third);
    assert_eq!(carol.sync()["pushed"], 1);
    assert_eq!(pages(&origin.files(STORE)), pages(&of_ada));
}
