//! A message: what its own record tells, and what its parts add.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, Usage, json, time};
use serde_json::Value;

use crate::part::{self, Part};

/// The record of a message.
pub(crate) struct Record {
    pub(crate) id: String,
    /// Absent if it could not be read, which was noted as a problem.
    pub(crate) info: Option<Value>,
    /// When the record was made, in milliseconds since the Unix epoch, if the message does not tell.
    pub(crate) created: Option<i64>,
    /// Whether it is new since the last reading and has to be counted.
    pub(crate) is_new: bool,
}

/// Tells a message. What the tool put in beside words of the person or the model is a message of its
/// own, and so is an error.
pub(crate) fn tell(session: &Session, record: Record, parts: Vec<Part>, out: &mut Output) {
    let none = Value::Null;
    let info = record.info.as_ref().unwrap_or(&none);
    let role = match info["role"].as_str() {
        Some("user") => Some(Role::User),
        Some("assistant") => Some(Role::Assistant),
        _ => None,
    };
    let mut content = part::Content::default();
    for part in parts {
        content.take(part, session.directory.as_deref(), out);
    }
    let part::Content { mut said, mut put_in, usage, .. } = content.finish(out);
    if record.info.is_some() && role.is_none() {
        put_in.push(Block::Other(json::compact_elided(info.clone())));
    }
    if record.is_new && record.info.is_some() {
        match role {
            Some(_) => out.kept("message"),
            None => out.unknown("message"),
        }
    }

    let id = record.id;
    let owner = info["sessionID"].as_str().unwrap_or(&session.id);
    let message = |key: String| Message {
        injected: role.is_none(),
        sidechain: session.parent.is_some(),
        at: time::parse(&info["time"]["created"]).or(record.created),
        directory: directory(info, session),
        ..Message::new(owner, key, role.unwrap_or(Role::System))
    };
    // A summary takes the place of what was said before, and answers nobody.
    let is_summary = info["summary"].as_bool() == Some(true);
    let is_put_in = said.is_empty() && !put_in.is_empty();
    if is_put_in {
        said = std::mem::take(&mut put_in);
    }
    let whole = message(id.clone());
    out.message(Message {
        parent: info["parentID"].as_str().map(str::to_owned),
        injected: whole.injected || is_put_in || is_summary,
        model: model(info).filter(|_| role == Some(Role::Assistant)),
        content: said,
        usage: usage.or_else(|| tokens(&info["tokens"])),
        ..whole
    });
    if !put_in.is_empty() {
        out.message(Message {
            parent: Some(id.clone()),
            injected: true,
            content: put_in,
            ..message(format!("{id}/synthetic"))
        });
    }
    if let Some(error) = error(&info["error"]) {
        out.message(Message {
            parent: Some(id.clone()),
            role: Role::System,
            injected: true,
            content: vec![Block::Text(error)],
            ..message(format!("{id}/error"))
        });
    }
}

/// The directory that the message was written in, if it is not the session's.
fn directory(info: &Value, session: &Session) -> Option<String> {
    let path = &info["path"];
    let directory = path["cwd"].as_str().or_else(|| path.as_str())?;
    let is_other = !directory.is_empty() && Some(directory) != session.directory.as_deref();
    is_other.then(|| directory.to_owned())
}

fn model(info: &Value) -> Option<String> {
    let model = info["modelID"].as_str().or_else(|| info["model"]["modelID"].as_str())?;
    (!model.is_empty()).then(|| model.to_owned())
}

/// What went wrong, without the answer of the provider: its headers name accounts.
fn error(error: &Value) -> Option<String> {
    let name = json::text(&error["name"]);
    let message = json::text(&error["data"]["message"]);
    match (name, message) {
        ("", "") => None,
        ("", text) | (text, "") => Some(text.to_owned()),
        (name, message) => Some(format!("{name}: {message}")),
    }
}

/// The tokens of one response; nothing if there are none. `input` is without those of the cache.
/// Newer versions tell `reasoning` beside `output`, older ones within it: the total shows which.
pub(crate) fn tokens(tokens: &Value) -> Option<Usage> {
    let count = |value: &Value| value.as_u64().unwrap_or(0);
    let usage = Usage {
        input: count(&tokens["input"]),
        output: count(&tokens["output"]),
        cache_read: count(&tokens["cache"]["read"]),
        cache_write: count(&tokens["cache"]["write"]),
    };
    let reasoning = count(&tokens["reasoning"]);
    let counted = [usage.input, usage.output, usage.cache_read, usage.cache_write, reasoning];
    let is_beside = tokens["total"].as_u64() == counted.into_iter().try_fold(0, u64::checked_add);
    let output = if is_beside { usage.output + reasoning } else { usage.output };
    let usage = Usage { output, ..usage };
    (usage != Usage { input: 0, output: 0, cache_read: 0, cache_write: 0 }).then_some(usage)
}
