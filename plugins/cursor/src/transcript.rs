//! Transcripts of agents: lines of `{role, message: {content}}`, without ids, times or results.

use lore_plugin_sdk::json;
use lore_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{field, tools, unknown, utterance};

/// What is remembered from one line to the next.
#[derive(Serialize, Deserialize)]
pub struct State {
    session: String,
    /// The session whose sub-agent this is.
    parent: Option<String>,
    /// The path or a line told that the file is Cursor's.
    is_ours: bool,
    is_told: bool,
    /// Lines so far: a message's key is the number of its line.
    lines: u32,
    /// Name and id of the calls of the last message, for results that name only the tool.
    calls: Vec<(String, String)>,
}

impl State {
    pub(crate) fn begin(source: &Source) -> Self {
        let path = source.path();
        let mut above = path.rsplit('/').skip(1);
        let parent = match above.next() {
            Some("subagents") => above.next().map(str::to_owned),
            _ => None,
        };
        Self {
            session: source.stem(),
            parent,
            is_ours: is_below_transcripts(&path),
            is_told: false,
            lines: 0,
            calls: Vec::new(),
        }
    }

    pub(crate) fn line(&mut self, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let record = match serde_json::from_str::<Value>(line.text()) {
            Ok(record) => record,
            Err(_) if !self.is_ours => return Err(ParseError::NotMine),
            Err(error) => {
                out.problem(line.offset(), format!("not the JSON expected: {error}"));
                self.lines += 1;
                return Ok(());
            }
        };
        self.is_ours |= is_ours(&record);
        if !self.is_ours {
            return Err(ParseError::NotMine);
        }
        if !std::mem::replace(&mut self.is_told, true) {
            out.session(Session { parent: self.parent.clone(), ..Session::new(&self.session) });
        }
        self.record(&record, out);
        self.lines += 1;
        Ok(())
    }

    /// A file that ends before a line could tell whose it is, is not Cursor's.
    pub(crate) fn check_end(&self, source: &Source) -> Result<(), ParseError> {
        if self.is_ours || source.size() == 0 { Ok(()) } else { Err(ParseError::NotMine) }
    }

    fn record(&mut self, record: &Value, out: &mut Output) {
        let key = self.lines.to_string();
        let role = match record["role"].as_str() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            _ => return self.notice(record, key, out),
        };
        let kind = if role == Role::User { "user" } else { "assistant" };
        let mut message = self.message(&key, role);
        message.model = record["model"].as_str().map(str::to_owned);
        let mut context = Vec::new();
        let calls = std::mem::take(&mut self.calls);
        match &record["message"]["content"] {
            Value::String(text) => said(text, &mut message, &mut context),
            Value::Array(parts) => {
                let is_error = record["metadata"]["toolResultStatus"]
                    .as_str()
                    .is_some_and(|status| status != "success");
                for part in parts {
                    self.part(part, &calls, is_error, &mut message, &mut context);
                }
            }
            other => message.content.push(Block::Other(json::compact_elided(other.clone()))),
        }
        if message.content.is_empty() && context.is_empty() {
            return out.skipped(kind);
        }
        out.kept(kind);
        if !context.is_empty() {
            let mut added = self.message(&format!("{key}/context"), role);
            added.injected = true;
            added.content = context;
            out.message(added);
        }
        if !message.content.is_empty() {
            out.message(message);
        }
    }

    fn part(
        &mut self,
        part: &Value,
        calls: &[(String, String)],
        is_error: bool,
        message: &mut Message,
        context: &mut Vec<Block>,
    ) {
        let name = || field(part, &["name", "toolName"]).unwrap_or("unknown").to_owned();
        let id = field(part, &["id", "toolCallId", "tool_use_id"]).map(str::to_owned);
        match part["type"].as_str().unwrap_or_default() {
            "text" if part["text"].is_string() => {
                said(part["text"].as_str().unwrap_or_default(), message, context);
            }
            "thinking" | "reasoning" if field(part, &["thinking", "text"]).is_some() => {
                let text = field(part, &["thinking", "text"]).unwrap_or_default();
                let text = utterance::unredacted(text);
                if !text.is_empty() {
                    message.content.push(Block::Thinking(text.to_owned()));
                }
            }
            "tool_use" | "tool_call" | "tool-call" => {
                let at = message.content.len();
                let id = id.unwrap_or_else(|| format!("{}.{at}", self.lines));
                self.calls.push((name(), id.clone()));
                let input = [&part["input"], &part["args"]].into_iter().find(|v| !v.is_null());
                let input = input.unwrap_or(&Value::Null);
                let tool = tools::tool_use(id, name(), input, &Value::Null);
                message.content.push(Block::ToolUse(tool));
            }
            "tool_result" | "tool-result" => {
                let name = name();
                let call = calls.iter().find(|(called, _)| *called == name);
                let content = [&part["content"], &part["result"]];
                let content = content.into_iter().find(|value| !value.is_null());
                message.content.push(Block::ToolResult(ToolResult {
                    id: id.or_else(|| call.map(|(_, id)| id.clone())).unwrap_or_default(),
                    content: json::content(content.unwrap_or(&Value::Null)),
                    is_error: is_error || part["is_error"] == true || part["isError"] == true,
                    exit_status: None,
                }));
            }
            _ => message.content.push(Block::Other(json::compact_elided(part.clone()))),
        }
    }

    /// A line that nobody said.
    fn notice(&self, record: &Value, key: String, out: &mut Output) {
        match record["type"].as_str() {
            Some("turn_ended") => out.skipped("turn_ended"),
            Some("error") => {
                let mut message = self.message(&key, Role::System);
                message.injected = true;
                let text = field(record, &["error", "message"]).map(str::to_owned);
                let text = text.unwrap_or_else(|| json::content(&record["error"]));
                message.content.push(Block::Text(text));
                out.kept("error");
                out.message(message);
            }
            kind => {
                let mut message = unknown(&self.session, &key, record);
                message.sidechain = self.parent.is_some();
                out.unknown(kind.unwrap_or("line"));
                out.message(message);
            }
        }
    }

    fn message(&self, key: &str, role: Role) -> Message {
        let mut message = Message::new(&self.session, key, role);
        message.sidechain = self.parent.is_some();
        message
    }
}

/// Whether Cursor keeps its transcripts below this path.
pub(crate) fn is_below_transcripts(path: &str) -> bool {
    path.split('/').any(|part| part == "agent-transcripts")
}

/// Takes in a text; what the tool put around a person's words goes apart.
pub(crate) fn said(text: &str, message: &mut Message, context: &mut Vec<Block>) {
    if message.role == Role::Assistant {
        let text = utterance::unredacted(text);
        if !text.is_empty() {
            message.content.push(Block::Text(text.to_owned()));
        }
        return;
    }
    let utterance = utterance::read(text);
    message.content.extend(utterance.said.map(Block::Text));
    context.extend(utterance.context.map(Block::Text));
}

/// Whether a line has all that a transcript's has, and nothing that those of other tools have.
fn is_ours(record: &Value) -> bool {
    let has = |name: &str| !record[name].is_null();
    let content = &record["message"]["content"];
    matches!(record["role"].as_str(), Some("user" | "assistant"))
        && (content.is_array() || content.is_string())
        && !["type", "id", "uuid", "sessionId", "session_id", "timestamp", "parts"]
            .into_iter()
            .any(has)
}
