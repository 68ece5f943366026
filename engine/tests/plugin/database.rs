//! Databases of tools, asked by a plugin: what it gets, what it does not, and what stays untouched.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use lore_engine::plugin::{Exceeded, Limits, ReadError};
use proptest::prelude::*;
use rusqlite::Connection;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use xxhash_rust::xxh3::xxh3_64;

use crate::{Place, attacker, limited};

/// A database as a tool keeps it: what was written last is in the log only.
fn wal_database(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let setup = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE message (id INTEGER PRIMARY KEY, text TEXT);
         CREATE INDEX message_text ON message (text);
         INSERT INTO message VALUES (1, 'in the file');
         PRAGMA wal_checkpoint(TRUNCATE);
         INSERT INTO message VALUES (2, 'in the log');";
    connection.execute_batch(setup).unwrap();
    connection
}

/// Names, sizes, digests and times of all files of a directory.
fn state(directory: &Path) -> BTreeMap<String, (usize, u64, SystemTime)> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    let files = files.filter(|file| file.file_type().unwrap().is_file());
    files
        .map(|file| {
            let modified = file.metadata().unwrap().modified().unwrap();
            let name = file.file_name().into_string().unwrap();
            let bytes = fs::read(file.path()).unwrap();
            (name, (bytes.len(), xxh3_64(&bytes), modified))
        })
        .collect()
}

#[test]
fn rows_have_the_types_of_their_values() {
    let (place, plugin) = (Place::new(), attacker());
    let connection = Connection::open(place.base().join("a.db")).unwrap();
    let setup = "CREATE TABLE a (x); INSERT INTO a VALUES (NULL), (-7), (0.5), ('täxt'), (x'00ff'),
         (CAST(x'61ff62' AS TEXT)); CREATE VIEW v AS SELECT x FROM a WHERE x = -7;";
    connection.execute_batch(setup).unwrap();
    let query = |sql: &str| place.answer(&plugin, &format!("query a.db {sql}"));
    assert_eq!(query("SELECT x FROM a"), "null\n-7\n0.5\ntäxt\n2 bytes\na\u{fffd}b");
    assert_eq!(query("SELECT count(*), max(x) FROM v;"), "1|-7");
    assert_eq!(query("SELECT name, type FROM pragma_table_info('a')"), "x|");
    assert_eq!(query("PRAGMA table_info(a)"), "0|x||0|null|0");
    assert_eq!(query("PRAGMA table_info(no_table)"), "");
    assert_eq!(query("SELECT json_extract('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')"), "2");
    let recursive = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 5) \
                     SELECT sum(i) FROM n";
    assert_eq!(query(recursive), "15");
    assert_eq!(query("SELECT datetime('now')"), "null", "a plugin has no clock");
}

#[test]
fn the_log_is_read_and_nothing_is_touched() {
    let (place, plugin) = (Place::new(), attacker());
    let connection = wal_database(&place.base().join("a.db"));
    let before = state(&place.base());
    assert_eq!(before.len(), 3, "database, log and index");
    let sql = "query a.db SELECT text FROM message ORDER BY id";
    assert_eq!(place.answer(&plugin, sql), "in the file\nin the log");
    let now = state(&place.base());
    assert_eq!(now, before);
    // An open transaction of the tool neither shows nor hinders.
    connection.execute_batch("BEGIN IMMEDIATE; UPDATE message SET text = 'open'").unwrap();
    let before = state(&place.base());
    assert_eq!(place.answer(&plugin, sql), "in the file\nin the log");
    assert_eq!(state(&place.base()), before);
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(place.answer(&plugin, sql), "open\nopen");
    connection.execute_batch("UPDATE message SET text = 'in the log'").unwrap();

    // Without its index and in a place where none can be made.
    let elsewhere = Place::new();
    for name in ["a.db", "a.db-wal"] {
        elsewhere.write(name, fs::read(place.base().join(name)).unwrap());
    }
    let copied = state(&elsewhere.base());
    elsewhere.write("chats/a.jsonl", format!("attack {sql}\n"));
    let allow = |writing: bool| {
        let mut permissions = fs::metadata(elsewhere.base()).unwrap().permissions();
        permissions.set_readonly(!writing);
        fs::set_permissions(elsewhere.base(), permissions).unwrap();
    };
    allow(false);
    let batches = plugin.read(elsewhere.open("chats/a.jsonl"), None).unwrap();
    let batches: Vec<_> = batches.collect::<Result<_, _>>().unwrap();
    allow(true);
    assert_eq!(crate::texts(&batches), ["in the log\nin the log"]);
    assert_eq!(state(&elsewhere.base()), copied);
}

#[test]
fn what_is_not_valid_in_a_log_is_not_there() {
    let (place, plugin) = (Place::new(), attacker());
    drop(wal_database(&place.base().join("other.db")));
    let _connection = wal_database(&place.base().join("a.db"));
    let file = fs::read(place.base().join("a.db")).unwrap();
    let log = fs::read(place.base().join("a.db-wal")).unwrap();
    let sql = "query b.db SELECT text FROM message ORDER BY id";
    let with_log = |log: &[u8]| {
        place.write("b.db", &file);
        place.write("b.db-wal", log);
        place.answer(&plugin, sql)
    };
    assert_eq!(with_log(&log), "in the file\nin the log");
    // Cut off while it was written, damaged, or none at all.
    let flipped = |at: usize| {
        let mut log = log.clone();
        log[at] ^= 1;
        log
    };
    for log in [&log[..log.len() - 1], &flipped(40), &flipped(log.len() - 9), &flipped(3), b""] {
        assert_eq!(with_log(log), "in the file");
    }
}

#[test]
fn only_reading_is_allowed() {
    let (place, plugin) = (Place::new(), attacker());
    let _connection = wal_database(&place.base().join("a.db"));
    let outside = place.directory.path().join("outside.db");
    let before = state(&place.base());
    let statements = [
        "INSERT INTO message VALUES (3, 'x')",
        "UPDATE message SET text = ''",
        "DELETE FROM message",
        "REPLACE INTO message VALUES (1, '')",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "DROP TABLE message",
        "ALTER TABLE message RENAME TO x",
        "REINDEX",
        "ANALYZE",
        "VACUUM",
        "VACUUM INTO 'copy.db'",
        &format!("VACUUM INTO '{}'", outside.display()),
        &format!("ATTACH '{}' AS x", outside.display()),
        "ATTACH ':memory:' AS x",
        "ATTACH 'a.db' AS x",
        "DETACH main",
        "BEGIN IMMEDIATE",
        "SAVEPOINT x",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA journal_mode",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA user_version = 7",
        "PRAGMA writable_schema = 1",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA integrity_check",
        "SELECT * FROM pragma_journal_mode('DELETE')",
        "SELECT load_extension('x')",
        "SELECT random()",
        "SELECT replace('a', 'b', 'c')",
        "SELECT 1; DELETE FROM message",
        "SELECT 1; nonsense",
        "",
        "-- nothing",
    ];
    for sql in statements {
        let answer = place.answer(&plugin, &format!("query a.db {sql}"));
        assert!(answer.starts_with("refused: `a.db`: "), "{sql}: {answer}");
        assert!(answer.chars().count() < 200, "{answer}");
    }
    assert_eq!(state(&place.base()), before);
    assert!(!outside.exists());
    let many = "SELECT 1;".repeat(400);
    let answer = place.answer(&plugin, &format!("query a.db {many}"));
    assert_eq!(answer, "refused: `a.db`: more than one statement at once");
}

#[test]
fn errors_name_the_file() {
    let (place, plugin) = (Place::new(), attacker());
    let _connection = wal_database(&place.base().join("a.db"));
    let refused = |order: &str| {
        let answer = place.answer(&plugin, &format!("query {order}"));
        answer.strip_prefix("refused: ").unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    assert_eq!(refused("a.db SELECT * FROM x"), "`a.db`: no such table: x");
    assert_eq!(refused("a.db SELEC 1"), "`a.db`: near \"SELEC\": syntax error");
    assert_eq!(
        refused("a.db SELECT ?1"),
        "`a.db`: the statement has 1 parameters, and 0 values were given"
    );
    place.write("b.db", b"SQLite format 3\0and so on");
    place.write("c.db", "text ".repeat(1000));
    place.write("d.db.zst", compress_to_vec(&b"SQLite format 3\0"[..], CompressionLevel::Fastest));
    for path in ["b.db", "c.db"] {
        let expected = format!("`{path}` is not an SQLite database");
        assert_eq!(refused(&format!("{path} SELECT 1")), expected);
    }
    assert_eq!(refused("d.db SELECT 1"), "`d.db` is compressed, and only a plain database is read");
    place.write("empty.db", "");
    assert_eq!(refused("empty.db SELECT * FROM x"), "`empty.db`: no such table: x");
    for path in ["../secret", "/etc/passwd", "chats/../../secret"] {
        let answer = refused(&format!("{path} SELECT 1"));
        assert!(answer.contains("does not lie below"), "{answer}");
    }
}

#[cfg(unix)]
#[test]
fn a_log_that_is_a_link_is_refused() {
    use std::os::unix::fs::symlink;

    let (place, plugin) = (Place::new(), attacker());
    let _connection = wal_database(&place.base().join("a.db"));
    let sql = "SELECT text FROM message ORDER BY id";
    place.write("b.db", fs::read(place.base().join("a.db")).unwrap());
    for target in ["a.db-wal", "../secret", "/etc/passwd"] {
        symlink(target, place.base().join("b.db-wal")).unwrap();
        let answer = place.answer(&plugin, &format!("query b.db {sql}"));
        assert!(answer.starts_with("refused: `b.db-wal`"), "{answer}");
        fs::remove_file(place.base().join("b.db-wal")).unwrap();
    }
    // A link to a database has the log of the true file.
    symlink("a.db", place.base().join("linked.db")).unwrap();
    let answer = place.answer(&plugin, &format!("query linked.db {sql}"));
    assert_eq!(answer, "in the file\nin the log");
}

#[test]
fn a_transaction_without_a_log_is_waited_for_and_told() {
    let (place, plugin) = (Place::new(), attacker());
    let connection = Connection::open(place.base().join("a.db")).unwrap();
    connection.execute_batch("CREATE TABLE a (x); INSERT INTO a VALUES (1)").unwrap();
    let query = || place.answer(&plugin, "query a.db SELECT x FROM a");
    // Nothing is written into the file before the journal is safe.
    connection.execute_batch("BEGIN; UPDATE a SET x = 2").unwrap();
    assert!(place.base().join("a.db-journal").exists());
    assert_eq!(query(), "1");
    connection.execute_batch("COMMIT").unwrap();
    assert_eq!(query(), "2");
    connection.execute_batch("PRAGMA synchronous = OFF; BEGIN; UPDATE a SET x = 3").unwrap();
    assert_eq!(
        query(),
        "refused: `a.db` is in the middle of a transaction, or was left so; it is read once the \
         tool has finished it"
    );
    connection.execute_batch("ROLLBACK").unwrap();
    assert_eq!(query(), "2");
    // A journal that stays, without a header.
    connection.execute_batch("PRAGMA journal_mode = PERSIST; UPDATE a SET x = 3").unwrap();
    assert!(place.base().join("a.db-journal").exists());
    assert_eq!(query(), "3");
}

#[test]
fn statements_without_end_meet_the_deadline() {
    let place = Place::new();
    let _connection = wal_database(&place.base().join("a.db"));
    let deadline = Duration::from_millis(300);
    let plugin = limited(Limits { deadline, ..Limits::default() });
    let numbers = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n)";
    for sql in [
        format!("{numbers} SELECT count(*) FROM n"),
        format!("{numbers} SELECT 1 FROM n WHERE i < 0"),
        format!("{numbers} SELECT max(length(hex(zeroblob(1000000)))) FROM n"),
    ] {
        let error = place.read(&plugin, &format!("attack query a.db {sql}\n")).unwrap_err();
        let ReadError::Limit { limit, .. } = error else { panic!("{sql}: {error}") };
        assert_eq!(limit, Exceeded::Deadline(deadline), "{sql}");
    }
    assert_eq!(place.answer(&plugin, "query a.db SELECT 1"), "1");
}

#[test]
fn memory_and_rows_of_a_statement_are_bounded() {
    let place = Place::new();
    let _connection = wal_database(&place.base().join("a.db"));
    let deadline = Duration::from_secs(120);
    let plugin = limited(Limits { deadline, rows: 100_000, ..Limits::default() });
    let query = |sql: &str| place.answer(&plugin, &format!("query a.db {sql}"));
    let numbers = |count: u32| {
        format!("WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT {count})")
    };
    let too_many =
        "refused: `a.db`: the rows have more than 100000 bytes: ask for fewer at once with `LIMIT`";
    assert_eq!(query(&format!("{} SELECT i FROM n", numbers(u32::MAX))), too_many);
    assert_eq!(query("SELECT zeroblob(100001)"), too_many);
    assert_eq!(
        query("SELECT length(zeroblob(40000000))"),
        "refused: `a.db`: string or blob too big"
    );

    let too_much = "refused: `a.db`: the statement needs more memory than it gets: let an index give \
                    the order, or ask for fewer columns";
    let text = "hex(zeroblob(5000)) || i";
    let many = numbers(100_000);
    for sql in [
        format!("{many} SELECT i FROM n ORDER BY {text} DESC"),
        format!("{many} SELECT count(DISTINCT {text}) FROM n"),
        "WITH RECURSIVE n(i, t) AS (VALUES(1, '') UNION SELECT i + 1, hex(zeroblob(5000)) || i \
         FROM n) SELECT count(*) FROM n"
            .to_owned(),
    ] {
        assert_eq!(query(&sql), too_much, "{sql}");
    }
    // What is a little larger than the cache still works.
    let sorted = format!("{} SELECT i FROM n ORDER BY {text} DESC LIMIT 1", numbers(3000));
    assert_eq!(query(&sorted), "999");
}

#[test]
fn queries_of_a_batch_see_one_state_and_the_next_batch_the_new_one() {
    let (place, plugin) = (Place::new(), attacker());
    let connection = wal_database(&place.base().join("a.db"));
    place.write("chats/a.jsonl", "attack query-often 4 a.db SELECT count(*) FROM message\n");
    let mut reading = plugin.read(place.open("chats/a.jsonl"), None).unwrap();
    let mut next = || crate::texts(&[reading.next().unwrap().unwrap()]).concat();
    assert_eq!(next(), "2");
    assert_eq!(next(), "2");
    connection.execute_batch("INSERT INTO message VALUES (3, 'new')").unwrap();
    assert_eq!(next(), "3");
    connection.execute_batch("DELETE FROM message; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert_eq!(next(), "0");
}

/// Messages that the log has and the file has not, of a real tool.
#[test]
fn the_log_of_a_real_tool_is_read() {
    let Some(corpus) = std::env::var_os("LORE_CORPUS") else {
        return println!("skipped: LORE_CORPUS is not set");
    };
    let from = Path::new(&corpus).join("crush/gowhisper/.crush");
    let (place, plugin) = (Place::new(), attacker());
    let sql = "query crush.db SELECT count(*) FROM messages";
    place.write("crush.db", fs::read(from.join("crush.db")).unwrap());
    assert_eq!(place.answer(&plugin, sql), "2");
    for name in ["crush.db-wal", "crush.db-shm"] {
        place.write(name, fs::read(from.join(name)).unwrap());
    }
    let before = state(&place.base());
    assert_eq!(place.answer(&plugin, sql), "6");
    assert_eq!(state(&place.base()), before);
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u16),
    Update(u8, u16),
    Delete(u8),
    Rollback(u16),
    Checkpoint(&'static str),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let checkpoint = prop::sample::select(vec!["PASSIVE", "FULL", "RESTART", "TRUNCATE"]);
    let step = prop_oneof![
        4 => (0..9000u16).prop_map(Step::Insert),
        4 => (any::<u8>(), 0..9000u16).prop_map(|(id, size)| Step::Update(id, size)),
        2 => any::<u8>().prop_map(Step::Delete),
        1 => (0..60_000u16).prop_map(Step::Rollback),
        2 => checkpoint.prop_map(Step::Checkpoint),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever a tool does to its database, a plugin reads what SQLite itself reads.
    #[test]
    fn plugins_read_what_sqlite_reads(
        mode in prop::sample::select(vec!["WAL", "DELETE", "TRUNCATE", "PERSIST"]),
        page_size in prop::sample::select(vec![512, 4096, 65_536]),
        vacuum in prop::sample::select(vec!["NONE", "FULL"]),
        steps in steps(),
    ) {
        let (place, plugin) = (Place::new(), attacker());
        let path = place.base().join("a.db");
        let open = || {
            let connection = Connection::open(&path).unwrap();
            let setup = format!("PRAGMA page_size = {page_size}; PRAGMA auto_vacuum = {vacuum};
                PRAGMA journal_mode = {mode}; PRAGMA synchronous = OFF; PRAGMA cache_size = 10;
                CREATE TABLE IF NOT EXISTS a (id INTEGER PRIMARY KEY, text TEXT);
                CREATE INDEX IF NOT EXISTS a_text ON a (text)");
            connection.execute_batch(&setup).unwrap();
            connection
        };
        let mut connection = open();
        let text = |size: &u16, salt: usize| format!("{salt}-{}", "x".repeat(usize::from(*size)));
        for (salt, step) in steps.iter().enumerate() {
            match step {
                Step::Insert(size) => {
                    let sql = "INSERT INTO a (text) VALUES (?1)";
                    connection.execute(sql, [text(size, salt)]).unwrap();
                }
                Step::Update(id, size) => {
                    let sql = "UPDATE a SET text = ?2 WHERE id % 7 = ?1 % 7";
                    connection.execute(sql, (id, text(size, salt))).unwrap();
                }
                Step::Delete(id) => {
                    connection.execute("DELETE FROM a WHERE id % 5 = ?1 % 5", [id]).unwrap();
                }
                Step::Rollback(size) => {
                    connection.execute_batch("BEGIN").unwrap();
                    let sql = "INSERT INTO a (text) VALUES (?1)";
                    connection.execute(sql, [text(size, salt)]).unwrap();
                    connection.execute("UPDATE a SET text = text || 'more'", []).unwrap();
                    connection.execute_batch("ROLLBACK").unwrap();
                }
                Step::Checkpoint(kind) => {
                    let sql = format!("PRAGMA wal_checkpoint({kind})");
                    connection.query_row(&sql, [], |_| Ok(())).unwrap();
                }
                Step::Reopen => {
                    drop(connection);
                    connection = open();
                }
            }
            let sql = "SELECT count(*), total(id), total(length(text)), \
                       coalesce(group_concat(substr(text, 1, 5)), '') FROM a";
            let expected: (i64, f64, f64, String) = connection
                .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
                .unwrap();
            let (count, ids, lengths, texts) = expected;
            let answer = place.answer(&plugin, &format!("query a.db {sql}"));
            prop_assert_eq!(answer, format!("{count}|{ids}|{lengths}|{texts}"));
            let by_index = "SELECT count(text) FROM a INDEXED BY a_text WHERE text > ''";
            let answer = place.answer(&plugin, &format!("query a.db {by_index}"));
            prop_assert_eq!(answer, count.to_string());
        }
    }
}
