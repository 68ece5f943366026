//! What is said where sync cannot be, or is not to be.

use std::fs;

use lore_tests::{Machine, Remote, STORE};

use crate::{says, two};

#[test]
fn quiet_does_nothing_where_sync_is_not_set_up() {
    let origin = Remote::new();
    let ada = Machine::new("Ada", &origin, "kettle");
    ada.ask('1', "Why does the kettle whistle?");
    let silent = |arguments: &[&str]| {
        let outcome = ada.lore(arguments).success();
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
    };
    silent(&["sync", "--quiet"]);
    silent(&["sync", "--quiet", "--global"]);
    assert_eq!(ada.git(&["for-each-ref", "refs/lore"]), "");
    assert!(!ada.env.archive("sync").exists() && !ada.env.archive("sync-keys").exists());
    assert_eq!(origin.store(), None);

    // The store is there, the key is not.
    let bob = Machine::new("Bob", &origin, "tea");
    bob.set_up();
    let there = origin.store();
    silent(&["sync", "--quiet"]);
    assert_eq!(origin.store(), there);
    // And with the key, nothing is said either.
    ada.set_up();
    silent(&["sync", "--quiet"]);
    assert_eq!(bob.sync()["pulled"], 1);

    let outside = ada.lore_in(ada.env.root(), &["sync", "--quiet"]).success();
    assert_eq!(format!("{}{}", outside.stdout, outside.stderr), "");
}

#[test]
fn a_dry_run_changes_nothing_anywhere() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    let bobs = bob.ask('2', "Does the lid close?");
    let state = || {
        (origin.objects(), origin.store(), bob.env.everything(), bob.git(&["for-each-ref", STORE]))
    };
    let before = state();
    says(&bob.lore(&["sync", "--dry-run"]).success(), &["Would pull 1 session and push 1 session"]);
    let report = bob.json(&["sync", "--dry-run"]);
    assert_eq!((&report["pulled"], &report["pushed"]), (&1.into(), &1.into()), "{report}");
    assert_eq!(report["dry_run"], true);
    let short = &bobs.id()[..8];
    says(&bob.lore(&["sync", "--dry-run", "forget", short]).success(), &["Nothing was changed."]);
    assert_eq!(state(), before);
    says(&bob.lore(&["sync"]).success(), &["Pulled 1, pushed 1"]);
}

#[test]
fn programs_are_answered_in_json() {
    let (_origin, ada, bob) = two();
    ada.ask('1', "The token is ghp_0123456789abcdefghijABCDEFGHIJ012345.");
    let report = ada.sync();
    assert_eq!(report["remote"], "origin");
    assert_eq!((&report["pulled"], &report["pushed"]), (&0.into(), &1.into()));
    assert_eq!((&report["rounds"], &report["dry_run"]), (&1.into(), &false.into()));
    assert_eq!(report["masked"]["github-token"], 1);
    assert!(report["objects"].as_u64() > Some(0) && report["bytes"].as_u64() > Some(0));
    let status = ada.json(&["sync", "status"]);
    assert_eq!((&status["set_up"], &status["keyed"]), (&true.into(), &true.into()));
    assert_eq!((&status["key"], &status["remote"]), (&"file".into(), &"origin".into()));
    assert_eq!((&status["unsynced_sessions"], &status["synced_sessions"]), (&0.into(), &1.into()));
    assert_eq!(status["remote_store_exists"], true);
    assert_eq!(status["local_ref"], status["tracking_ref"]);
    assert!(status["last_sync_at"].is_string(), "{status}");
    let log = ada.json(&["sync", "log"]);
    assert_eq!((&log[0]["pushed"], &log[0]["remote"]), (&1.into(), &"origin".into()));
    assert_eq!(log[0]["at"], status["last_sync_at"]);
    let log = bob.lore(&["sync", "log"]).success();
    says(&log, &["Nothing was synchronised yet."]);
    assert_eq!(bob.json(&["sync", "log"]), serde_json::json!([]));
}

#[test]
fn what_is_kept_out_stays_here() {
    let (_origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.ask('2', "Does the lid close?");
    says(&ada.lore(&["sync", "exclude", "1111"]).success(), &["Session 11111111 is kept out"]);
    says(&ada.lore(&["sync", "exclude", "1111"]).success(), &["is kept out already"]);
    assert_eq!(ada.sync()["pushed"], 1);
    bob.sync();
    assert_eq!(bob.sessions(), ["22222222"]);

    says(&bob.lore(&["sync", "exclude", "--repo"]).success(), &["This repository is kept out"]);
    bob.ask('3', "Paint it red.");
    assert_eq!(bob.sync()["pushed"], 0);
    says(&bob.lore(&["sync", "exclude", "--repo", "--remove"]).success(), &["is shared again"]);
    says(&bob.lore(&["sync", "exclude", "--repo", "--remove"]).success(), &["was not kept out"]);
    assert_eq!(bob.sync()["pushed"], 1);
    let _ = ada.lore(&["sync", "exclude", "1111", "--remove"]).success();
    let report = ada.sync();
    assert_eq!((&report["pulled"], &report["pushed"]), (&1.into(), &1.into()));
    assert_eq!(bob.sync()["pulled"], 1);
    assert_eq!(bob.sessions(), ["11111111", "22222222", "33333333"]);
}

#[test]
fn what_is_forgotten_is_gone_for_everyone() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.ask('2', "Does the lid close?");
    ada.sync();
    bob.sync();
    let says_it = ada.lore(&["sync", "forget", "1111"]).success();
    says(&says_it, &["Forgot 11111111: it is no longer on origin."]);
    assert!(origin.files(STORE).keys().all(|path| !path.contains("11111111")));
    assert_eq!(origin.git(&["rev-list", "--count", STORE]), "1", "its history went as well");
    assert_eq!(bob.sync()["pulled"], 1);
    assert_eq!(bob.sessions(), ["22222222"]);
    says(&bob.lore(&["search", "whistle"]), &["Nothing found."]);
    // Whoever held it keeps it, and it is not shared again.
    let mut more = ada.session_of('1');
    more.user("Why does the kettle whistle?");
    more.assistant("It is done.");
    more.user("Really?");
    ada.hold(&more);
    assert_eq!(ada.sync()["pushed"], 0);
    assert_eq!(ada.sessions(), ["11111111", "22222222"]);
    assert_eq!(ada.json(&["sync", "status"])["unsynced_sessions"], 0);
    bob.env.verify();
}

#[test]
fn without_a_repository_or_remote_the_way_out_is_told() {
    let (_origin, ada, _bob) = two();
    for arguments in [&["sync"][..], &["sync", "setup"], &["sync", "status"], &["sync", "log"]] {
        let nowhere = ada.lore_in(ada.env.root(), arguments).failure();
        says(&nowhere, &["hint:", "inside of the repository", "--global"]);
    }
    let alone = ada.env.work().join("alone");
    fs::create_dir(&alone).expect("there is room for a test");
    let mut git = ada.env.other("git");
    assert!(git.args(["init", "--quiet"]).current_dir(&alone).status().expect("git").success());
    let lonely = ada.lore_in(&alone, &["sync", "setup"]).failure();
    says(&lonely, &["no remote `origin`; there are none", "`git remote add origin URL` adds one"]);

    ada.git(&["remote", "set-url", "origin", "/nowhere/kettle.git"]);
    let away = ada.lore(&["sync"]).failure();
    says(&away, &["git cannot fetch from the remote `origin`", "`git ls-remote origin`"]);
    // Status asks no remote.
    says(&ada.lore(&["sync", "status"]).success(), &["Store: set up", "Key: stored (file)"]);
}

#[test]
fn set_up_twice_is_set_up() {
    let (origin, ada, bob) = two();
    let there = origin.store();
    for mate in [&ada, &bob] {
        let again = mate.lore(&["sync", "setup"]).success();
        assert_eq!(again.stdout, "Sync is set up already; the key is stored (file).\n");
    }
    assert_eq!(origin.store(), there);
}
