//! An import that is killed at any moment loses nothing and doubles nothing.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use lore_tests::{Archive, ClaudeCode, Random, TestEnv, Truth, wait_until};
use serde_json::Value;

/// Kills in all, and in one archive.
const KILLS: u32 = 50;
const KILLS_OF_ONE_ARCHIVE: u32 = 10;

/// Some sessions that say much the same.
fn archive(seed: u64) -> Archive {
    Archive { sessions: 4, turns: 40, seed }
}

/// The messages that a query finds, by id, and the text around.
fn found(env: &TestEnv, query: &str) -> BTreeMap<String, Value> {
    let answer = env.json(&["search", query, "--limit", "100000", "-C", "0"]);
    let sessions = answer["sessions"].as_array().expect("a list").iter();
    let matches = sessions.flat_map(|session| session["matches"].as_array().expect("a list"));
    matches
        .map(|found| {
            let id = found["message"]["id"].as_str().expect("a message has an id");
            (id.to_owned(), found["message"].clone())
        })
        .collect()
}

#[test]
fn kill_9_at_any_moment() {
    let mut met = 0;
    for round in 0..KILLS / KILLS_OF_ONE_ARCHIVE {
        let seed = 0x1_0000 + u64::from(round);
        println!("archive of seed {seed:#x}");
        let mut random = Random::new(seed);
        let (calm, killed) = (TestEnv::new(), TestEnv::new());
        let mut truth = Truth::default();
        for kill in 0..KILLS_OF_ONE_ARCHIVE {
            // There is something new at every turn, and at some everything is read again.
            let archive = archive(random.below(0x1_0000));
            let more = archive.write(&calm);
            archive.write(&killed);
            truth.messages += more.messages;
            truth.phrase.extend(more.phrase);
            let arguments: &[&str] =
                if kill % 3 == 2 { &["import", "--force"] } else { &["import"] };

            let begun = Instant::now();
            calm.lore(arguments).success();
            let whole = u64::try_from(begun.elapsed().as_micros()).expect("an import ends");

            let delay = Duration::from_micros(random.below(whole));
            let mut import = killed.start(arguments);
            let ended = wait_until(delay, || !import.is_running());
            met += u32::from(!ended);
            import.kill();
        }

        killed.lore(&["import"]).success();
        let verification = killed.verify();
        assert_eq!(verification["messages"], truth.messages);
        assert_eq!(verification["indexed_messages"], truth.messages);
        assert_eq!(killed.everything(), calm.everything());
        for query in ["\"quartz nebula\"", "zyzzyvaunique", "vermilionmark", "tool:codex kettle"] {
            assert_eq!(found(&killed, query), found(&calm, query), "{query}");
        }
        assert_eq!(found(&killed, "\"quartz nebula\"").len(), truth.phrase.len());
    }
    println!("{met} of {KILLS} imports were killed while they ran");
    assert!(met >= KILLS / 2, "only {met} of {KILLS} imports were killed while they ran");
}

/// A session is there as a whole or gone as a whole, from the index too, whenever a deletion is killed;
/// in the end all are gone, and stay away.
#[test]
fn a_deletion_that_is_killed() {
    let env = TestEnv::new();
    archive(0x2_0000).write(&env);
    env.lore(&["import"]).success();
    let mut random = Random::new(0x2_0000);
    let mut whole = Duration::from_millis(200);
    let mut left = env.everything();
    while let Some(session) = left.first() {
        let id = session["session"]["id"].as_str().expect("a session has an id").to_owned();
        let delay = Duration::from_micros(
            random.below(u64::try_from(whole.as_micros()).expect("a deletion ends")),
        );
        let mut deletion = env.start(&["delete", &id, "--force"]);
        let _ = wait_until(delay, || !deletion.is_running());
        deletion.kill();

        let verification = env.verify();
        let now = env.everything();
        let is_it = |session: &Value| session["session"]["id"] == id.as_str();
        let others: Vec<Value> = left.iter().filter(|session| !is_it(session)).cloned().collect();
        assert!(now == left || now == others, "something else is gone than {id}, or a part of it");
        assert_eq!(verification["messages"], verification["indexed_messages"]);
        // One that was killed too early is tried again with more time.
        whole = if now == left { whole * 2 } else { whole };
        left = now;
    }
    env.lore(&["import", "--force"]).success();
    assert!(env.everything().is_empty());
    env.verify();
}

/// A daemon was killed while it committed to the index: it had written which messages a segment no longer
/// has, and not yet the list of segments. Whoever came next made the same commit, whose files have the
/// same names, could not create them, and failed each time.
#[test]
fn files_of_a_commit_that_was_interrupted_are_in_nobodys_way() {
    let env = TestEnv::new();
    let mut session = ClaudeCode::new("aaaa0000-0000-4000-8000-00000000000a");
    session.user("Where is the quartz?");
    env.claude_code(&session);
    env.lore(&["import"]).success();

    let index = env.archive("index-v2");
    let segments = fs::read_to_string(index.join("meta.json")).expect("there is an index");
    let segments: Value = serde_json::from_str(&segments).expect("it is JSON");
    let last = segments["opstamp"].as_u64().expect("a number");
    let segment = segments["segments"][0]["segment_id"].as_str().expect("a name").replace('-', "");
    for next in last + 1..last + 100 {
        fs::write(index.join(format!("{segment}.{next}.del")), "half").expect("there is room");
    }
    fs::write(index.join(".new-list"), "half").expect("there is room");

    session.user("Here is the quartz.");
    env.claude_code(&session);
    env.lore(&["import"]).success();
    assert_eq!(env.json(&["search", "quartz"])["total_matches"], 2);
    assert!(!index.join(".new-list").exists(), "it is left");
    env.verify();
}
