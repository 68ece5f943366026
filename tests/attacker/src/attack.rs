//! The attacks. They speak the contract directly, since the SDK would not let them.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use lore_plugin_sdk::bindings::exports::lore::watcher::parser;
use lore_plugin_sdk::bindings::lore::watcher::source::{self, File, Value};
use lore_plugin_sdk::bindings::{Guest, export};
use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Batch, Component, Count, Memory, Problem};

use crate::Sample;

thread_local! {
    /// What `query-often` asks, batch after batch.
    static QUERIED: RefCell<Option<File>> = const { RefCell::new(None) };
}

struct Exports;

impl Guest for Exports {
    fn describe() -> WatcherInfo {
        Sample::info()
    }
}

impl parser::Guest for Exports {
    type Reader = Reader;
}

export!(Exports with_types_in lore_plugin_sdk::bindings);

enum Reader {
    WellBehaved(Component<Sample>),
    Attack { file: File, order: String, checkpoint: Option<Vec<u8>>, calls: Cell<u64> },
}

impl parser::GuestReader for Reader {
    fn new(file: File, checkpoint: Option<Vec<u8>>) -> Self {
        let head = file.read(0, 4096).unwrap_or_default();
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match String::from_utf8_lossy(line).strip_prefix("attack ") {
            None => Self::WellBehaved(parser::GuestReader::new(file, checkpoint)),
            Some("begin") => endless(),
            Some(order) => {
                Self::Attack { file, order: order.to_owned(), checkpoint, calls: Cell::new(0) }
            }
        }
    }

    fn next(&self) -> Result<Batch, ParseError> {
        match self {
            Self::WellBehaved(reader) => parser::GuestReader::next(reader),
            Self::Attack { file, order, checkpoint, calls } => {
                calls.set(calls.get() + 1);
                attack(order, file, checkpoint.as_deref(), calls.get())
            }
        }
    }
}

fn attack(
    order: &str,
    file: &File,
    checkpoint: Option<&[u8]>,
    call: u64,
) -> Result<Batch, ParseError> {
    let (order, argument) = order.split_once(' ').unwrap_or((order, ""));
    let size = file.size();
    match order {
        "loop" => endless(),
        "recursion" => Err(ParseError::Other(dive(1).to_string())),
        "panic" => panic!("on purpose"),
        // The first batch is a good one, so that there is a place to name.
        "panic-later" if call == 1 => Ok(Batch { position: 12, ..message("first", "good") }),
        "panic-later" => panic!("on purpose"),
        "memory" => {
            let mut all = Vec::new();
            loop {
                all.push(black_box(vec![1u8; 1 << 20]));
            }
        }
        "memory-and-live" => {
            let mut hoard: Vec<u8> = Vec::new();
            let refused = hoard.try_reserve_exact(1 << 30).is_err();
            Ok(Batch { position: size, done: true, ..message("refused", &refused.to_string()) })
        }

        "empty-batches" => Ok(empty()),
        "standing-batches" => Ok(message(&call.to_string(), "again")),
        "large-batch" => Ok(message("large", &"x".repeat(32 << 20))),
        "many-events" => {
            let event = || Event::Problem(Problem { offset: 0, message: String::new() });
            Ok(Batch { events: (0..100_000).map(|_| event()).collect(), ..empty() })
        }
        "large-checkpoint" => Ok(Batch { checkpoint: vec![7; 8 << 20], ..empty() }),

        "position-back" => Ok(Batch { position: 10 - 2 * call, ..message("back", "") }),
        "position-beyond" => Ok(Batch { position: size + 1, ..empty() }),
        "position-huge" => Ok(Batch { position: u64::MAX, ..empty() }),
        "problem-beyond" => {
            let problem = Problem { offset: size + 1, message: "nowhere".into() };
            Ok(Batch { events: vec![Event::Problem(problem)], ..empty() })
        }
        "empty-session" => Ok(event(Event::Session(Session::new("")))),
        "long-session" => Ok(event(Event::Session(Session::new("s".repeat(10 << 20))))),
        "empty-key" => Ok(message("", "text")),
        "long-key" => Ok(message(&"k".repeat(10 << 20), "text")),
        "long-kind" => Ok(counts(1, &"k".repeat(1 << 20))),
        "empty-memory" => Ok(memory("", "text")),
        "long-memory" => Ok(memory("long", &"x".repeat(8 << 20))),
        "two-memories" => {
            let again = memory("two", "text").events;
            let mut batch = memory("one", "text");
            batch.events.extend(again);
            Ok(Batch { done: true, ..batch })
        }
        "many-kinds" => Ok(counts(100_000, "kind")),

        "not-mine" => Err(ParseError::NotMine),
        "stale" if checkpoint.is_some() => Err(ParseError::StaleCheckpoint),
        "stale" => Ok(Batch { position: size, done: true, checkpoint: vec![1], ..empty() }),
        "words" => Err(ParseError::Other(format!("\x1b[2J{}", "w".repeat(1 << 20)))),

        "read-for-ever" => loop {
            black_box(file.read(0, u32::MAX).ok());
        },
        "read-large" => {
            let read = file.read(0, u32::MAX).map_err(ParseError::Read)?;
            Ok(said(read.len().to_string()))
        }
        "find-for-ever" => loop {
            black_box(source::find("**/*").ok());
        },
        "hold-files" => {
            let mut held = Vec::new();
            loop {
                held.push(source::open(argument).map_err(ParseError::Read)?);
            }
        }
        "long-path" => Ok(said(opened(&"p".repeat(32 << 20)))),
        "open" => Ok(said(opened(argument))),
        "find" => Ok(said(match source::find(argument) {
            Ok(paths) => paths.join(" "),
            Err(error) => format!("refused: {error}"),
        })),
        "query" => Ok(said(match argument.split_once(' ') {
            Some((path, sql)) => match source::open(path) {
                Ok(file) => queried(&file, sql),
                Err(error) => format!("refused: {error}"),
            },
            None => "refused: there is no SQL".to_owned(),
        })),
        // `COUNT PATH SQL`: a query a batch, all of one file that stays open.
        "query-often" => query_often(argument, call),
        other => Err(ParseError::Other(format!("no such attack: {other}"))),
    }
}

fn endless() -> ! {
    let mut round = 0u64;
    loop {
        round = black_box(round + 1);
    }
}

fn dive(depth: u64) -> u64 {
    if black_box(depth) == 0 { 0 } else { black_box(dive(black_box(depth + 1))) + 1 }
}

fn opened(path: &str) -> String {
    match source::open(path).and_then(|file| file.read(0, 4096)) {
        Ok(bytes) => format!("read: {}", String::from_utf8_lossy(&bytes)),
        Err(error) => format!("refused: {error}"),
    }
}

fn query_often(argument: &str, call: u64) -> Result<Batch, ParseError> {
    let mut parts = argument.splitn(3, ' ');
    let (Some(count), Some(path), Some(sql)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(ParseError::Other("count, path and SQL are missing".into()));
    };
    QUERIED.with_borrow_mut(|queried_file| {
        if queried_file.is_none() {
            *queried_file = Some(source::open(path).map_err(ParseError::Read)?);
        }
        let text = queried_file.as_ref().map(|file| queried(file, sql)).unwrap_or_default();
        let done = Ok(call) == count.parse();
        Ok(Batch { done, ..message(&call.to_string(), &text) })
    })
}

/// The rows, with `|` between values and a line each.
fn queried(file: &File, sql: &str) -> String {
    let rows = match file.query(sql, &[]) {
        Ok(rows) => rows,
        Err(error) => return format!("refused: {error}"),
    };
    let shown = |value: &Value| match value {
        Value::Null => "null".to_owned(),
        Value::Integer(integer) => integer.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    };
    let row = |row: &Vec<Value>| row.iter().map(shown).collect::<Vec<_>>().join("|");
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn empty() -> Batch {
    Batch {
        events: Vec::new(),
        counts: Vec::new(),
        position: 0,
        checkpoint: Vec::new(),
        done: false,
    }
}

fn event(event: Event) -> Batch {
    Batch { events: vec![event], ..empty() }
}

fn message(key: &str, text: &str) -> Batch {
    let mut message = Message::new("session", key, Role::User);
    message.content.push(Block::Text(text.to_owned()));
    event(Event::Message(message))
}

fn memory(name: &str, text: &str) -> Batch {
    let (name, content) = (name.to_owned(), text.to_owned());
    event(Event::Memory(Memory { name, description: None, kind: None, content }))
}

/// The last batch, with an answer for the test.
fn said(text: String) -> Batch {
    Batch { done: true, ..message("answer", &text) }
}

fn counts(number: u32, kind: &str) -> Batch {
    let count =
        |index| Count { kind: format!("{kind}{index}"), outcome: Outcome::Kept, records: 1 };
    Batch { counts: (0..number).map(count).collect(), ..empty() }
}
