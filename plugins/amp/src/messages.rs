//! The messages of a thread.
//!
//! # Keys
//!
//! Message ids count from 0 in each thread. When a person edits an earlier prompt, what followed is
//! cut off and the numbers may be given again, so a key has the time of the latest prompt in it as
//! well: what was said before the edit keeps its own key.

use lore_plugin_sdk::{Block, Message, Output, Role, Usage, json, time};
use serde_json::Value;

use crate::content;
use crate::thread::some_text;
use crate::times::Times;

/// What messages are told in.
pub(crate) struct Conversation {
    session: String,
    times: Times,
    /// When the latest prompt was sent.
    prompted: Option<i64>,
    /// The id of the message before.
    previous: Option<i64>,
}

impl Conversation {
    /// Before its first message.
    pub(crate) fn new(session: String, times: Times) -> Self {
        Self { session, times, prompted: None, previous: None }
    }

    fn key(&self, id: Option<i64>, place: usize) -> String {
        let id = id.map_or_else(|| format!("#{place}"), |id| id.to_string());
        match self.prompted {
            Some(prompted) => format!("{id}@{prompted}"),
            None => id,
        }
    }
}

/// Takes in the message at a place of the thread's list.
pub(crate) fn take(
    conversation: &mut Conversation,
    place: usize,
    mut said: Value,
    out: &mut Output,
) {
    let id = said["messageId"].as_i64();
    let sent = time::parse(&said["meta"]["sentAt"]);
    let role = match json::text(&said["role"]) {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "info" => Role::System,
        _ => return unknown(conversation, place, said, out),
    };
    if role == Role::User && sent.is_some() {
        conversation.prompted = sent;
    }
    let mut message =
        Message::new(conversation.session.as_str(), conversation.key(id, place), role);
    message.injected = role == Role::System;
    message.content = content::blocks(said.get_mut("content").map(Value::take).unwrap_or_default());
    let told = conversation.times.response(id);
    let ended = || conversation.times.tools_ended(conversation.previous);
    let used = &said["usage"];
    message.at = sent.or_else(|| time::parse(&used["timestamp"])).or(told.at);
    if role == Role::User && message.content.iter().any(|b| matches!(b, Block::ToolResult(_))) {
        message.at = message.at.or_else(ended);
    }
    if role == Role::Assistant {
        message.model = some_text(&used["model"]).or(told.model);
        message.usage = usage(used).or(told.usage);
    }
    conversation.previous = id;
    out.kept(json::text(&said["role"]));
    out.message(message);
}

/// A message of no known role, or something else in the list.
fn unknown(conversation: &Conversation, place: usize, said: Value, out: &mut Output) {
    let key = conversation.key(said["messageId"].as_i64(), place);
    let mut message = Message::new(conversation.session.as_str(), key, Role::System);
    message.injected = true;
    out.unknown(said["role"].as_str().unwrap_or("message"));
    message.content.push(Block::Other(json::compact_elided(said)));
    out.message(message);
}

/// Tokens of one response; `inputTokens` are those that no cache had a part in.
fn usage(used: &Value) -> Option<Usage> {
    let count = |name: &str| used[name].as_u64();
    let (input, output) = (count("inputTokens"), count("outputTokens"));
    (input.is_some() || output.is_some()).then(|| Usage {
        input: input.unwrap_or(0),
        output: output.unwrap_or(0),
        cache_read: count("cacheReadInputTokens").unwrap_or(0),
        cache_write: count("cacheCreationInputTokens").unwrap_or(0),
    })
}
