//! All come to the same, whatever happens to the machines, their clocks and the remote.

use std::time::{Duration, Instant};

use lore_tests::{Machine, PASSPHRASE, Remote, STORE, wait_until};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{clock, says, two};

/// Both sync until nothing moves; then they have the same.
#[track_caller]
fn converge(origin: &Remote, mates: &[&Machine]) {
    for _ in 0..2 {
        for mate in mates {
            mate.sync();
        }
    }
    let even = origin.store();
    for mate in mates {
        assert_eq!(mate.sync()["pushed"], 0);
        assert_eq!(mate.content(), mates[0].content());
        mate.env.verify();
    }
    assert_eq!(origin.store(), even);
    origin.git(&["fsck", "--strict"]);
}

/// A line of shell that moves the store on, as somebody's push does that changes nothing else.
fn faster(origin: &Remote) -> String {
    let path = origin.path();
    format!(
        "cd '{path}' && GIT_AUTHOR_NAME=C GIT_AUTHOR_EMAIL=c@e GIT_COMMITTER_NAME=C \
         GIT_COMMITTER_EMAIL=c@e git update-ref {STORE} \
         $(git commit-tree {STORE}^{{tree}} -p {STORE} -m 'lore sync')"
    )
}

#[test]
fn others_push_at_the_same_moment() {
    let (origin, mut ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    bob.ask('2', "Does the lid close?");
    let mut between = vec![bob.line(&["sync"], "")];
    between.extend((0..3).map(|_| faster(&origin)));
    ada.watch_git(&between);
    let report = ada.sync();
    assert_eq!(report["rounds"], 5, "{report}");
    assert_eq!((&report["pulled"], &report["pushed"]), (&1.into(), &1.into()), "{report}");
    assert_eq!(ada.sessions(), ["11111111", "22222222"]);
    converge(&origin, &[&ada, &bob]);
}

#[test]
fn others_push_again_and_again() {
    let (origin, mut ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.watch_git(&vec![faster(&origin); 5]);
    let outcome = ada.lore(&["sync"]).failure();
    says(&outcome, &["others pushed to `origin` at the same moment, 5 times", "run it again"]);
    assert_eq!(ada.json(&["sync", "status"])["unsynced_sessions"], 1);
    assert_eq!(ada.sync()["pushed"], 1);
    converge(&origin, &[&ada, &bob]);
}

#[test]
fn a_machine_is_offline_for_long() {
    let (origin, ada, bob) = two();
    let mut session = ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    bob.sync();
    for number in 0..12 {
        session.user(&format!("And {number}?"));
        ada.hold(&session);
        let _ = ada.lore(&["tag", "1111", &format!("tag-{number}")]).success();
        ada.sync();
    }
    let _ = ada.lore(&["tag", "1111", "tag-3", "--remove"]).success();
    bob.ask('2', "Does the lid close?");
    let _ = bob.lore(&["tag", "1111", "offline"]).success();
    let _ = bob.lore(&["annotate", "seen from afar", "-s", "1111"]).success();
    let report = bob.sync();
    assert_eq!(report["rolled_back"], Value::Null, "{report}");
    converge(&origin, &[&ada, &bob]);
    let shown = ada.lore(&["show", "1111"]).success();
    says(&shown, &["offline", "tag-11", "seen from afar", "And 11?"]);
    assert!(!shown.stdout.contains("tag-3"), "{shown}");
}

#[test]
fn a_clock_is_ten_years_ahead() {
    if !clock::can_be_set() {
        return;
    }
    let (origin, mut ada, mut bob) = two();
    clock::set(&mut ada, 10 * 365 * 86_400);
    clock::set(&mut bob, -10 * 365 * 86_400);
    ada.ask('1', "Why does the kettle whistle?");
    let _ = ada.lore(&["tag", "1111", "steam"]).success();
    let _ = ada.lore(&["tag", "1111", "noise"]).success();
    ada.sync();
    bob.sync();
    // Bob has seen it, so what he does comes later, whatever the clocks say.
    let _ = bob.lore(&["tag", "1111", "steam", "--remove"]).success();
    bob.sync();
    ada.sync();
    for mate in [&ada, &bob] {
        says(&mate.lore(&["show", "1111"]).success(), &["Tags       noise\n"]);
    }
    let _ = ada.lore(&["tag", "1111", "steam"]).success();
    ada.sync();
    bob.sync();
    says(&bob.lore(&["show", "1111"]).success(), &["Tags       noise, steam\n"]);
    converge(&origin, &[&ada, &bob]);
    says(&bob.lore(&["sync", "status"]).success(), &["Last sync: just now"]);
    clock::set(&mut ada, 0);
    let _ = ada.lore(&["sync", "status"]).success();
}

#[test]
fn a_remote_that_was_made_anew_gets_all_back() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    bob.ask('2', "Does the lid close?");
    for mate in [&ada, &bob, &ada] {
        mate.sync();
    }
    origin.lose_everything();
    let outcome = ada.lore(&["sync"]).success();
    says(&outcome, &["has an older state than this machine has seen (the whole store)"]);
    says(&outcome, &["what is known here was put back"]);
    assert!(origin.store().is_some(), "it was put back");
    converge(&origin, &[&ada, &bob]);
    let carol = Machine::new("Carol", &origin, "pot");
    carol.set_up();
    assert_eq!(carol.sync()["pulled"], 2);
    assert_eq!(carol.content(), ada.content());
}

#[test]
fn two_set_it_up_at_once_with_the_same_passphrase() {
    let origin = Remote::new();
    let (mut ada, bob) =
        (Machine::new("Ada", &origin, "kettle"), Machine::new("Bob", &origin, "tea"));
    let setup = ["sync", "setup", "--passphrase-stdin"];
    ada.watch_git(&[bob.line(&setup, PASSPHRASE)]);
    says(&ada.set_up(), &["Somebody else made the store at the same moment.", "Run 'lore sync'"]);
    ada.ask('1', "Why does the kettle whistle?");
    bob.ask('2', "Does the lid close?");
    converge(&origin, &[&ada, &bob]);
    assert_eq!(ada.sessions(), ["11111111", "22222222"]);
}

#[test]
fn two_set_it_up_at_once_with_two_passphrases() {
    let origin = Remote::new();
    let (mut ada, bob) =
        (Machine::new("Ada", &origin, "kettle"), Machine::new("Bob", &origin, "tea"));
    ada.watch_git(&[bob.line(&["sync", "setup", "--passphrase-stdin"], PASSPHRASE)]);
    let mut terminal = ada.terminal(&["sync", "setup"]);
    for question in ["Enter passphrase: ", "Confirm passphrase: "] {
        terminal.expect(question);
        terminal.send_secret("another horse battery staple");
    }
    terminal.expect("An existing Lore store was found on the remote.");
    terminal.expect("Enter passphrase: ");
    terminal.send_secret(PASSPHRASE);
    terminal.expect("Passphrase verified. Run 'lore sync' to fetch reasoning history.");
    let _ = terminal.end().success();
    ada.ask('1', "Why does the kettle whistle?");
    bob.ask('2', "Does the lid close?");
    converge(&origin, &[&ada, &bob]);
    assert_eq!(bob.sessions(), ["11111111", "22222222"]);
}

#[test]
fn a_store_that_was_set_back_is_noticed_and_mended() {
    let (origin, ada, bob) = two();
    let mut session = ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    let old = origin.state();
    session.user("And when it is cold?");
    ada.hold(&session);
    ada.ask('2', "Does the lid close?");
    ada.sync();
    bob.sync();
    // Back to an old state, and to one without a history.
    let orphan = origin.git(&["commit-tree", &format!("{old}^{{tree}}"), "-m", "lore sync"]);
    for (state, mate) in [(&old, &ada), (&orphan, &bob)] {
        // Each machine puts its own name back.
        let files = || {
            let mut files = origin.files(STORE);
            files.remove("machines");
            files
        };
        let before = files();
        origin.set_store(state);
        let outcome = mate.lore(&["sync"]).success();
        says(
            &outcome,
            &["has an older state than this machine has seen (2 sessions less, or older)"],
        );
        says(&outcome, &["what is known here was put back"]);
        assert_eq!(files(), before);
        converge(&origin, &[&ada, &bob]);
        assert_eq!(mate.content().len(), 2);
    }
}

#[test]
fn a_foreign_object_is_left_alone() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    bob.sync();
    bob.ask('2', "Does the lid close?");
    let store = origin.state();
    let blob = origin.git(&["hash-object", "-w", "--stdin"]);
    let main = origin.git(&["rev-parse", "main"]);
    origin.git(&["tag", "-a", "-m", "one", "one", &store]);
    let tag = origin.git(&["rev-parse", "one"]);
    let before = (bob.content(), bob.git(&["rev-parse", STORE]));
    for object in [&blob, &main, &tag] {
        origin.set_store(object);
        let outcome = bob.lore(&["sync"]).failure();
        says(&outcome, &["`refs/lore/sessions` leads to", "not to a Lore store"]);
        says(&outcome, &["nothing was changed"]);
        let carol = bob.lore(&["sync", "setup"]).failure();
        says(&carol, &["not to a Lore store"]);
        assert_eq!(origin.store().as_ref(), Some(object));
        assert_eq!((bob.content(), bob.git(&["rev-parse", STORE])), before);
    }
    origin.set_store(&store);
    converge(&origin, &[&ada, &bob]);
    assert_eq!(ada.sessions(), ["11111111", "22222222"]);
}

#[test]
fn a_store_that_somebody_else_made_is_joined() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    bob.sync();
    origin.git(&["update-ref", "-d", STORE]);
    let carol = Machine::new("Carol", &origin, "pot");
    let setup = ["sync", "setup", "--passphrase-stdin"];
    let new = "quite another horse";
    let _ = carol.answer(&setup, new).success();
    carol.ask('3', "Paint it red.");
    carol.sync();
    let theirs = origin.store();
    for mate in [&ada, &bob] {
        let outcome = mate.lore(&["sync"]).failure();
        says(&outcome, &["this is another store", "`lore sync setup` joins it"]);
        assert_eq!(origin.store(), theirs);
    }
    says(&ada.answer(&setup, new).success(), &["Passphrase verified."]);
    let report = ada.sync();
    assert_eq!((&report["pulled"], &report["pushed"]), (&1.into(), &1.into()), "{report}");
    let _ = bob.answer(&setup, new).success();
    converge(&origin, &[&ada, &bob, &carol]);
    assert_eq!(carol.sessions(), ["11111111", "33333333"]);
}

/// The key of HMAC-SHA-256 for a purpose, and what it makes of a text; as `docs/sync-format.md` says.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or_default() ^ byte).collect()
    };
    let part = [&(text.len() as u64).to_le_bytes(), text].concat();
    let inner = Sha256::digest([pad(0x36), part].concat());
    Sha256::digest([&pad(0x5c)[..], &inner].concat()).to_vec()
}

/// `lore.json` of another format, as a release that has it would write it.
fn of_format(origin: &Remote, mate: &Machine, from: &str, to: &str) {
    let text = String::from_utf8(origin.file(STORE, "lore.json")).expect("it is text");
    let manifest: Value = serde_json::from_str(&text).expect("it is JSON");
    let [store, code] = ["store", "code"].map(|name| manifest[name].as_str().expect("a text"));
    let kept = std::fs::read_to_string(mate.env.archive(&format!("sync-keys/{store}.key")));
    let kept = kept.expect("the key is in a file");
    let digits = &kept.trim()[kept.trim().len() - 64..];
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a digit");
    let key: Vec<u8> = (0..64).step_by(2).map(byte).collect();
    let changed = text.replace(code, "").replacen(from, to, 1);
    assert_ne!(changed, text.replace(code, ""));
    let code = hmac(&hmac(&key, b"lore sync manifest"), changed.as_bytes());
    let code: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
    let changed = changed.replace("\"code\": \"\"", &format!("\"code\": \"{code}\""));
    origin.replace(STORE, &[("lore.json".to_owned(), Some(changed.into_bytes()))]);
}

#[test]
fn a_newer_minor_format_is_read_and_not_written() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    of_format(&origin, &ada, "\"minor\": 0\n  },", "\"minor\": 7,\n    \"more\": true\n  },");
    let newer = origin.store();
    bob.ask('2', "Does the lid close?");
    let outcome = bob.lore(&["sync"]).success();
    says(&outcome, &["format 1.7, which this lore cannot write: update lore"]);
    assert_eq!(bob.sessions(), ["11111111", "22222222"], "it was read");
    assert_eq!(origin.store(), newer, "it was not written");
}

#[test]
fn a_newer_major_format_is_refused() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    of_format(&origin, &ada, "\"major\": 1", "\"major\": 2");
    let newer = origin.store();
    bob.ask('2', "Does the lid close?");
    let outcome = bob.lore(&["sync"]).failure();
    says(&outcome, &["format 2.0, which this lore cannot read: update lore"]);
    assert_eq!(bob.sessions(), ["22222222"]);
    assert_eq!(origin.store(), newer);
}

#[test]
fn a_session_that_a_newer_release_sealed_is_left_alone() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.ask('2', "Does the lid close?");
    ada.sync();
    let files = origin.files(STORE);
    let head = files.keys().find(|path| path.contains("11111111") && path.ends_with("head"));
    let head = head.expect("the session has a head");
    let mut sealed = origin.file(STORE, head);
    sealed[2] = 9;
    origin.replace(STORE, &[(head.clone(), Some(sealed))]);
    let newer = origin.files(STORE)[head].clone();
    for mate in [&bob, &ada] {
        mate.ask('3', "Paint it red.");
        let _ = mate.lore(&["tag", "2222", "lid"]);
        let outcome = mate.lore(&["sync"]).success();
        says(
            &outcome,
            &["sessions/11/11111111", "a newer lore sealed it (version 9): update lore"],
        );
        assert_eq!(origin.files(STORE)[head], newer);
    }
    assert_eq!(bob.sessions(), ["22222222", "33333333"]);
    let _ = ada.lore(&["tag", "1111", "whistle"]).success();
    let _ = ada.lore(&["sync"]).success();
    assert_eq!(origin.files(STORE)[head], newer, "it is never rewritten");
}

#[test]
fn a_merge_that_is_killed_is_whole_or_was_never() {
    let (origin, ada, _bob) = two();
    for digit in "123456789abcdef".chars() {
        let mut session = ada.session_of(digit);
        for number in 0..60 {
            session.user(&format!("Question {number} about the kettle."));
            session.assistant(&format!("Answer {number} to it, and {}", "more ".repeat(40)));
        }
        ada.env.claude_code(&session);
    }
    let _ = ada.lore(&["import"]).success();
    ada.sync();
    let all = ada.sessions();
    let carol = Machine::new("Carol", &origin, "pot");
    carol.set_up();
    let begun = Instant::now();
    assert_eq!(carol.sync()["pulled"], 15);
    let whole = begun.elapsed();
    let mut met = 0;
    for part in 1..=6 {
        let dave = Machine::new("Dave", &origin, "cup");
        dave.set_up();
        // The store is there already.
        assert!(dave.sessions().is_empty() && dave.env.lore(&["import"]).code() == Some(0));
        let mut sync = dave.start(&["sync"]);
        let delay = whole * part / 7;
        let ended = wait_until(delay.max(Duration::from_millis(1)), || !sync.is_running());
        met += u32::from(!ended);
        sync.kill();
        let there = dave.sessions();
        assert!(there.is_empty() || there == all, "a part of it is there: {there:?}");
        dave.sync();
        assert_eq!(dave.sessions(), all);
        assert_eq!(dave.json(&["sync", "status"])["unsynced_sessions"], 0);
        dave.env.verify();
    }
    assert!(met > 0, "no sync was killed");
}

#[test]
fn a_session_that_is_kept_out_later_stays_as_it_is() {
    let (origin, ada, bob) = two();
    let mut session = ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    bob.sync();
    let _ = ada.lore(&["sync", "exclude", "1111"]).success();
    session.user("This stays here.");
    ada.hold(&session);
    let files = origin.files(STORE);
    assert_eq!(ada.sync()["pushed"], 0);
    assert_eq!(ada.json(&["sync", "status"])["unsynced_sessions"], 0);
    assert_eq!(origin.files(STORE), files);
    bob.sync();
    assert_eq!(bob.json(&["show", "1111"])["session"]["message_count"], 2);
    // What others say about it still comes here.
    let _ = bob.lore(&["tag", "1111", "steam"]).success();
    bob.sync();
    ada.sync();
    says(&ada.lore(&["show", "1111"]).success(), &["Tags       steam", "This stays here."]);
}

#[test]
fn what_a_mate_says_about_my_session_comes_to_me() {
    let (origin, ada, bob) = two();
    ada.ask('1', "Why does the kettle whistle?");
    ada.sync();
    bob.sync();
    let _ = bob.lore(&["tag", "1111", "steam"]).success();
    let _ = bob.lore(&["annotate", "It is the spout.", "-s", "1111"]).success();
    let _ = bob.lore(&["link", "1111", "--commit", "HEAD"]).success();
    bob.sync();
    assert_eq!(ada.sync()["pulled"], 1);
    let shown = ada.lore(&["show", "1111"]).success();
    says(&shown, &["Tags       steam", "It is the spout."]);
    let linked = ada.json(&["show", "--commit", "HEAD"]);
    assert_eq!(linked["sessions"][0]["session_id"], ada.session_of('1').id(), "{linked}");
    converge(&origin, &[&ada, &bob]);
}
