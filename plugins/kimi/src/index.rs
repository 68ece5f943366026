//! Files that tell facts about sessions: `state.json` about one, `kimi.json` about directories.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_document, time};
use serde_json::Value;

use crate::State;

/// Reads `state.json`: title, directory and times.
pub(crate) fn state(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let Some(state) = document(source, cursor, out)? else { return Ok(true) };
    let text = |name: &str| state[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let is_code = state["agents"].is_object() && state["createdAt"].is_string();
    let is_cli = state.get("custom_title").is_some() || state.get("title_generated").is_some();
    let homes = state["agents"].as_object().into_iter().flat_map(|agents| agents.values());
    let home = homes.filter_map(|agent| agent["homedir"].as_str()).find_map(session_of);
    let in_folder = source.path().contains('/');
    let id = home.or(in_folder.then(|| cursor.state.place.id.clone()));
    let Some(id) = id.filter(|_| is_code || is_cli) else { return Err(ParseError::NotMine) };
    let news = Session {
        title: text("custom_title").or(text("title")),
        directory: text("workDir"),
        started: time::parse(&state["createdAt"]),
        ..Session::new(id.as_str())
    };
    if news == Session::new(id) {
        out.skipped("state");
    } else {
        out.kept("state");
        out.session(news);
    }
    Ok(true)
}

/// Reads `kimi.json`. The folders of directories are named by hashes; where the last session of a
/// directory lies in one, its other sessions are of the same directory.
pub(crate) fn work_dirs(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let Some(index) = document(source, cursor, out)? else { return Ok(true) };
    let Some(work_dirs) = index["work_dirs"].as_array() else { return Err(ParseError::NotMine) };
    for work_dir in work_dirs {
        let (Some(directory), Some(last)) = (
            work_dir["path"].as_str(),
            work_dir["last_session_id"].as_str().filter(|id| is_name(id)),
        ) else {
            out.skipped("work_dir");
            continue;
        };
        let mut sessions = vec![last.to_owned()];
        let own = [format!("sessions/*/{last}/context.jsonl"), format!("sessions/*/{last}.jsonl")];
        for pattern in own {
            for found in source.find(&pattern)? {
                let Some(folder) = found.split('/').nth(1) else { continue };
                for all in [
                    format!("sessions/{folder}/*/context.jsonl"),
                    format!("sessions/{folder}/*.jsonl"),
                ] {
                    let names = source.find(&all)?;
                    let names = names.iter().filter_map(|path| path.split('/').nth(2));
                    sessions.extend(names.map(|name| name.trim_end_matches(".jsonl").to_owned()));
                }
            }
        }
        sessions.sort();
        sessions.dedup();
        out.kept("work_dir");
        for id in sessions {
            out.session(Session { directory: Some(directory.to_owned()), ..Session::new(id) });
        }
    }
    Ok(true)
}

fn document(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<Option<Value>, ParseError> {
    let document = read_document(source, cursor, out)?;
    cursor.state.is_read = document.is_some();
    Ok(document)
}

/// The session of an agent's folder `…/sessions/<directory>/<session>/agents/<agent>`.
fn session_of(home: &str) -> Option<String> {
    let parts: Vec<&str> = home.split(['/', '\\']).collect();
    match parts.as_slice() {
        [.., "sessions", _, session, "agents", _] => Some((*session).to_owned()),
        _ => None,
    }
}

/// Whether this can stand in a glob for itself.
fn is_name(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !id.is_empty() && id.bytes().all(is_plain)
}
