//! The database: tables `sessions` and `messages`.
//!
//! Rows of messages are added, and all of a conversation's are put in the place of the old ones when
//! it is compacted or cut off. A reading tells every session again that has new rows or was changed
//! in or after the last second that was seen; if rows are gone, it begins anew.

use std::collections::VecDeque;

use lore_plugin_sdk::{Output, ParseError, Session, Source, Value as Column, json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::keys::Keys;
use crate::message::{self, Record};

/// Bytes of the largest message that is read; a larger one is a problem.
const LARGEST: i64 = 24 << 20;

/// Names that stand there until a session has one.
const PLACEHOLDERS: [&str; 3] = ["CLI Session", "New Chat", "New session"];

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

#[derive(Clone, Default, Serialize, Deserialize)]
struct Seen {
    /// The time of the last change of a session, as it stands there: `2026-01-05 08:00:00`.
    sessions: String,
    /// The number of the last message, and how many there were.
    message: i64,
    rows: i64,
    /// Messages had ids, which make other keys.
    had_ids: bool,
}

#[derive(Serialize, Deserialize)]
struct Pass {
    /// What is there once it is complete.
    seen: Seen,
    place: Place,
}

/// How far a reading came.
#[derive(Default, Serialize, Deserialize)]
struct Place {
    session: String,
    is_begun: bool,
    /// The number of the last message that was told of it.
    after: i64,
    keys: Keys,
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
        let is_ours = has("sessions", &["id", "working_dir", "description"])?
            && has("messages", &["id", "session_id", "role", "content_json", "created_timestamp"])?;
        if is_ours { Ok(Self::default()) } else { Err(ParseError::NotMine) }
    }

    /// Reads on until `out` is full or everything that changed is told; returns whether it is.
    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let columns = Columns::of(source)?;
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin(source, &columns)?,
        };
        let since = self.seen.clone().unwrap_or_default();
        let mut sessions = match self.sessions.take() {
            Some(sessions) => sessions,
            None => changed_sessions(source, &columns, &since, &pass.place.session)?,
        };
        while let Some(id) = sessions.pop_front() {
            if pass.place.session != id {
                pass.place = Place { session: id, after: i64::MIN, ..Place::default() };
            } else if pass.place.is_over {
                continue;
            }
            tell_session(source, &columns, &since, &mut pass.place, out)?;
            if out.is_full() {
                sessions.push_front(pass.place.session.clone());
                (self.sessions, self.pass) = (Some(sessions), Some(pass));
                return Ok(false);
            }
        }
        self.seen = Some(pass.seen);
        Ok(true)
    }

    /// Begins a reading, if what was told is still there under the same keys.
    fn begin(&self, source: &Source, columns: &Columns) -> Result<Pass, ParseError> {
        let had_ids = columns.has_message_ids();
        if let Some(seen) = &self.seen {
            let sql = "SELECT count(*) FROM messages WHERE id <= ?1";
            let rows = source.query(sql, &[seen.message.into()])?;
            if integer(&rows, 0) != Some(seen.rows) || seen.had_ids != had_ids {
                return Err(ParseError::StaleCheckpoint);
            }
        }
        let rows = source.query("SELECT max(id), count(*) FROM messages", &[])?;
        let (message, count) = (integer(&rows, 0), integer(&rows, 1));
        let sessions = match columns.has_session("updated_at") {
            true => source.query("SELECT max(updated_at) FROM sessions", &[])?,
            false => Vec::new(),
        };
        let updated = sessions.first().and_then(|row| row.first()?.as_text());
        let seen = Seen {
            sessions: updated.unwrap_or_default().to_owned(),
            message: message.unwrap_or(0),
            rows: count.unwrap_or(0),
            had_ids,
        };
        Ok(Pass { seen, place: Place { after: i64::MIN, ..Place::default() } })
    }
}

/// The columns that are there: older databases have few.
struct Columns {
    sessions: Vec<String>,
    messages: Vec<String>,
}

impl Columns {
    fn of(source: &Source) -> Result<Self, ParseError> {
        Ok(Self { sessions: source.columns("sessions")?, messages: source.columns("messages")? })
    }

    fn has_session(&self, name: &str) -> bool {
        self.sessions.iter().any(|column| column == name)
    }

    fn has_message_ids(&self) -> bool {
        self.messages.iter().any(|column| column == "message_id")
    }

    /// A column of `sessions`, or nothing in its place.
    fn of_session<'n>(&self, name: &'n str) -> &'n str {
        if self.has_session(name) { name } else { "NULL" }
    }

    fn of_message<'n>(&self, name: &'n str) -> &'n str {
        if self.messages.iter().any(|column| column == name) { name } else { "NULL" }
    }
}

/// A column of the first row.
fn integer(rows: &[Vec<Column>], column: usize) -> Option<i64> {
    rows.first()?.get(column)?.as_integer()
}

/// The ids of the sessions in which anything changed, from `first` on.
fn changed_sessions(
    source: &Source,
    columns: &Columns,
    since: &Seen,
    first: &str,
) -> Result<VecDeque<String>, ParseError> {
    let is_changed = match columns.has_session("updated_at") {
        true => "updated_at >= ?1",
        false => "?1 IS NOT NULL",
    };
    let sql = format!(
        "SELECT id FROM (SELECT id FROM sessions WHERE {is_changed} UNION \
         SELECT session_id AS id FROM messages WHERE id > ?2) WHERE id >= ?3 ORDER BY id"
    );
    let params = [since.sessions.as_str().into(), since.message.into(), first.into()];
    let rows = source.query(&sql, &params)?;
    Ok(rows.iter().filter_map(|row| Some(row.first()?.as_text()?.to_owned())).collect())
}

/// Tells the session of `place`, until `out` is full.
fn tell_session(
    source: &Source,
    columns: &Columns,
    since: &Seen,
    place: &mut Place,
    out: &mut Output,
) -> Result<(), ParseError> {
    let (session, is_sub_agent, updated) = session(source, columns, &place.session)?;
    if !place.is_begun
        && let Some(updated) = updated
    {
        out.session(session.clone());
        if updated >= since.sessions {
            out.kept("session");
        }
    }
    place.is_begun = true;
    let sql = format!(
        "SELECT id, role, created_timestamp, {}, {}, length(CAST(content_json AS BLOB)), \
         CASE WHEN length(CAST(content_json AS BLOB)) <= ?3 THEN content_json END FROM messages \
         WHERE session_id = ?1 AND id > ?2 ORDER BY id LIMIT 1",
        columns.of_message("metadata_json"),
        columns.of_message("message_id"),
    );
    loop {
        let params = [place.session.as_str().into(), place.after.into(), LARGEST.into()];
        let rows = source.query(&sql, &params)?;
        let Some(row) = rows.first() else {
            place.is_over = true;
            return Ok(());
        };
        let number = row.first().and_then(Column::as_integer).unwrap_or(i64::MAX);
        if number <= place.after {
            return Err(ParseError::Read("the database is damaged: its rows have no order".into()));
        }
        let is_new = number > since.message;
        match record(row, &mut place.keys, is_new) {
            Ok(record) => message::tell(&session, is_sub_agent, record, out),
            Err(failure) if is_new => out.problem(0, format!("message {number} {failure}")),
            Err(_) => {}
        }
        place.after = number;
        if out.is_full() {
            return Ok(());
        }
    }
}

/// A session, whether it is a sub-agent's, and when its row was changed last; no time if there is
/// no row.
fn session(
    source: &Source,
    columns: &Columns,
    id: &str,
) -> Result<(Session, bool, Option<String>), ParseError> {
    let names = [
        "working_dir",
        "name",
        "description",
        "created_at",
        "updated_at",
        "session_type",
        "model_config_json",
    ];
    let list = names.map(|name| columns.of_session(name)).join(", ");
    let rows = source.query(&format!("SELECT {list} FROM sessions WHERE id = ?1"), &[id.into()])?;
    let Some(row) = rows.first() else { return Ok((Session::new(id), false, None)) };
    let text = |column: usize| {
        let text = row.get(column).and_then(Column::as_text);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let model = text(6).and_then(|config| serde_json::from_str::<Value>(&config).ok());
    let model = model.map(|config| json::text(&config["model_name"]).to_owned());
    let session = Session {
        directory: text(0),
        title: text(1).filter(|name| !is_placeholder(name)).or_else(|| text(2)),
        started: text(3).and_then(|time| time::parse_text(&time)),
        model: model.filter(|model| !model.is_empty()),
        ..Session::new(id)
    };
    let is_sub_agent = matches!(text(5).as_deref(), Some("sub_agent" | "subagent"));
    Ok((session, is_sub_agent, Some(text(4).unwrap_or_default())))
}

/// Newer versions number new sessions: `New session 3`.
fn is_placeholder(name: &str) -> bool {
    PLACEHOLDERS.iter().any(|placeholder| {
        name.strip_prefix(placeholder)
            .is_some_and(|rest| rest.bytes().all(|byte| byte == b' ' || byte.is_ascii_digit()))
    })
}

fn record(row: &[Column], keys: &mut Keys, is_new: bool) -> Result<Record, String> {
    let text = |column: usize| row.get(column).and_then(Column::as_text);
    let number = |column: usize| row.get(column).and_then(Column::as_integer).unwrap_or(0);
    let (role, created) = (text(1).unwrap_or_default(), number(2));
    let Some(json) = text(6) else {
        return Err(match number(5) {
            size if size > LARGEST => format!("has {size} bytes, more than the {LARGEST} read"),
            _ => "has no content".to_owned(),
        });
    };
    let content: Value =
        serde_json::from_str(json).map_err(|error| format!("is not the JSON expected: {error}"))?;
    let id = text(4).filter(|id| !id.is_empty());
    Ok(Record {
        key: keys.next(id, role, created, &content.to_string()),
        role: role.to_owned(),
        created,
        metadata: text(3).and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default(),
        content,
        is_new,
    })
}
