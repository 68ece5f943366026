//! An import that is killed at any moment loses nothing and doubles nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lore_tests::{Archive, Random, TestEnv};
use serde_json::Value;

/// Kills in all, and in one archive.
const KILLS: u32 = 50;
const KILLS_OF_ONE_ARCHIVE: u32 = 10;

/// Sessions that say much the same, of different length.
fn archive(seed: u64) -> Archive {
    Archive { sessions: 24, turns: 30, seed }
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
    for round in 0..KILLS / KILLS_OF_ONE_ARCHIVE {
        let seed = 0x1_0000 + u64::from(round);
        println!("archive of seed {seed:#x}");
        let mut random = Random::new(seed);
        let (calm, killed) = (TestEnv::new(), TestEnv::new());
        let truth = archive(seed).write(&calm);
        archive(seed).write(&killed);

        calm.lore(&["import"]).success();
        // The first one compiles the plugins, those that are killed do not.
        let begun = Instant::now();
        calm.lore(&["import", "--force"]).success();
        let whole = u64::try_from(begun.elapsed().as_micros()).expect("an import ends");

        let mut was_running = 0;
        for kill in 0..KILLS_OF_ONE_ARCHIVE {
            // Every other import begins from nothing, so that the early moments are met as well.
            let arguments: &[&str] =
                if kill % 2 == 0 { &["import", "--force"] } else { &["import"] };
            let delay = Duration::from_micros(random.below(whole + whole / 4));
            let begun = Instant::now();
            let mut import = killed.start(arguments);
            while import.is_running() && begun.elapsed() < delay {
                std::thread::sleep(Duration::from_micros(200));
            }
            was_running += u32::from(import.is_running());
            import.kill();
        }
        println!("{was_running} of {KILLS_OF_ONE_ARCHIVE} were killed while they ran");
        assert!(was_running > 0, "no import was still running when it was killed");

        killed.lore(&["import"]).success();
        let verification = killed.verify();
        assert_eq!(verification["messages"], truth.messages);
        assert_eq!(verification["indexed_messages"], truth.messages);
        let homeless = |env: &TestEnv| -> Vec<String> {
            let root = env.root().to_string_lossy().into_owned();
            env.everything().iter().map(|shown| shown.to_string().replace(&root, "")).collect()
        };
        assert_eq!(homeless(&killed), homeless(&calm));
        for query in ["\"quartz nebula\"", "zyzzyvaunique", "vermilionmark", "tool:codex kettle"] {
            assert_eq!(found(&killed, query), found(&calm, query), "{query}");
        }
        assert_eq!(found(&killed, "\"quartz nebula\"").len(), truth.phrase.len());
    }
}
