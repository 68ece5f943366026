//! What stands beside the database of an agent's session: `chats/<directory>/<session>/meta.json`.
//!
//! It says where the session was held, also for a session that is told by its transcript.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, read_document, time};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::State;

pub(crate) fn read(
    source: &Source,
    place: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    if place.position() > 0 && place.position() == source.size() {
        return Ok(true);
    }
    let mut ignored = Output::default();
    let Some(meta) = read_document::<Value>(source, place, &mut ignored)? else {
        // Without its content nothing tells that it is Cursor's.
        return if place.position() > 0 { Err(ParseError::NotMine) } else { Ok(true) };
    };
    if !meta["schemaVersion"].is_number() || meta["hasConversation"].as_bool().is_none() {
        return Err(ParseError::NotMine);
    }
    let path = source.path();
    let directory = meta["cwd"].as_str().filter(|directory| !directory.is_empty());
    let session = path.rsplit('/').nth(1).filter(|_| meta["hasConversation"] == true);
    let session = session.map(|session| Session {
        directory: directory.map(str::to_owned),
        started: time::parse(&meta["createdAtMs"]),
        ..Session::new(session)
    });
    let hash = xxh3_64(format!("{session:?}").as_bytes());
    let State::Meta(told) = &mut place.state else { return Ok(true) };
    match (told.replace(hash), session) {
        (Some(earlier), _) if earlier == hash => {}
        (earlier, Some(session)) => {
            if earlier.is_none() {
                out.kept("meta");
            }
            out.session(session);
        }
        (None, None) => out.skipped("meta"),
        (Some(_), None) => {}
    }
    Ok(true)
}
