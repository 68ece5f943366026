//! The database: tables `sessions` and `messages`, and `files` with every version of every file that
//! was edited.
//!
//! A message is changed in place while it streams in. Rows carry the second of their last change, so
//! a reading tells again what changed since the last one or in its last second; and all messages of
//! a session that has new versions of files, which say what a call has written over.

use std::collections::VecDeque;

use lore_plugin_sdk::{Output, ParseError, Session, Source, Value as Column, time};
use serde::{Deserialize, Serialize};

use crate::message::{self, Row};

/// How every SQLite database begins.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// Bytes of the largest message, or version of a file, that is read.
const LARGEST: i64 = 24 << 20;

/// Titles that stand there until a session has one.
const PLACEHOLDERS: [&str; 2] = ["Untitled Session", "New Session"];

/// What is remembered of a database: the state of the plugin.
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

/// Times are as they stand in the rows: seconds since the Unix epoch.
#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    sessions: i64,
    messages: i64,
    files: i64,
    /// The youngest message, and how many there were.
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
#[derive(Default, Serialize, Deserialize)]
struct Place {
    session: String,
    /// The last message that was told of it: its time, and its number to tell those of one second
    /// apart.
    after: Option<(i64, i64)>,
    /// All of the session is told.
    is_over: bool,
}

impl Database {
    /// Begins a database, if it has the tables. OpenCode had the same ones in its first days.
    pub(crate) fn start(source: &Source) -> Result<Self, ParseError> {
        let path = source.path();
        let name = path.rsplit('/').next().unwrap_or(&path);
        if name.starts_with("opencode") || source.read(0, SQLITE.len() as u32)? != SQLITE {
            return Err(ParseError::NotMine);
        }
        let has = |table: &str, wanted: &[&str]| -> Result<bool, ParseError> {
            let columns = source.columns(table)?;
            Ok(wanted.iter().all(|name| columns.iter().any(|column| column == name)))
        };
        let is_ours = has(
            "sessions",
            &["id", "parent_session_id", "title", "message_count", "created_at", "updated_at"],
        )? && has(
            "messages",
            &["id", "session_id", "role", "parts", "model", "created_at", "updated_at"],
        )?;
        if is_ours { Ok(Self::default()) } else { Err(ParseError::NotMine) }
    }

    /// Reads on until `out` is full or everything that changed is told; returns whether it is.
    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let has_files = !source.columns("files")?.is_empty();
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin(source, has_files)?,
        };
        let since = self.seen.clone().unwrap_or_else(Seen::nothing);
        let mut sessions = match self.sessions.take() {
            Some(sessions) => sessions,
            None => changed_sessions(source, has_files, &since, &pass.place.session)?,
        };
        while let Some(id) = sessions.pop_front() {
            if pass.place.session != id {
                pass.place = Place { session: id, ..Place::default() };
            } else if pass.place.is_over {
                continue;
            }
            tell_session(source, has_files, &since, &mut pass.place, out)?;
            if out.is_full() {
                sessions.push_front(pass.place.session.clone());
                (self.sessions, self.pass) = (Some(sessions), Some(pass));
                return Ok(false);
            }
        }
        self.seen = Some(pass.seen);
        Ok(true)
    }

    /// Begins a reading, if what was told is still there.
    fn begin(&self, source: &Source, has_files: bool) -> Result<Pass, ParseError> {
        if let Some(seen) = &self.seen {
            let sql = "SELECT count(*) FROM messages WHERE created_at <= ?1";
            let rows = integers(source, sql, &[seen.created.into()])?;
            // More of them are new ones of the last second.
            if rows.first().copied().flatten().is_none_or(|rows| rows < seen.rows) {
                return Err(ParseError::StaleCheckpoint);
            }
        }
        let sql = "SELECT (SELECT max(updated_at) FROM sessions), max(updated_at), \
                   max(created_at), count(*) FROM messages";
        let row = integers(source, sql, &[])?;
        let files = match has_files {
            true => integers(source, "SELECT max(created_at) FROM files", &[])?,
            false => Vec::new(),
        };
        let value = |row: &[Option<i64>], column: usize| row.get(column).copied().flatten();
        let time = |column| value(&row, column).unwrap_or(i64::MIN);
        let seen = Seen {
            sessions: time(0),
            messages: time(1),
            files: value(&files, 0).unwrap_or(i64::MIN),
            created: time(2),
            rows: value(&row, 3).unwrap_or(0),
        };
        Ok(Pass { seen, place: Place::default() })
    }
}

impl Seen {
    fn nothing() -> Self {
        Self { sessions: i64::MIN, messages: i64::MIN, files: i64::MIN, created: i64::MIN, rows: 0 }
    }
}

/// The first row, whose columns are integers or null.
fn integers(source: &Source, sql: &str, params: &[Column]) -> Result<Vec<Option<i64>>, ParseError> {
    let rows = source.query(sql, params)?;
    Ok(rows.first().map(|row| row.iter().map(Column::as_integer).collect()).unwrap_or_default())
}

/// The ids of the sessions in which anything changed, from `first` on.
fn changed_sessions(
    source: &Source,
    has_files: bool,
    since: &Seen,
    first: &str,
) -> Result<VecDeque<String>, ParseError> {
    let files = match has_files {
        true => "UNION SELECT session_id AS id FROM files WHERE created_at >= ?3",
        false => "",
    };
    let sql = format!(
        "SELECT id FROM (SELECT id FROM sessions WHERE updated_at >= ?1 UNION \
         SELECT session_id AS id FROM messages WHERE updated_at >= ?2 {files}) \
         WHERE id >= ?4 ORDER BY id"
    );
    let params = [since.sessions.into(), since.messages.into(), since.files.into(), first.into()];
    let rows = source.query(&sql, &params)?;
    Ok(rows.iter().filter_map(|row| Some(row.first()?.as_text()?.to_owned())).collect())
}

/// Tells what changed in the session of `place`, until `out` is full.
fn tell_session(
    source: &Source,
    has_files: bool,
    since: &Seen,
    place: &mut Place,
    out: &mut Output,
) -> Result<(), ParseError> {
    let (session, updated) = session(source, &place.session)?;
    if place.after.is_none()
        && let Some(updated) = updated
    {
        out.session(session.clone());
        if updated >= since.sessions {
            out.kept("session");
        }
    }
    let has_new_files = has_files && {
        let sql = "SELECT count(*) FROM files WHERE session_id = ?1 AND created_at >= ?2";
        let rows = integers(source, sql, &[place.session.as_str().into(), since.files.into()])?;
        rows.first().copied().flatten() > Some(0)
    };
    let changed_since = if has_new_files { i64::MIN } else { since.messages };
    let (time, number) = place.after.unwrap_or((i64::MIN, i64::MIN));
    let rows = source.query(
        "SELECT rowid, created_at FROM messages WHERE session_id = ?1 AND updated_at >= ?2 \
         AND (created_at > ?3 OR (created_at = ?3 AND rowid > ?4)) ORDER BY created_at, rowid",
        &[place.session.as_str().into(), changed_since.into(), time.into(), number.into()],
    )?;
    let summary = match source.columns("messages")?.iter().any(|c| c == "is_summary_message") {
        true => "is_summary_message",
        false => "0",
    };
    for row in &rows {
        let [Column::Integer(number), Column::Integer(created)] = row.as_slice() else { continue };
        let sql = format!(
            "SELECT id, role, model, updated_at, {summary}, length(CAST(parts AS BLOB)), \
             CASE WHEN length(CAST(parts AS BLOB)) <= ?2 THEN parts END \
             FROM messages WHERE rowid = ?1"
        );
        let found = source.query(&sql, &[(*number).into(), LARGEST.into()])?;
        if let Some(row) = found.first() {
            let row = Row::of(row, *created, since.messages);
            let overwritten = |path: &str, text: &str| match has_files {
                true => overwritten(source, &place.session, path, text, *created),
                false => None,
            };
            message::tell(&session, row, &overwritten, out);
        }
        place.after = Some((*created, *number));
        if out.is_full() {
            return Ok(());
        }
    }
    place.is_over = true;
    Ok(())
}

/// A session and when its row was changed last; no time if there is no row.
fn session(source: &Source, id: &str) -> Result<(Session, Option<i64>), ParseError> {
    let rows = source.query(
        "SELECT parent_session_id, title, created_at, updated_at FROM sessions WHERE id = ?1",
        &[id.into()],
    )?;
    let Some([parent, title, created, updated]) = rows.first().map(Vec::as_slice) else {
        return Ok((Session::new(id), None));
    };
    let text =
        |column: &Column| column.as_text().filter(|text| !text.is_empty()).map(str::to_owned);
    let session = Session {
        parent: text(parent),
        title: text(title).filter(|title| !PLACEHOLDERS.contains(&title.as_str())),
        started: created.as_integer().and_then(moment),
        ..Session::new(id)
    };
    Ok((session, Some(updated.as_integer().unwrap_or(i64::MAX))))
}

/// What stood in a file before `text` was written to it: the version before the first one with this
/// text. Files are named by their whole paths there.
fn overwritten(
    source: &Source,
    session: &str,
    path: &str,
    text: &str,
    since: i64,
) -> Option<String> {
    let rows = source.query(
        "SELECT before.content FROM files AS written JOIN files AS before \
         ON before.session_id = written.session_id AND before.path = written.path \
         AND before.version = (SELECT max(version) FROM files WHERE \
         session_id = written.session_id AND path = written.path AND version < written.version) \
         WHERE written.session_id = ?1 AND written.created_at >= ?4 AND written.content = ?3 \
         AND (written.path = ?2 OR substr(written.path, -length(?2) - 1) = '/' || ?2) \
         AND length(CAST(before.content AS BLOB)) <= ?5 ORDER BY written.version LIMIT 1",
        &[session.into(), path.into(), text.into(), since.into(), LARGEST.into()],
    );
    // Without it the edit is known all the same.
    let rows = rows.unwrap_or_default();
    let before = rows.first()?.first()?.as_text()?;
    (!before.is_empty()).then(|| before.to_owned())
}

/// Milliseconds since the Unix epoch of a time in a row.
pub(crate) fn moment(time: i64) -> Option<i64> {
    time::parse(&serde_json::Value::from(time))
}
