//! Proves that store, index and sources agree, by reading all of them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::Engine;
use crate::api::{ApiError, Finding, Verification};
use crate::import::fingerprint;
use crate::model::{Session, SessionNumber, Usage};
use crate::plugin::Growth;
use crate::store::page::{ContentHash, encode_content};
use crate::store::{Source, StoreError, View};

/// Messages that are read at once.
const READ_MESSAGES: u32 = 256;

pub(crate) fn verify(engine: &Engine) -> Result<Verification, ApiError> {
    let _turn = engine.write_turn();
    let mut result = Verification::default();
    if let Err(error) = engine.check_store() {
        result.findings.push(Finding::Store { what: error.to_string() });
    }
    let store = engine.store();
    let view = store.view()?;
    let mut counts: HashMap<SessionNumber, u64> = HashMap::new();
    for session in view.all_sessions()? {
        counts.insert(session.number, u64::from(session.message_count));
        result.sessions += u64::from(session.message_count > 0);
        if let Err(what) = verify_session(&view, &session, &mut result.messages) {
            result.findings.push(Finding::Session { id: session.id, what });
        }
    }
    verify_index(engine, &counts, &mut result)?;
    for source in view.sources()? {
        result.sources += 1;
        let path = source.path();
        if !path.exists() {
            result.missing_sources += 1;
            continue;
        }
        if let Err(what) = verify_source(&source, &path, &mut result.records) {
            let path = path.to_string_lossy().into_owned().into();
            result.findings.push(Finding::Source { path, what });
        }
    }
    Ok(result)
}

/// Reads every message of a session back and compares it with what is said about it.
fn verify_session(view: &View<'_>, session: &Session, messages: &mut u64) -> Result<(), String> {
    let text = |error: StoreError| error.to_string();
    if view.session_number(session.id).map_err(text)? != Some(session.number) {
        return Err(format!("its id does not lead to its number {}", session.number.0));
    }
    let keys = view.keys(session.number).map_err(text)?;
    if keys.len() as u64 != u64::from(session.message_count) {
        let (keys, count) = (keys.len(), session.message_count);
        return Err(format!("it has keys of {keys} messages, and should have {count}"));
    }
    let mut usage = Usage::default();
    let mut from = 0;
    while from < session.message_count {
        let read = view.messages(session.number, from, READ_MESSAGES).map_err(text)?;
        if read.is_empty() {
            return Err(format!("message {from} and those after it are not there"));
        }
        for message in &read {
            if let Some(used) = &message.usage {
                usage.add(used);
            }
            let hash = ContentHash::of(&encode_content(message));
            if keys.get(from as usize).is_none_or(|key| key.hash != hash) {
                return Err(format!("message {from} is not what was written"));
            }
            from += 1;
            *messages += 1;
        }
    }
    if usage != session.usage {
        return Err("its tokens are not the sum of its messages' tokens".to_owned());
    }
    Ok(())
}

fn verify_index(
    engine: &Engine,
    counts: &HashMap<SessionNumber, u64>,
    result: &mut Verification,
) -> Result<(), ApiError> {
    let index = engine.index();
    if let Err(error) = index.check() {
        result.findings.push(Finding::Index { what: error.to_string() });
    }
    let indexed = index.messages_by_session()?;
    result.indexed = indexed.values().sum();
    let mut wrong: Vec<String> = Vec::new();
    for (number, &count) in counts {
        let indexed = indexed.get(number).copied().unwrap_or(0);
        if indexed != count {
            let number = number.0;
            wrong.push(format!(
                "session {number} has {count} messages, the index {indexed} of them"
            ));
        }
    }
    let unknown = indexed.keys().filter(|number| !counts.contains_key(number));
    wrong.extend(unknown.map(|number| format!("session {} is only in the index", number.0)));
    wrong.sort();
    result.findings.extend(wrong.into_iter().map(|what| Finding::Index { what }));
    Ok(())
}

/// Compares a source with its file: what was read is still there, and each of its lines became
/// something, was left out on purpose, or is a problem.
fn verify_source(source: &Source, path: &Path, records: &mut u64) -> Result<(), String> {
    let taken: u64 = source.records.values().sum::<u64>() + source.problem_count;
    *records += taken;
    if let Some(failure) = &source.failure {
        return Err(format!("it was read up to byte {} only: {failure}", source.position));
    }
    let is_lines = path.extension().is_some_and(|extension| extension == "jsonl");
    if source.growth != Growth::AppendOnly || !is_lines {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| format!("it cannot be read: {error}");
    if fingerprint(path, source.position).map_err(unreadable)? != source.fingerprint {
        return Err("it was rewritten since it was read: run `lore import`".to_owned());
    }
    let file = File::open(path).map_err(unreadable)?;
    let lines = count_lines(BufReader::new(file.take(source.position))).map_err(unreadable)?;
    if lines != taken {
        return Err(format!("it has {lines} lines, of which {taken} are accounted for"));
    }
    Ok(())
}

/// Lines that are not blank.
fn count_lines(mut reader: impl BufRead) -> std::io::Result<u64> {
    let (mut lines, mut blank) = (0, true);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(lines + u64::from(!blank));
        }
        for &byte in bytes {
            if byte == b'\n' {
                lines += u64::from(!std::mem::replace(&mut blank, true));
            } else if !byte.is_ascii_whitespace() {
                blank = false;
            }
        }
        let length = bytes.len();
        reader.consume(length);
    }
}
