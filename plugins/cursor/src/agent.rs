//! The database of an agent's session: `chats/<directory>/<session>/store.db`.
//!
//! Its table `blobs` keeps contents by their hash: messages as JSON, the state of the conversation as
//! protobuf, texts of files. Messages are told in the order in which they were put in, which is that
//! of the conversation and holds also for those that a summary has taken the place of.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Value as Cell, json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::{damaged, field, results, tools, transcript, unknown, uri};

/// Rows and bytes of one query, and the largest row that is read.
const ROWS: i64 = 200;
const BYTES: i64 = 8 << 20;
const ROW: i64 = 16 << 20;

/// What is remembered of the database.
#[derive(Serialize, Deserialize)]
pub struct State {
    session: String,
    /// The last row that was read, and how many rows there are up to it.
    last: i64,
    rows: i64,
    /// Hash of what was told of the session.
    meta: u64,
}

impl State {
    /// Nothing if it is no database of an agent.
    pub(crate) fn begin(source: &Source) -> Result<Option<Self>, ParseError> {
        let has = |table: &str, wanted: [&str; 2]| -> Result<bool, ParseError> {
            let columns = source.columns(table)?;
            Ok(wanted.iter().all(|name| columns.iter().any(|column| column == name)))
        };
        if !has("blobs", ["id", "data"])? || !has("meta", ["key", "value"])? {
            return Ok(None);
        }
        let path = source.path();
        let directory = path.rsplit('/').nth(1).unwrap_or_default();
        let meta = meta(source)?;
        let session = field(&meta, &["agentId"]).unwrap_or(directory);
        let session = if session.is_empty() { source.stem() } else { session.to_owned() };
        Ok(Some(Self { session, last: 0, rows: 0, meta: 0 }))
    }

    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let sql = "SELECT count(*) FROM blobs WHERE rowid <= ?1";
        if integer(source, sql, self.last)? != self.rows {
            // Rows have gone, or have other numbers now.
            return Err(ParseError::StaleCheckpoint);
        }
        self.describe(source, out)?;
        loop {
            let sizes = source.query(
                "SELECT rowid, octet_length(data) FROM blobs WHERE rowid > ?1 ORDER BY rowid \
                 LIMIT ?2",
                &[self.last.into(), ROWS.into()],
            )?;
            if sizes.is_empty() {
                return Ok(true);
            }
            let (mut to, mut bytes) = (self.last, 0);
            for row in &sizes {
                let size = row.get(1).and_then(Cell::as_integer).unwrap_or(0);
                bytes += size.min(ROW);
                if to > self.last && bytes > BYTES {
                    break;
                }
                to = row.first().and_then(Cell::as_integer).unwrap_or(to);
            }
            if to <= self.last {
                return Err(damaged());
            }
            let rows = source.query(
                "SELECT rowid, id, CASE WHEN octet_length(data) <= ?3 THEN data END, \
                 octet_length(data) FROM blobs WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid",
                &[self.last.into(), to.into(), ROW.into()],
            )?;
            for row in &rows {
                self.row(row, out);
                self.rows += 1;
            }
            self.last = to;
            if out.is_full() {
                return Ok(false);
            }
        }
    }

    fn row(&self, row: &[Cell], out: &mut Output) {
        let [_, id, data, size] = row else { return };
        let id = id.as_text().unwrap_or_default();
        let bytes = match data {
            Cell::Blob(bytes) => bytes.as_slice(),
            Cell::Text(text) => text.as_bytes(),
            _ => {
                return match size.as_integer() {
                    Some(size) => out.problem(0, format!("the blob `{id}` has {size} bytes")),
                    None => out.skipped("empty"),
                };
            }
        };
        if bytes.first() != Some(&b'{') {
            return out.skipped("state");
        }
        match serde_json::from_slice::<Value>(bytes) {
            Ok(message) if message["role"].is_string() => self.message(id, &message, out),
            Ok(_) => out.skipped("data"),
            Err(error) if bytes.starts_with(b"{\"role\"") => {
                out.problem(0, format!("the blob `{id}` is not the JSON expected: {error}"));
            }
            Err(_) => out.skipped("data"),
        }
    }

    fn message(&self, key: &str, record: &Value, out: &mut Output) {
        let said = record["role"].as_str().unwrap_or_default();
        let role = match said {
            "user" | "tool" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => {
                out.unknown(said);
                return out.message(unknown(&self.session, key, record));
            }
        };
        let options = &record["providerOptions"];
        let mut message = Message::new(&self.session, key, role);
        message.injected = role == Role::System || options["cursor"]["isSummary"] == true;
        let mut context = Vec::new();
        match &record["content"] {
            Value::String(text) if message.injected => {
                message.content.push(Block::Text(text.clone()));
            }
            Value::String(text) => transcript::said(text, &mut message, &mut context),
            Value::Array(parts) => {
                for part in parts {
                    part_of(part, options, &mut message, &mut context);
                }
            }
            other => message.content.push(Block::Other(json::compact_elided(other.clone()))),
        }
        if message.content.is_empty() && context.is_empty() {
            return out.skipped(said);
        }
        out.kept(said);
        if !context.is_empty() {
            let mut added = Message::new(&self.session, format!("{key}/context"), role);
            added.injected = true;
            added.content = context;
            out.message(added);
        }
        if !message.content.is_empty() {
            out.message(message);
        }
    }

    /// Tells what is known of the session, if it is not what was told before.
    fn describe(&mut self, source: &Source, out: &mut Output) -> Result<(), ParseError> {
        let meta = meta(source)?;
        let root = field(&meta, &["latestRootBlobId"]).unwrap_or_default();
        let sql = "SELECT data FROM blobs WHERE id = ?1 AND octet_length(data) < 1048576";
        let root = source.query(sql, &[root.into()])?;
        let place = match root.first().and_then(|row| row.first()) {
            Some(Cell::Blob(bytes)) => Place::read(bytes),
            _ => Place::default(),
        };
        let name = field(&meta, &["name"]).filter(|name| *name != "New Agent");
        let session = Session {
            title: name.map(str::to_owned),
            started: time::parse(&meta["createdAt"]),
            model: field(&meta, &["lastUsedModel"])
                .filter(|model| *model != "default")
                .map(str::to_owned),
            directory: place.directory,
            branch: place.branch,
            ..Session::new(&self.session)
        };
        let hash = xxh3_64(format!("{session:?}").as_bytes());
        if self.meta != hash {
            if self.meta == 0 {
                out.kept("meta");
            }
            self.meta = hash;
            out.session(session);
        }
        Ok(())
    }
}

fn part_of(part: &Value, options: &Value, message: &mut Message, context: &mut Vec<Block>) {
    let name = || field(part, &["toolName", "name"]).unwrap_or("unknown").to_owned();
    let id = || field(part, &["toolCallId", "id"]).unwrap_or_default().to_owned();
    match part["type"].as_str().unwrap_or_default() {
        "text" if part["text"].is_string() => {
            let text = part["text"].as_str().unwrap_or_default();
            if message.injected {
                message.content.push(Block::Text(text.to_owned()));
            } else {
                transcript::said(text, message, context);
            }
        }
        "reasoning" if part["text"].is_string() => {
            let text = part["text"].as_str().unwrap_or_default();
            if !text.trim().is_empty() {
                message.content.push(Block::Thinking(text.to_owned()));
            }
        }
        // What was thought stayed with the provider.
        "redacted-reasoning" => {}
        "tool-call" => {
            let args = crate::unpacked(&part["args"]);
            let tool = tools::tool_use(id(), name(), &args, &Value::Null);
            message.content.push(Block::ToolUse(tool));
        }
        "tool-result" => {
            let kind = tools::kind(&name());
            let result = results::of_agent(id(), kind, part, options);
            message.content.push(Block::ToolResult(result));
        }
        _ => message.content.push(Block::Other(json::compact_elided(part.clone()))),
    }
}

/// The row `0` of `meta`: JSON, mostly written as hexadecimal digits.
fn meta(source: &Source) -> Result<Value, ParseError> {
    let rows = source.query("SELECT value FROM meta WHERE key = '0'", &[])?;
    let text = rows.first().and_then(|row| row.first()?.as_text()).unwrap_or_default();
    let digits = text.as_bytes().chunks_exact(2);
    let decoded: Option<Vec<u8>> =
        digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect();
    let bytes = decoded.unwrap_or_else(|| text.as_bytes().to_vec());
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

fn integer(source: &Source, sql: &str, parameter: i64) -> Result<i64, ParseError> {
    let rows = source.query(sql, &[parameter.into()])?;
    Ok(rows.first().and_then(|row| row.first()?.as_integer()).unwrap_or(0))
}

/// Where a conversation is held: fields 9 and 21 of its state.
#[derive(Default)]
struct Place {
    directory: Option<String>,
    branch: Option<String>,
}

impl Place {
    fn read(bytes: &[u8]) -> Self {
        let mut place = Self::default();
        for (number, value) in Fields(bytes) {
            match number {
                9 => {
                    let text = str::from_utf8(value).ok();
                    place.directory = text.and_then(|uri| uri::path(&Value::from(uri)));
                }
                21 => {
                    let text = |wanted: u64| {
                        let mut fields = Fields(value);
                        let (_, text) = fields.find(|(number, _)| *number == wanted)?;
                        str::from_utf8(text).ok().filter(|text| !text.is_empty())
                    };
                    place.branch = text(2).map(str::to_owned);
                    if place.directory.is_none() {
                        place.directory = text(1).map(str::to_owned);
                    }
                }
                _ => {}
            }
        }
        place
    }
}

/// The fields of a protobuf message that have a length: number and bytes. It ends at the first one
/// that is not understood.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let tag = self.number()?;
            match tag & 7 {
                0 => drop(self.number()?),
                1 => drop(self.take(8)?),
                2 => {
                    let length = usize::try_from(self.number()?).ok()?;
                    return Some((tag >> 3, self.take(length)?));
                }
                5 => drop(self.take(4)?),
                _ => return None,
            }
        }
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }
}
