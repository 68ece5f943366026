//! What becomes of a line: messages, news about the session, and one count.

use lore_plugin_sdk::{Block, Line, Message, ParseError, Role, json, time};
use serde_json::Value;

use crate::held::Fate;
use crate::session::is_id;
use crate::{State, parts, system, tools};

/// Subtypes of the user's records that somebody wrote; the others are put in by the tool.
const WRITTEN: [&str; 3] = ["agent_launch_prompt", "mid_turn_user_message", "realtime_message"];

/// Takes in one line. Crashes glue records together: each of a line is a record, and the line is
/// counted as the first.
pub(crate) fn line(state: &mut State, line: &Line<'_>) -> Result<(), ParseError> {
    state.held.begin(line.offset());
    let mut kind: Option<String> = None;
    let mut fate = Fate::Skipped;
    let mut records = serde_json::Deserializer::from_str(line.text()).into_iter::<Value>();
    loop {
        let offset = line.offset() + records.byte_offset() as u64;
        let record = match records.next() {
            None => break,
            Some(Ok(record)) => record,
            Some(Err(error)) => {
                state.held.problem(offset, format!("not the JSON expected: {error}"));
                return Ok(());
            }
        };
        let taken = take(state, record, &format!("line-{offset}"))?;
        kind.get_or_insert(taken.0);
        fate = if fate < taken.1 { taken.1 } else { fate };
    }
    if let Some(kind) = kind {
        state.held.count(&kind, fate);
    }
    Ok(())
}

/// Takes in one record; returns its kind and what it is counted as.
fn take(state: &mut State, record: Value, place: &str) -> Result<(String, Fate), ParseError> {
    let uuid = record["uuid"].as_str().filter(|id| is_id(id)).map(str::to_owned);
    let parent = record["parentUuid"].as_str().filter(|id| is_id(id)).map(str::to_owned);
    if let Some(news) = state.told.learn(&record) {
        state.held.session(news);
    }
    let kind = json::text(&record["type"]).to_owned();
    let subtype = json::text(&record["subtype"]).to_owned();
    if subtype == "rewind" {
        rewind(state, parent.as_deref())?;
    }
    // The messages between are told, the records between are not.
    let answers = match (&parent, &state.tail) {
        (Some(parent), Some(tail)) if parent == tail => state.answered.clone(),
        _ => parent,
    };
    let key = uuid.as_deref().unwrap_or(place);
    let mut message = Message::new(state.told.id(), key, Role::System);
    message.at = time::parse(&record["timestamp"]);
    message.parent.clone_from(&answers);
    message.sidechain = state.told.is_agent() || record["isSidechain"] == true;
    (message.directory, message.branch) = state.told.elsewhere(&record);
    let fate = match kind.as_str() {
        "user" if record["message"]["parts"].is_array() => {
            message.role = Role::User;
            message.injected = !subtype.is_empty() && !WRITTEN.contains(&subtype.as_str());
            message.content = said(&record, key);
            Fate::Kept
        }
        "assistant" if record["message"]["parts"].is_array() => {
            message.role = Role::Assistant;
            message.model = record["model"].as_str().map(str::to_owned);
            message.usage = parts::usage(&record["usageMetadata"]);
            message.content = parts::blocks(&record["message"]["parts"], key);
            Fate::Kept
        }
        "tool_result" if record["message"]["parts"].is_array() => {
            message.role = Role::User;
            message.content = tools::results(&record, key);
            Fate::Kept
        }
        "system" => {
            message.injected = true;
            system::take(state, &record, &subtype, &mut message.content)
        }
        _ => {
            message.injected = true;
            message.content.push(Block::Other(json::compact_elided(record)));
            Fate::Unknown
        }
    };
    let told = (kind != "system" || !message.content.is_empty()).then(|| message.key.clone());
    if told.is_some() {
        state.held.message(message);
    }
    if let Some(uuid) = uuid {
        state.answered = told.or(answers);
        state.held.pass(&uuid, state.answered.clone());
        state.tail = Some(uuid);
    }
    let kind = match kind.as_str() {
        "" => "record".to_owned(),
        "system" if !subtype.is_empty() => subtype,
        _ => kind,
    };
    Ok((kind, fate))
}

/// The conversation goes on after `record`, or anew: what was said since is taken back.
fn rewind(state: &mut State, record: Option<&str>) -> Result<(), ParseError> {
    if record.is_some() && record == state.tail.as_deref() {
        return Ok(());
    }
    match state.held.rewind(record) {
        Some(answered) => {
            state.tail = record.map(str::to_owned);
            state.answered = answered;
            Ok(())
        }
        // It is in no line before: nobody knows what was meant.
        None if state.held.is_from_start() => Ok(()),
        None => Err(ParseError::StaleCheckpoint),
    }
}

/// What a person wrote, and beside it, as JSON, what the tool made of it for the model.
fn said(record: &Value, key: &str) -> Vec<Block> {
    let sent = parts::blocks(&record["message"]["parts"], key);
    let shown = json::text(&record["systemPayload"]["displayText"]);
    if shown.is_empty() || matches!(&sent[..], [Block::Text(text)] if text == shown) {
        return sent;
    }
    let sent = json::compact_elided(record["message"]["parts"].clone());
    vec![Block::Text(shown.to_owned()), Block::Other(sent)]
}
