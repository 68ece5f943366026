//! Stores that older builds left.

use lore_tests::{ClaudeCode, Repository, TestEnv};
use redb::{Database, TableDefinition, TableHandle};
use serde_json::json;

const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const LINKS: TableDefinition<(u32, &str), &[u8]> = TableDefinition::new("links");
const COMMITS: TableDefinition<(&str, u32), ()> = TableDefinition::new("commits");
const MARKS: TableDefinition<(u64, &str), ()> = TableDefinition::new("marks");
const PLACES: TableDefinition<&str, &[u8]> = TableDefinition::new("places");

const SESSION: &str = "3fa81c02-0000-4000-8000-0000000000aa";
const COMMIT: &str = "5d10c9e7a1b2c3d4e5f60718293a4b5c6d7e8f90";

/// A link's row of format 1.1, as postcard writes it: a person's, of the year 1970, without a
/// confidence.
fn first_link() -> Vec<u8> {
    let digits: String = SESSION.chars().filter(|digit| *digit != '-').collect();
    let id = (0..16).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).expect("hex"));
    let mut row = vec![1, 16];
    row.extend(id);
    row.push(COMMIT.len() as u8);
    row.extend(COMMIT.as_bytes());
    row.extend([0, 2, 0]);
    row
}

/// Format 1.1 had links without evidence, no table of marks or places, and an index without
/// fingerprints. All that is there before has to be found after the upgrade, by the old ids.
#[test]
fn a_store_of_format_1_1_is_read_and_upgraded() {
    let env = TestEnv::new();
    let repository = Repository::new(&env, "kettle");
    let mut session = ClaudeCode::new(SESSION).directory(&repository.path(""));
    session.user("Let it boil.");
    repository.create(&mut session, "kettle.rs", "fn boil_the_water() {}\n");
    env.claude_code(&session);
    assert_eq!(env.lore(&["import"]).code(), Some(0));

    let store = Database::open(env.archive("lore.db")).expect("it is a store");
    let transaction = store.begin_write().expect("it can be written");
    transaction.open_table(META).expect("there").insert("format", (1 << 16) | 1).expect("put");
    transaction.delete_table(MARKS).expect("gone");
    transaction.delete_table(PLACES).expect("gone");
    let row = first_link();
    transaction.open_table(LINKS).expect("there").insert((1, COMMIT), row.as_slice()).expect("put");
    transaction.open_table(COMMITS).expect("there").insert((COMMIT, 1), ()).expect("put");
    transaction.commit().expect("it is written");
    drop(store);
    std::fs::rename(env.archive("index-v2"), env.archive("index-v1")).expect("it is there");

    let linked = env.json(&["show", "--commit", &COMMIT[..10]]);
    assert_eq!(linked["commit_sha"], COMMIT);
    assert_eq!(linked["sessions"][0]["session_id"], SESSION);
    let blame = env.json(&["blame", &repository.path("kettle.rs")]);
    assert_eq!(blame["lines"][0]["origin"]["session_id"], SESSION, "{blame}");
    let outcome = env.lore(&["tag", SESSION, "old"]);
    assert_eq!(outcome.code(), Some(0), "{outcome}");
    assert_eq!(env.json(&["db", "stats"])["format"], "1.3");
    assert_eq!(env.json(&["show", SESSION])["links"][0]["commit_sha"], COMMIT);
    env.verify();
}

/// Format 1.2 had no notes and no stamps, counted no changes, and deleted nothing. What hung on a
/// session stays, can be read before anything is written, and can be taken off.
#[test]
fn a_store_of_format_1_2_is_read_and_upgraded() {
    let env = TestEnv::new();
    let mut session = ClaudeCode::new(SESSION);
    session.user("Let it boil.");
    let file = env.claude_code(&session);
    for arguments in
        [&["import"][..], &["tag", SESSION, "old"], &["summarize", SESSION, "Water boils."]]
    {
        let _ = env.lore(arguments).success();
    }

    let store = Database::open(env.archive("lore.db")).expect("it is a store");
    let transaction = store.begin_write().expect("it can be written");
    {
        let mut meta = transaction.open_table(META).expect("there");
        meta.insert("format", (1 << 16) | 2).expect("put");
        meta.remove("next_change").expect("gone");
    }
    let new = ["annotations", "changes", "children", "deleted"];
    for handle in transaction.list_tables().expect("there are some").collect::<Vec<_>>() {
        if new.contains(&handle.name()) {
            assert!(transaction.delete_table(handle).expect("it can be deleted"));
        }
    }
    transaction.commit().expect("it is written");
    drop(store);

    let shown = env.json(&["show", SESSION]);
    assert_eq!((&shown["tags"], &shown["summary"]), (&json!(["old"]), &json!("Water boils.")));
    assert_eq!(shown["annotations"], json!([]));
    env.verify();
    for arguments in [
        &["tag", SESSION, "old", "--remove"][..],
        &["tag", SESSION, "new"],
        &["annotate", "It did.", "--session", SESSION],
    ] {
        let _ = env.lore(arguments).success();
    }
    assert_eq!(env.json(&["db", "stats"])["format"], "1.3");
    let shown = env.json(&["show", SESSION]);
    assert_eq!((&shown["tags"], &shown["summary"]), (&json!(["new"]), &json!("Water boils.")));
    assert_eq!(shown["annotations"][0]["content"], "It did.");
    let _ = env.lore(&["delete", SESSION, "--force"]).success();
    let _ = env.lore(&["import", "--force", &file.to_string_lossy()]).success();
    assert_eq!(env.json(&["sessions"]), json!([]));
    env.verify();
}
