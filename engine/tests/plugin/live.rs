//! A database that another process writes, checkpoints and rolls back without a pause for long.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lore_engine::plugin::Limits;
use rusqlite::Connection;

use crate::{Place, limited, texts};

/// Tells the other process what to write, and where.
const WRITER: &str = "LORE_TEST_WRITER";

/// Rows of both tables. The sum over both never changes, and every row's text says its amount.
const ROWS: i64 = 200;

/// Both tables in one row: the sum, the same sum by an index, the rows, the rows that are at odds.
const INVARIANT: &str = "SELECT (SELECT sum(amount) FROM a) + (SELECT sum(amount) FROM b), \
    (SELECT sum(amount) FROM b INDEXED BY b_amount WHERE amount > -1000000) + \
    (SELECT sum(amount) FROM a INDEXED BY a_amount WHERE amount > -1000000), \
    (SELECT count(*) FROM a) + (SELECT count(*) FROM b), \
    (SELECT count(*) FROM a WHERE text <> amount || hex(zeroblob(size))) + \
    (SELECT count(*) FROM b WHERE text <> amount || hex(zeroblob(size)))";

/// What the tool does: its journal, what it runs after so many transactions, and how many
/// milliseconds it rests at most. Without a log there is an answer only if it rests for a moment.
struct Habit {
    setup: &'static str,
    after: (u64, &'static str),
    rest: u64,
}

const HABITS: [(&str, Habit); 6] = [
    (
        "each commit checkpointed",
        Habit {
            setup: "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 1",
            after: NEVER,
            rest: 4,
        },
    ),
    (
        "checkpoints now and then",
        Habit {
            setup: "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 40",
            after: NEVER,
            rest: 4,
        },
    ),
    (
        "log cut off",
        Habit {
            setup: "PRAGMA journal_mode = WAL",
            after: (7, "PRAGMA wal_checkpoint(TRUNCATE)"),
            rest: 4,
        },
    ),
    (
        "log only",
        Habit {
            setup: "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0",
            after: NEVER,
            rest: 10,
        },
    ),
    (
        "journal deleted",
        Habit { setup: "PRAGMA journal_mode = DELETE", after: (20, "VACUUM"), rest: 200 },
    ),
    ("journal kept", Habit { setup: "PRAGMA journal_mode = PERSIST", after: NEVER, rest: 200 }),
];

const NEVER: (u64, &str) = (u64::MAX, "");

/// Moves amounts between the rows, until the input ends or so many times.
fn write(path: &Path, habit: &Habit, times: u64, is_over: impl Fn() -> bool) {
    let connection = Connection::open(path).unwrap();
    // Nobody may be in the way, not for a moment.
    connection.busy_timeout(Duration::ZERO).unwrap();
    let setup = "PRAGMA page_size = 1024; PRAGMA cache_size = 8; PRAGMA synchronous = OFF;";
    connection.execute_batch(&format!("{setup} {}", habit.setup)).unwrap();
    let mut tables = String::from("BEGIN;");
    for table in ["a", "b"] {
        tables.push_str(&format!(
            "CREATE TABLE {table} (id INTEGER PRIMARY KEY, amount, size, text);
             CREATE INDEX {table}_amount ON {table} (amount);
             WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT {})
             INSERT INTO {table} SELECT i, 100, 10, 100 || hex(zeroblob(10)) FROM n;",
            ROWS / 2
        ));
    }
    connection.execute_batch(&format!("{tables} COMMIT")).unwrap();
    println!("ready");
    io::stdout().flush().unwrap();

    let mut number = 1u64;
    let mut random = |below: u64| {
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (number >> 33) % below
    };
    for time in 0..times {
        if is_over() {
            break;
        }
        let (from, to) = if random(2) == 0 { ("a", "b") } else { ("b", "a") };
        let (count, amount, size) = (1 + random(9), random(50), random(300));
        let change = |table: &str, sign: char, start: u64| {
            format!(
                "UPDATE {table} SET amount = amount {sign} {amount}, size = {size},
                 text = (amount {sign} {amount}) || hex(zeroblob({size}))
                 WHERE id BETWEEN {start} AND {start} + {count} - 1;"
            )
        };
        let last = ROWS as u64 / 2 - count;
        let (first, second) =
            (change(from, '-', 1 + random(last)), change(to, '+', 1 + random(last)));
        let end = if random(5) == 0 { "ROLLBACK" } else { "COMMIT" };
        connection.execute_batch(&format!("BEGIN; {first} {second} {end}")).unwrap();
        if (time + 1) % habit.after.0 == 0 {
            connection.execute_batch(habit.after.1).unwrap();
        }
        // A tool waits for its model now and then.
        thread::sleep(Duration::from_micros(random(habit.rest * 1000)));
    }
    let sums = connection.query_row(INVARIANT, [], |row| Ok((row.get(0)?, row.get(3)?)));
    assert_eq!(sums.unwrap(), (ROWS * 100, 0));
}

/// As a process of its own: the writer of the other tests. Otherwise it shows that what it writes
/// keeps to the invariant.
#[test]
fn writer() {
    let Ok(told) = std::env::var(WRITER) else {
        for (name, habit) in &HABITS {
            let place = Place::new();
            write(&place.base().join(format!("{name}.db")), habit, 20, || false);
        }
        return;
    };
    let (habit, path) = told.split_once(':').unwrap();
    let (_, habit) = &HABITS[habit.parse::<usize>().unwrap()];
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        ended.send(()).unwrap();
    });
    write(Path::new(path), habit, u64::MAX, || end.try_recv().is_ok());
}

fn start_writer(habit: usize, path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "live::writer", "--nocapture"])
        .env(WRITER, format!("{habit}:{}", path.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let output = child.stdout.as_mut().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !said.contains("ready") && Instant::now() < deadline {
        let mut bytes = [0; 64];
        let read = output.read(&mut bytes).unwrap();
        assert!(read > 0, "the writer ended: {said}");
        said.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    child
}

/// Asks thousands of times: an answer is right, or there is none.
#[track_caller]
fn is_never_torn(number: usize) {
    let (name, habit) = &HABITS[number];
    let place = Place::new();
    let plugin = limited(Limits { standing_batches: u32::MAX, ..Limits::default() });
    let mut writer = start_writer(number, &place.base().join("a.db"));
    let right = format!("{0}|{0}|{ROWS}|0", ROWS * 100);
    let (mut answered, mut refused) = (0, 0);
    // It takes a while to come through between two transactions without a log.
    let readings = if habit.rest > 10 { 1 } else { 8 };
    for _ in 0..readings {
        place.write("chats/a.jsonl", format!("attack query-often 50 a.db {INVARIANT}\n"));
        let batches = plugin.read(place.open("chats/a.jsonl"), None).unwrap();
        let batches: Vec<_> = batches.collect::<Result<_, _>>().unwrap();
        for text in texts(&batches) {
            match text.strip_prefix("refused: `a.db` ") {
                Some(reason) => {
                    let known = ["was being written all the time", "is in the middle of a"];
                    assert!(known.iter().any(|known| reason.starts_with(known)), "{reason}");
                    refused += 1;
                }
                None => {
                    assert_eq!(text, right, "{name}, after {answered} right answers");
                    answered += 1;
                }
            }
        }
    }
    drop(writer.stdin.take());
    let ended = writer.wait().unwrap();
    assert!(ended.success(), "{name}: the writer was disturbed");
    println!("{name}: {answered} answers, {refused} refusals");
    assert!(answered > refused, "{name}: {answered} answers, {refused} refusals");
}

#[test]
fn a_log_that_is_checkpointed_at_each_commit() {
    is_never_torn(0);
}

#[test]
fn a_log_that_is_checkpointed_now_and_then() {
    is_never_torn(1);
}

#[test]
fn a_log_that_is_cut_off() {
    is_never_torn(2);
}

#[test]
fn a_log_that_only_grows() {
    is_never_torn(3);
}

#[test]
fn a_journal_that_is_deleted() {
    is_never_torn(4);
}

#[test]
fn a_journal_that_is_kept() {
    is_never_torn(5);
}
