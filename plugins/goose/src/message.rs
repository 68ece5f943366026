//! A message, from a row or from a line.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, json, time};
use serde_json::Value;

use crate::content::Content;

/// What a message is made of.
pub(crate) struct Record {
    pub(crate) key: String,
    pub(crate) role: String,
    /// Seconds or milliseconds since the Unix epoch.
    pub(crate) created: i64,
    pub(crate) metadata: Value,
    /// A list of parts.
    pub(crate) content: Value,
    /// Whether it is new since the last reading and has to be counted.
    pub(crate) is_new: bool,
}

/// Tells a message. What Goose put in beside words of the person or the model is a message of its
/// own.
pub(crate) fn tell(session: &Session, is_sub_agent: bool, record: Record, out: &mut Output) {
    let mut content = Content::default();
    if let Value::Array(parts) = record.content {
        parts.into_iter().for_each(|part| content.take(part));
    }
    let role = match record.role.as_str() {
        "user" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        _ => None,
    };
    if record.is_new {
        match (&content.unknown, role) {
            (Some(kind), _) => out.unknown(kind),
            (None, None) => out.unknown("message"),
            (None, Some(_)) => out.kept("message"),
        }
    }
    let Content { mut said, mut put_in, .. } = content;
    if role.is_none() {
        let role = serde_json::json!({ "role": record.role });
        said.push(Block::Other(json::compact(&role)));
    }
    let is_put_in = said.is_empty() && !put_in.is_empty();
    if is_put_in {
        said = std::mem::take(&mut put_in);
    }
    let message = |key: String| Message {
        sidechain: is_sub_agent,
        at: time::parse(&record.created.into()).filter(|at| *at > 0),
        ..Message::new(session.id.as_str(), key, role.unwrap_or(Role::System))
    };
    // What the person does not see was written for the model: a summary, say.
    let is_hidden = record.metadata["userVisible"] == false;
    out.message(Message {
        injected: is_put_in || is_hidden || role.is_none(),
        content: said,
        ..message(record.key.clone())
    });
    if !put_in.is_empty() {
        out.message(Message {
            parent: Some(record.key.clone()),
            injected: true,
            content: put_in,
            ..message(format!("{}/notice", record.key))
        });
    }
}

/// Keeps what is not understood, as an injected message of the system.
pub(crate) fn unknown(session: &str, key: &str, value: Value, out: &mut Output) {
    out.message(Message {
        injected: true,
        content: vec![Block::Other(json::compact_elided(value))],
        ..Message::new(session, key, Role::System)
    });
}
