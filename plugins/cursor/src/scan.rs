//! The table `cursorDiskKV` of the editor's databases: composers and their bubbles, a row each.
//!
//! The table may have gigabytes, so values are read only of composers that have changed. Each time the
//! keys are listed with the numbers of their rows, for which SQLite reads nothing but the index: a row
//! that is written anew replaces the old one and gets another number. A composer whose list gives the
//! hash that it gave before is not looked at. Should a version write a row in its place, the size of
//! the composer's record tells: it is written with every bubble.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Value as Cell, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::bubble::{Told, Voice};
use crate::composer::{Chain, Composer};

/// Rows of one listing.
const LISTED: i64 = 5000;
/// Rows and bytes of one query of values, and the largest row that is read.
const ROWS: usize = 100;
const BYTES: i64 = 8 << 20;
const ROW: i64 = 16 << 20;
/// The largest text of the content store that is read.
const CONTENT: i64 = 4 << 20;

/// What is remembered of the table.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Composers {
    /// By the hash of their ids.
    known: BTreeMap<u64, Known>,
    /// Rows of other kinds that were counted.
    others: i64,
    #[serde(skip)]
    work: Option<Box<Work>>,
}

/// What is remembered of a composer.
#[derive(Serialize, Deserialize, Default, Clone, Copy)]
struct Known {
    /// Hash of the list of its rows.
    listed: u64,
    /// How many bubbles were told, and the chain of their keys.
    told: u32,
    chain: u64,
    /// Rows of bubbles that the conversation has no more, which were counted.
    unlisted: u32,
}

/// What is still to be read.
struct Work {
    present: BTreeSet<u64>,
    /// Id and hash of the list.
    changed: VecDeque<(String, u64)>,
    telling: Option<Telling>,
}

/// A composer half told.
struct Telling {
    /// The hash of its id, and what is to be remembered once it is told.
    id: u64,
    composer: String,
    known: Known,
    /// Bubbles that were counted at an earlier reading.
    counted: u32,
    place: u32,
    bubbles: VecDeque<Bubble>,
    voice: Voice,
    below: Vec<String>,
}

struct Bubble {
    key: String,
    at: Option<i64>,
    body: Body,
}

enum Body {
    /// Bytes of its row.
    Row(i64),
    Inline(Value),
}

/// A composer's record and the list of its bubbles.
struct Listing {
    composer: Composer,
    bubbles: Vec<Bubble>,
    /// Rows that the conversation does not have, or that are empty.
    unlisted: u32,
    /// The composer has a row of its own, and it could be read.
    has_record: bool,
}

impl Composers {
    /// Reads on until `out` is full or all is read; returns whether it is.
    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let mut work = match self.work.take() {
            Some(work) => work,
            None => Box::new(self.look(source, out)?),
        };
        let is_done = loop {
            if out.is_full() {
                break false;
            }
            if let Some(telling) = &mut work.telling {
                if telling.step(source, out)? {
                    for below in telling.below.drain(..) {
                        if work.present.contains(&hash(&below)) {
                            let parent = Some(telling.composer.clone());
                            out.session(Session { parent, ..Session::new(below) });
                        }
                    }
                    self.known.insert(telling.id, telling.known);
                    work.telling = None;
                }
            } else if let Some((id, listed)) = work.changed.pop_front() {
                work.telling = self.begin(source, id, listed, out)?;
            } else {
                break true;
            }
        };
        if !is_done {
            self.work = Some(work);
        }
        Ok(is_done)
    }

    /// Lists the table and finds what has changed.
    fn look(&mut self, source: &Source, out: &mut Output) -> Result<Work, ParseError> {
        let (lists, rows) = lists(source)?;
        let present: BTreeSet<u64> = lists.keys().map(|id| hash(id)).collect();
        // Whatever was told and is gone is withdrawn by reading all anew.
        if self.known.iter().any(|(id, known)| known.told > 0 && !present.contains(id)) {
            return Err(ParseError::StaleCheckpoint);
        }
        self.known.retain(|id, _| present.contains(id));
        let is_changed = |(id, listed): &(String, u64)| {
            self.known.get(&hash(id)).is_none_or(|known| known.listed != *listed)
        };
        let changed: VecDeque<_> = lists.into_iter().filter(is_changed).collect();
        for (id, _) in &changed {
            let Some(known) = self.known.get(&hash(id)).filter(|known| known.told > 0) else {
                continue;
            };
            let Listing { bubbles, .. } = listing(source, id, &mut Output::default())?;
            let keys = bubbles.iter().map(|bubble| bubble.key.as_str());
            if Chain::of(keys, known.told) != Some(known.chain) {
                return Err(ParseError::StaleCheckpoint);
            }
        }
        let all = source.query("SELECT count(*) FROM cursorDiskKV", &[])?;
        let all = all.first().and_then(|row| row.first()?.as_integer()).unwrap_or(0);
        for _ in self.others..all - rows {
            out.skipped("other");
        }
        self.others = self.others.max(all - rows);
        Ok(Work { present, changed, telling: None })
    }

    /// Begins to tell a composer; nothing if there is nothing to tell.
    fn begin(
        &mut self,
        source: &Source,
        id: String,
        listed: u64,
        out: &mut Output,
    ) -> Result<Option<Telling>, ParseError> {
        let number = hash(&id);
        let earlier = self.known.get(&number).copied();
        let Listing { composer, bubbles, unlisted, has_record } = listing(source, &id, out)?;
        let is_new = has_record && earlier.is_none();
        let before = earlier.unwrap_or_default();
        for _ in before.unlisted..unlisted {
            out.skipped("unlisted bubble");
        }
        let count = bubbles.len() as u32;
        let chain = Chain::of(bubbles.iter().map(|bubble| bubble.key.as_str()), count);
        let unlisted = unlisted.max(before.unlisted);
        let known = Known { listed, told: count, chain: chain.unwrap_or(0), unlisted };
        if bubbles.is_empty() {
            if is_new {
                out.skipped("composer");
            }
            self.known.insert(number, known);
            return Ok(None);
        }
        if is_new {
            out.kept("composer");
        }
        out.session(composer.session);
        Ok(Some(Telling {
            id: number,
            composer: id,
            known,
            counted: before.told,
            place: 0,
            bubbles: bubbles.into(),
            voice: composer.voice,
            below: composer.below,
        }))
    }
}

impl Telling {
    /// Tells the next bubbles; returns whether these were the last ones.
    fn step(&mut self, source: &Source, out: &mut Output) -> Result<bool, ParseError> {
        let (mut keys, mut bytes): (Vec<Cell>, i64) = (Vec::new(), 0);
        let mut taken = 0;
        for bubble in self.bubbles.iter().take(ROWS) {
            if let Body::Row(size) = bubble.body {
                bytes += size;
                if taken > 0 && bytes > BYTES {
                    break;
                }
                if size <= ROW {
                    keys.push(row_key(&self.composer, &bubble.key).into());
                }
            }
            taken += 1;
        }
        let mut values = BTreeMap::new();
        if !keys.is_empty() {
            let places = vec!["?"; keys.len()].join(",");
            let sql = format!("SELECT key, value FROM cursorDiskKV WHERE key IN ({places})");
            for row in source.query(&sql, &keys)? {
                if let [key, value] = row.as_slice() {
                    values.insert(key.as_text().unwrap_or_default().to_owned(), value.clone());
                }
            }
        }
        for bubble in self.bubbles.drain(..taken).collect::<Vec<_>>() {
            let row = row_key(&self.composer, &bubble.key);
            let is_new = self.place >= self.counted;
            self.place += 1;
            let body = match bubble.body {
                Body::Inline(body) => Ok(body),
                Body::Row(size) if size > ROW => Err(format!("has {size} bytes")),
                Body::Row(_) => match values.remove(&row) {
                    Some(value) => parse(&value),
                    None => Ok(Value::Null),
                },
            };
            let told = match body {
                Ok(Value::Null) => Told::Skipped,
                Ok(body) => {
                    let contents = |key: &str| content(source, key);
                    self.voice.tell(&bubble.key, &body, bubble.at, &contents, out)?
                }
                Err(reason) => {
                    if is_new {
                        out.problem(0, format!("`{row}` {reason}"));
                    }
                    continue;
                }
            };
            if is_new {
                told.count(out);
            }
        }
        Ok(self.bubbles.is_empty())
    }
}

/// For each composer a hash of its rows, and how many rows these are.
fn lists(source: &Source) -> Result<(BTreeMap<String, u64>, i64), ParseError> {
    let mut lists: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = 0;
    let kinds = [
        ("composerData:", "composerData;", "octet_length(value)"),
        ("bubbleId:", "bubbleId;", "NULL"),
    ];
    for (prefix, end, size) in kinds {
        let mut last = prefix.to_owned();
        loop {
            let rows = source.query(
                &format!(
                    "SELECT key, rowid, {size} FROM cursorDiskKV \
                     WHERE key > ?1 AND key < ?2 ORDER BY key LIMIT ?3"
                ),
                &[last.as_str().into(), end.into(), LISTED.into()],
            )?;
            for row in &rows {
                let [key, number, size] = row.as_slice() else { continue };
                let Some(key) = key.as_text() else { continue };
                let name = key.strip_prefix(prefix).unwrap_or(key);
                let id = name.split(':').next().unwrap_or(name);
                let number = number.as_integer().unwrap_or(-1);
                let line = format!("{key}\n{number}\n{:?}", size.as_integer());
                match lists.get_mut(id) {
                    Some(list) => *list = xxh3_64_with_seed(line.as_bytes(), *list),
                    None => {
                        lists.insert(id.to_owned(), xxh3_64(line.as_bytes()));
                    }
                }
                count += 1;
            }
            match rows.last().and_then(|row| row.first()?.as_text()) {
                Some(key) if rows.len() as i64 == LISTED && *key <= *last => {
                    return Err(crate::damaged());
                }
                Some(key) if rows.len() as i64 == LISTED => last = key.to_owned(),
                _ => break,
            }
        }
    }
    Ok((lists, count))
}

/// The record of a composer, and its bubbles in the order of the conversation.
fn listing(source: &Source, id: &str, out: &mut Output) -> Result<Listing, ParseError> {
    let record = record(source, id, out)?;
    let has_record = record.is_some();
    let mut composer = Composer::read(id, record.unwrap_or_default());
    let (from, to) = (format!("bubbleId:{id}:"), format!("bubbleId:{id};"));
    let rows = source.query(
        "SELECT key, octet_length(value) FROM cursorDiskKV WHERE key >= ?1 AND key < ?2",
        &[from.as_str().into(), to.into()],
    )?;
    let mut sizes: BTreeMap<String, Option<i64>> = BTreeMap::new();
    for row in &rows {
        let [key, size] = row.as_slice() else { continue };
        let Some(key) = key.as_text().and_then(|key| key.strip_prefix(&from)) else { continue };
        sizes.insert(key.to_owned(), size.as_integer());
    }
    if composer.order.is_empty() && !sizes.is_empty() {
        composer.order = by_time(source, &from)?;
    }
    let (mut bubbles, mut empty) = (Vec::new(), 0);
    for (key, at) in composer.order.drain(..) {
        let size = sizes.remove(&key);
        empty += u32::from(size == Some(None));
        let body = match size.flatten() {
            Some(size) => Body::Row(size),
            None => match composer.inline.remove(&key) {
                Some(bubble) => Body::Inline(bubble),
                None => continue, // a header without its bubble says nothing
            },
        };
        bubbles.push(Bubble { key, at, body });
    }
    Ok(Listing { composer, bubbles, unlisted: sizes.len() as u32 + empty, has_record })
}

/// The record of a composer, if it has one that can be read.
fn record(source: &Source, id: &str, out: &mut Output) -> Result<Option<Value>, ParseError> {
    let key = format!("composerData:{id}");
    let rows = source.query(
        "SELECT CASE WHEN octet_length(value) <= ?2 THEN value END, octet_length(value) \
         FROM cursorDiskKV WHERE key = ?1",
        &[key.as_str().into(), ROW.into()],
    )?;
    match rows.first().map(Vec::as_slice) {
        Some([Cell::Null, Cell::Integer(size)]) => {
            out.problem(0, format!("`{key}` has {size} bytes"));
        }
        Some([value, _]) => match parse(value) {
            Ok(record) => return Ok(Some(record)),
            Err(reason) => out.problem(0, format!("`{key}` {reason}")),
        },
        _ => {}
    }
    Ok(None)
}

/// Bubbles of a conversation that no record lists, by the times in them.
fn by_time(source: &Source, prefix: &str) -> Result<Vec<(String, Option<i64>)>, ParseError> {
    let rows = source.query(
        "SELECT key, CASE WHEN json_valid(CAST(value AS TEXT)) \
         THEN json_extract(CAST(value AS TEXT), '$.createdAt') END \
         FROM cursorDiskKV WHERE key >= ?1 AND key < ?2 AND value IS NOT NULL",
        &[prefix.into(), format!("{};", prefix.trim_end_matches(':')).into()],
    )?;
    let mut bubbles: Vec<(Option<i64>, String)> = Vec::new();
    for row in &rows {
        let [key, at] = row.as_slice() else { continue };
        let Some(key) = key.as_text().and_then(|key| key.strip_prefix(prefix)) else { continue };
        let at = match at {
            Cell::Integer(at) => time::parse(&Value::from(*at)),
            Cell::Real(at) => time::parse(&Value::from(*at)),
            other => other.as_text().and_then(time::parse_text),
        };
        bubbles.push((at, key.to_owned()));
    }
    bubbles.sort();
    Ok(bubbles.into_iter().map(|(at, key)| (key, at)).collect())
}

/// A text of the content store; nothing if it is not there or too large.
fn content(source: &Source, key: &str) -> Result<Option<String>, ParseError> {
    if !key.starts_with("composer.content.") {
        return Ok(None);
    }
    let sql = "SELECT value FROM cursorDiskKV WHERE key = ?1 AND octet_length(value) <= ?2";
    let rows = source.query(sql, &[key.into(), CONTENT.into()])?;
    Ok(rows.first().and_then(|row| row.first()?.as_text().map(str::to_owned)))
}

fn parse(value: &Cell) -> Result<Value, String> {
    let bytes = match value {
        Cell::Text(text) => text.as_bytes(),
        Cell::Blob(bytes) => bytes,
        _ => return Ok(Value::Null),
    };
    serde_json::from_str(&String::from_utf8_lossy(bytes))
        .map_err(|error| format!("is not the JSON expected: {error}"))
}

fn row_key(composer: &str, bubble: &str) -> String {
    format!("bubbleId:{composer}:{bubble}")
}

fn hash(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}
