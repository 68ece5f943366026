//! The table `ItemTable` of the editor's databases: a few rows, each with all sessions of its kind.
//!
//! Only the rows named here are read. The table also has tokens that are nobody's business.

use std::collections::BTreeMap;

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Value as Cell, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::bubble::Voice;
use crate::composer::{Chain, Composer};
use crate::{field, taken, uri};

/// The largest row that is read, in bytes.
const ROW: i64 = 24 << 20;

const COMPOSERS: &str = "composer.composerData";
const HEADERS: &str = "composer.composerHeaders";
const CHATS: &str = "workbench.panel.aichat.view.aichat.chatdata";
/// They repeat what the sessions have, without saying which one.
const REPEATED: [&str; 2] = ["aiService.generations", "aiService.prompts"];

/// What is remembered of the table, by the rows' keys.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Items(BTreeMap<String, Known>);

#[derive(Serialize, Deserialize, Default)]
struct Known {
    value: u64,
    /// Of each session that was told, by the hash of its id: how many messages, and their chain.
    sessions: BTreeMap<u64, (u32, u64)>,
}

/// A session in a row, with its messages by key.
struct Told {
    session: Session,
    voice: Voice,
    bubbles: Vec<(String, Value)>,
    is_draft: bool,
}

impl Items {
    /// Whether the table is Cursor's.
    pub(crate) fn are_cursors(source: &Source) -> Result<bool, ParseError> {
        let sql = "SELECT count(*) FROM ItemTable WHERE key IN (?1, ?2, ?3, ?4, ?5) \
                   OR (key >= 'anysphere.' AND key < 'anysphere/') \
                   OR (key >= 'workbench.panel.composer' AND key < 'workbench.panel.composes')";
        let [generations, prompts] = REPEATED;
        let keys = [COMPOSERS, HEADERS, CHATS, generations, prompts];
        let rows = source.query(sql, &keys.map(Cell::from))?;
        Ok(rows.first().and_then(|row| row.first()?.as_integer()).unwrap_or(0) > 0)
    }

    /// Reads the rows that have changed.
    pub(crate) fn read(&mut self, source: &Source, out: &mut Output) -> Result<(), ParseError> {
        // All are looked at before anything is told: what was told and is gone is withdrawn by
        // reading all anew.
        let mut changed = Vec::new();
        for key in [COMPOSERS, HEADERS, CHATS] {
            let value = value(source, key, out)?;
            let hash = xxh3_64(value.as_bytes());
            let known = self.0.get(key);
            if known.map_or(value.is_empty(), |known| known.value == hash) {
                continue;
            }
            let record: Value = match serde_json::from_str(&value) {
                Ok(record) => record,
                Err(error) => {
                    if !value.is_empty() {
                        out.problem(0, format!("`{key}` is not the JSON expected: {error}"));
                    }
                    Value::Null
                }
            };
            let told = if key == CHATS { chats(record) } else { composers(record) };
            let mut sessions = BTreeMap::new();
            for Told { session, bubbles, .. } in &told {
                let count = bubbles.len() as u32;
                let chain = Chain::of(bubbles.iter().map(|(key, _)| key.as_str()), count);
                sessions.insert(xxh3_64(session.id.as_bytes()), (count, chain.unwrap_or(0)));
            }
            for (id, (count, chain)) in known.into_iter().flat_map(|known| &known.sessions) {
                let now = told.iter().find(|told| xxh3_64(told.session.id.as_bytes()) == *id);
                let keys = now.into_iter().flat_map(|told| &told.bubbles);
                let begins = Chain::of(keys.map(|(key, _)| key.as_str()), *count);
                if *count > 0 && begins != Some(*chain) {
                    return Err(ParseError::StaleCheckpoint);
                }
            }
            changed.push((key, Known { value: hash, sessions }, told));
        }
        let directory = directory(source);
        for (key, now, told) in changed {
            let known = self.0.insert(key.to_owned(), now).unwrap_or_default();
            for told in told {
                tell(told, &known, &directory, out)?;
            }
        }
        for key in REPEATED {
            let sql = "SELECT 1 FROM ItemTable WHERE key = ?1";
            if !self.0.contains_key(key) && !source.query(sql, &[key.into()])?.is_empty() {
                self.0.insert(key.to_owned(), Known::default());
                out.skipped(key);
            }
        }
        Ok(())
    }
}

fn tell(
    told: Told,
    known: &Known,
    directory: &Option<String>,
    out: &mut Output,
) -> Result<(), ParseError> {
    let Told { mut session, mut voice, bubbles, is_draft } = told;
    let earlier = known.sessions.get(&xxh3_64(session.id.as_bytes()));
    if bubbles.is_empty() && is_draft {
        if earlier.is_none() {
            out.skipped("session");
        }
        return Ok(());
    }
    if earlier.is_none() {
        out.kept("session");
    }
    session.directory = session.directory.or_else(|| directory.clone());
    out.session(session);
    let counted = earlier.map_or(0, |(count, _)| *count) as usize;
    for (index, (key, bubble)) in bubbles.iter().enumerate() {
        let told = voice.tell(key, bubble, None, &|_| Ok(None), out)?;
        if index >= counted {
            told.count(out);
        }
    }
    Ok(())
}

fn value(source: &Source, key: &str, out: &mut Output) -> Result<String, ParseError> {
    let rows = source.query(
        "SELECT CASE WHEN octet_length(value) <= ?2 THEN value END, octet_length(value) \
         FROM ItemTable WHERE key = ?1",
        &[key.into(), ROW.into()],
    )?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([Cell::Text(text), _]) => text.clone(),
        Some([Cell::Blob(bytes), _]) => String::from_utf8_lossy(bytes).into_owned(),
        Some([_, Cell::Integer(size)]) => {
            out.problem(0, format!("`{key}` has {size} bytes"));
            String::new()
        }
        _ => String::new(),
    })
}

/// Composers, as later versions list them, or with their conversations.
fn composers(mut record: Value) -> Vec<Told> {
    let Value::Array(all) = taken(&mut record, "allComposers") else { return Vec::new() };
    let composers = all.into_iter().filter_map(|record| {
        let id = field(&record, &["composerId"])?.to_owned();
        let Composer { session, voice, order, mut inline, is_draft, .. } =
            Composer::read(&id, record);
        let bubbles =
            order.into_iter().filter_map(|(key, _)| Some((key.clone(), inline.remove(&key)?)));
        Some(Told { session, voice, bubbles: bubbles.collect(), is_draft })
    });
    composers.collect()
}

/// Chats, the oldest sessions.
fn chats(mut record: Value) -> Vec<Told> {
    let Value::Array(tabs) = taken(&mut record, "tabs") else { return Vec::new() };
    let chats = tabs.into_iter().filter_map(|mut tab| {
        let id = field(&tab, &["tabId"])?.to_owned();
        let bubbles = match taken(&mut tab, "bubbles") {
            Value::Array(bubbles) => bubbles,
            _ => Vec::new(),
        };
        let key = |(index, bubble): (usize, Value)| {
            let id = field(&bubble, &["id"]).map(str::to_owned);
            (id.unwrap_or_else(|| index.to_string()), bubble)
        };
        let bubbles: Vec<_> = bubbles.into_iter().enumerate().map(key).collect();
        let Composer { mut session, voice, .. } = Composer::read(&id, Value::Null);
        session.title = field(&tab, &["chatTitle"]).map(str::to_owned);
        // The oldest chats say only when the last prompt was sent.
        session.started = time::parse(&tab["createdAt"]);
        Some(Told { session, voice, is_draft: bubbles.is_empty(), bubbles })
    });
    chats.collect()
}

/// The directory of the workspace whose database this is.
fn directory(source: &Source) -> Option<String> {
    let path = source.path();
    let (folder, _) = path.rsplit_once('/')?;
    let file = source.open(&format!("{folder}/workspace.json")).ok()?;
    uri::workspace(&serde_json::from_slice(&file.read_whole(1 << 20).ok()?).ok()?)
}
