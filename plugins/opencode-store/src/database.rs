//! The SQLite database: tables `session`, `message` and `part`, the latter two with their contents
//! as JSON.
//!
//! Rows are changed in place while an answer streams in. Each carries the time of its last change,
//! so a reading tells again every message that changed since the last one, or of which a part did;
//! rows of the very millisecond at which the last reading stopped are told twice, which is harmless.
//! Rows that vanish (an undone prompt) leave no trace but their number.
//!
//! Other tables are never read: some of them hold credentials.

use std::collections::VecDeque;

use lore_plugin_sdk::{Output, ParseError, Session, Source, Value as Column};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts;
use crate::message::{self, Record};
use crate::part::Part;

/// Bytes of the largest message or part that is read; a larger one is a problem.
const LARGEST: i64 = 24 << 20;

/// Bytes up to which parts are read several at once.
const SMALL: i64 = 1 << 20;

/// How many of them.
const AT_ONCE: i64 = 16;

/// Parts without a message that are named.
const MOST_ORPHANS: i64 = 1000;

/// What is remembered of a database.
#[derive(Default, Serialize, Deserialize)]
pub struct Database {
    /// What was there at the last complete reading.
    seen: Option<Seen>,
    /// The reading under way.
    pass: Option<Pass>,
    /// Sessions that are still to be told in it: found anew after a restart.
    #[serde(skip)]
    sessions: Option<VecDeque<String>>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    session: i64,
    message: Mark,
    part: Mark,
}

/// The state of a table.
#[derive(Clone, Serialize, Deserialize)]
struct Mark {
    /// The time of the last change, in milliseconds since the Unix epoch.
    updated: i64,
    created: i64,
    rows: i64,
}

#[derive(Serialize, Deserialize)]
struct Pass {
    /// What is there once it is complete.
    seen: Seen,
    place: Place,
}

/// How far a reading came.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Place {
    session: String,
    /// The last message that was told of it, by time and id.
    after: Option<(i64, String)>,
    /// All of the session is told.
    is_over: bool,
}

impl Database {
    /// Begins a database, if it has the tables.
    pub(crate) fn start(source: &Source) -> Result<Self, ParseError> {
        let has = |table: &str, wanted: &[&str]| -> Result<bool, ParseError> {
            let columns = source.columns(table)?;
            Ok(wanted.iter().all(|name| columns.iter().any(|column| column == name)))
        };
        let times_and_data = ["id", "session_id", "time_created", "time_updated", "data"];
        let is_ours = has("message", &times_and_data)?
            && has("part", &times_and_data)?
            && has("part", &["message_id"])?;
        if is_ours { Ok(Self::default()) } else { Err(ParseError::NotMine) }
    }

    /// Reads on until `out` is full or everything that changed is told; returns whether it is.
    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin(source)?,
        };
        let since = self.seen.clone().unwrap_or_else(Seen::nothing);
        let mut sessions = match self.sessions.take() {
            Some(sessions) => sessions,
            None => changed_sessions(source, &since, &pass.place.session)?,
        };
        while let Some(id) = sessions.pop_front() {
            if pass.place.session != id {
                pass.place = Place { session: id, ..Place::default() };
            } else if pass.place.is_over {
                continue;
            }
            tell_session(source, &since, &mut pass.place, out)?;
            if out.is_full() {
                sessions.push_front(pass.place.session.clone());
                (self.sessions, self.pass) = (Some(sessions), Some(pass));
                return Ok(false);
            }
        }
        note_orphans(source, since.part.updated, out)?;
        self.seen = Some(pass.seen);
        Ok(true)
    }

    /// Begins a reading, if what was told is still there.
    fn begin(&self, source: &Source) -> Result<Pass, ParseError> {
        if let Some(seen) = &self.seen
            && !(seen.message.holds(source, "message")? && seen.part.holds(source, "part")?)
        {
            return Err(ParseError::StaleCheckpoint);
        }
        let session = match has_session_times(source)? {
            true => integers(source, "SELECT max(time_updated) FROM session", &[])?,
            false => Vec::new(),
        };
        let seen = Seen {
            session: session.first().copied().flatten().unwrap_or(i64::MIN),
            message: Mark::of(source, "message")?,
            part: Mark::of(source, "part")?,
        };
        Ok(Pass { seen, place: Place::default() })
    }
}

impl Seen {
    fn nothing() -> Self {
        let nothing = Mark { updated: i64::MIN, created: i64::MIN, rows: 0 };
        Self { session: i64::MIN, message: nothing.clone(), part: nothing }
    }
}

impl Mark {
    fn of(source: &Source, table: &str) -> Result<Self, ParseError> {
        let sql = format!("SELECT max(time_updated), max(time_created), count(*) FROM {table}");
        let row = integers(source, &sql, &[])?;
        let value = |column: usize| row.get(column).copied().flatten();
        Ok(Self {
            updated: value(0).unwrap_or(i64::MIN),
            created: value(1).unwrap_or(i64::MIN),
            rows: value(2).unwrap_or(0),
        })
    }

    /// Whether no row from before is gone or was added.
    fn holds(&self, source: &Source, table: &str) -> Result<bool, ParseError> {
        let sql = format!("SELECT count(*) FROM {table} WHERE time_created <= ?1");
        let row = integers(source, &sql, &[self.created.into()])?;
        Ok(row.first().copied().flatten() == Some(self.rows))
    }
}

/// The first row, whose columns are integers or null.
fn integers(source: &Source, sql: &str, params: &[Column]) -> Result<Vec<Option<i64>>, ParseError> {
    let rows = source.query(sql, params)?;
    Ok(rows.first().map(|row| row.iter().map(Column::as_integer).collect()).unwrap_or_default())
}

fn has_session_times(source: &Source) -> Result<bool, ParseError> {
    Ok(source.columns("session")?.iter().any(|column| column == "time_updated"))
}

/// The ids of the sessions in which anything changed, from `first` on.
fn changed_sessions(
    source: &Source,
    since: &Seen,
    first: &str,
) -> Result<VecDeque<String>, ParseError> {
    let own = match has_session_times(source)? {
        true => "SELECT id FROM session WHERE time_updated >= ?1 UNION ",
        false => "",
    };
    let sql = format!(
        "SELECT id FROM ({own}\
         SELECT session_id AS id FROM message WHERE time_updated >= ?2 UNION \
         SELECT message.session_id AS id FROM part JOIN message ON message.id = part.message_id \
         WHERE part.time_updated >= ?3) WHERE id >= ?4 ORDER BY id"
    );
    let times = [since.session, since.message.updated, since.part.updated];
    let mut params: Vec<Column> = times.map(Column::from).to_vec();
    params.push(first.into());
    let rows = source.query(&sql, &params)?;
    Ok(rows.iter().filter_map(|row| Some(row.first()?.as_text()?.to_owned())).collect())
}

/// Tells what changed in the session of `place`, until `out` is full.
fn tell_session(
    source: &Source,
    since: &Seen,
    place: &mut Place,
    out: &mut Output,
) -> Result<(), ParseError> {
    let (session, updated) = session(source, &place.session)?;
    if place.after.is_none()
        && let Some(updated) = updated
    {
        out.session(session.clone());
        if updated >= since.session {
            out.kept("session");
        }
    }
    let (time, id) = place.after.clone().unwrap_or((i64::MIN, String::new()));
    let rows = source.query(
        "SELECT id, time_created FROM message WHERE session_id = ?1 AND (time_updated >= ?2 OR \
         EXISTS (SELECT 1 FROM part WHERE part.message_id = message.id AND \
         part.time_updated >= ?3)) AND (time_created > ?4 OR (time_created = ?4 AND id > ?5)) \
         ORDER BY time_created, id",
        &[
            place.session.as_str().into(),
            since.message.updated.into(),
            since.part.updated.into(),
            time.into(),
            id.into(),
        ],
    )?;
    for row in &rows {
        let [id, created] = row.as_slice() else { continue };
        let (Some(id), Some(created)) = (id.as_text(), created.as_integer()) else { continue };
        let record = record(source, id, created, since, out)?;
        let parts = parts(source, id, since, out)?;
        message::tell(&session, record, parts, out);
        place.after = Some((created, id.to_owned()));
        if out.is_full() {
            return Ok(());
        }
    }
    place.is_over = true;
    Ok(())
}

/// A session and when its row was changed last; no time if there is no row.
fn session(source: &Source, id: &str) -> Result<(Session, Option<i64>), ParseError> {
    let there = source.columns("session")?;
    let column = |name: &str| match there.iter().any(|column| column == name) {
        true => name.to_owned(),
        false => "NULL".to_owned(),
    };
    if there.is_empty() {
        return Ok((Session::new(id), None));
    }
    let columns: Vec<String> =
        facts::COLUMNS.iter().chain(&["time_updated"]).map(|name| column(name)).collect();
    let sql = format!("SELECT {} FROM session WHERE id = ?1", columns.join(", "));
    let rows = source.query(&sql, &[id.into()])?;
    Ok(match rows.first() {
        Some(row) => {
            let updated = row.last().and_then(Column::as_integer).unwrap_or(i64::MAX);
            (facts::of_row(id, row), Some(updated))
        }
        None => (Session::new(id), None),
    })
}

fn record(
    source: &Source,
    id: &str,
    created: i64,
    since: &Seen,
    out: &mut Output,
) -> Result<Record, ParseError> {
    let rows = source.query(
        "SELECT id, time_updated, length(CAST(data AS BLOB)), \
         CASE WHEN length(CAST(data AS BLOB)) <= ?2 THEN data END FROM message WHERE id = ?1",
        &[id.into(), LARGEST.into()],
    )?;
    let row = rows.first().map(|row| Row::of(row, since.message.updated));
    let is_new = row.as_ref().is_some_and(|row| row.is_new);
    let info = row.and_then(|row| row.json("message", out));
    Ok(Record { id: id.to_owned(), info, created: Some(created), is_new })
}

/// The parts of a message, in the order of their ids.
fn parts(
    source: &Source,
    message: &str,
    since: &Seen,
    out: &mut Output,
) -> Result<Vec<Part>, ParseError> {
    let mut parts = Vec::new();
    let mut after = String::new();
    loop {
        let rows = source.query(
            "SELECT id, time_updated, length(CAST(data AS BLOB)), \
             CASE WHEN length(CAST(data AS BLOB)) <= ?3 THEN data END \
             FROM part WHERE message_id = ?1 AND id > ?2 ORDER BY id LIMIT ?4",
            &[message.into(), after.as_str().into(), SMALL.into(), AT_ONCE.into()],
        )?;
        for row in &rows {
            let mut row = Row::of(row, since.part.updated);
            if row.id <= after {
                return Err(ParseError::Read(
                    "the database is damaged: its rows have no order".into(),
                ));
            }
            after.clone_from(&row.id);
            if row.data.is_none() && row.size <= LARGEST {
                let sql = "SELECT data FROM part WHERE id = ?1";
                let alone = source.query(sql, &[row.id.as_str().into()])?;
                row.data = alone.first().and_then(|row| row.first()?.as_text().map(str::to_owned));
            }
            let (id, is_new) = (row.id.clone(), row.is_new);
            parts.extend(row.json("part", out).map(|data| Part { id, data, is_new }));
        }
        if (rows.len() as i64) < AT_ONCE {
            return Ok(parts);
        }
    }
}

/// A row with its contents: id, time of its last change, bytes, and the contents unless they are
/// too large.
struct Row {
    id: String,
    size: i64,
    data: Option<String>,
    is_new: bool,
}

impl Row {
    fn of(row: &[Column], since: i64) -> Self {
        let text = |column: usize| row.get(column).and_then(Column::as_text).map(str::to_owned);
        let integer = |column: usize| row.get(column).and_then(Column::as_integer);
        Self {
            id: text(0).unwrap_or_default(),
            size: integer(2).unwrap_or(0),
            data: text(3),
            is_new: integer(1).is_none_or(|updated| updated >= since),
        }
    }

    /// The contents; if they cannot be read, a problem, unless it was noted already.
    fn json(self, table: &str, out: &mut Output) -> Option<Value> {
        let Self { id, size, data, is_new } = self;
        let failure = match data.as_deref().map(serde_json::from_str) {
            Some(Ok(value)) => return Some(value),
            Some(Err(error)) => format!("is not the JSON expected: {error}"),
            None if size > LARGEST => format!("has {size} bytes, more than the {LARGEST} read"),
            None => "has no text".to_owned(),
        };
        if is_new {
            out.problem(0, format!("{table} `{id}` {failure}"));
        }
        None
    }
}

/// Parts whose message is not there belong to no session.
fn note_orphans(source: &Source, since: i64, out: &mut Output) -> Result<(), ParseError> {
    let rows = source.query(
        "SELECT id, message_id FROM part WHERE time_updated >= ?1 AND NOT EXISTS \
         (SELECT 1 FROM message WHERE message.id = part.message_id) ORDER BY id LIMIT ?2",
        &[since.into(), MOST_ORPHANS.into()],
    )?;
    for row in &rows {
        let text = |column: usize| row.get(column).and_then(Column::as_text).unwrap_or_default();
        out.problem(
            0,
            format!("part `{}` is of message `{}`, which is not there", text(0), text(1)),
        );
    }
    Ok(())
}
