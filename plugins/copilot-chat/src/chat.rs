//! A chat as a document: `{sessionId, requests: […], …}`.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, json, read_document, time};
use serde_json::Value;

use crate::{State, place, request};

/// Reads a document.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    if cursor.position() > 0 && cursor.position() == source.size() {
        return Ok(true);
    }
    let is_named = place::is_chat(&source.path());
    if !is_named && source.read(0, 64)?.trim_ascii_start().first() != Some(&b'{') {
        return Err(ParseError::NotMine);
    }
    let Some(document) = read_document::<Value>(source, cursor, out)? else {
        return if is_named { Ok(true) } else { Err(ParseError::NotMine) };
    };
    if !is_mine(&document) || !is_named && !document["sessionId"].is_string() {
        return Err(ParseError::NotMine);
    }
    let chat = Chat::new(source, &document);
    out.session(chat.session(&document));
    out.kept("session");
    let requests = document["requests"].as_array();
    for (at, request) in requests.into_iter().flatten().enumerate() {
        out.kept("request");
        request::tell(&chat.id, at, request, &document, out);
        request::count(request, out);
    }
    Ok(true)
}

/// Whether a document is a chat.
pub(crate) fn is_mine(document: &Value) -> bool {
    document["requests"].is_array()
}

/// What all of a chat has in common.
pub(crate) struct Chat {
    pub(crate) id: String,
    directory: Option<String>,
}

impl Chat {
    pub(crate) fn new(source: &Source, document: &Value) -> Self {
        let directory = place::in_workspace(&source.path()).then(|| place::folder(source, 2));
        Self { id: id(source, document), directory: directory.flatten() }
    }

    /// What is known about the chat.
    pub(crate) fn session(&self, document: &Value) -> Session {
        let requests = document["requests"].as_array().map_or(&[][..], Vec::as_slice);
        let version = |request: &Value| {
            let agent = &request["agent"];
            let is_copilot = json::text(&agent["extensionId"]["value"])
                .eq_ignore_ascii_case("github.copilot-chat");
            is_copilot.then(|| agent["extensionVersion"].as_str().map(str::to_owned)).flatten()
        };
        Session {
            title: document["customTitle"]
                .as_str()
                .filter(|title| !title.is_empty())
                .map(Into::into),
            started: time::parse(&document["creationDate"]),
            directory: self.directory.clone(),
            tool_version: requests.iter().rev().find_map(version),
            model: match requests.iter().rev().find_map(|r| request::model(r, &Value::Null)) {
                Some(model) => Some(model),
                None => request::model(&Value::Null, document),
            },
            ..Session::new(self.id.as_str())
        }
    }
}

/// A chat's id: its own, or the file's name.
pub(crate) fn id(source: &Source, document: &Value) -> String {
    match json::text(&document["sessionId"]) {
        "" => source.stem(),
        id => id.to_owned(),
    }
}
