//! The wire of Kimi Code: a log of what happened, appended.
//!
//! A step of the model is one message: its thoughts, texts and calls come as events of their own,
//! after its beginning and before its end, which tells its tokens. It is written when something else
//! is said, and again under the same key when there is more of it.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::place::Place;
use crate::{calls, content};

/// How many lines may say nothing about whose file it is before it is taken for another tool's.
const UNCLEAR_LINES: u32 = 8;

/// What records are about that say how the program is set and what it is busy with.
const SKIPPED: &[&str] = &[
    "full_compaction",
    "llm",
    "permission",
    "plan_mode",
    "plugin",
    "profile",
    "runtime",
    "token_counting",
    "tools",
    "turn",
];

/// What is remembered from one line to the next.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Wire {
    is_ours: bool,
    unclear: u32,
    is_told: bool,
    is_helper: bool,
    model: Option<String>,
    directory: Option<String>,
    /// The latest step, and whether it changed since it was written.
    step: Option<Message>,
    is_changed: bool,
}

impl Wire {
    /// Whether nothing in the file was Kimi's.
    pub(crate) fn is_foreign(&self) -> bool {
        !self.is_ours && self.unclear > 0
    }

    /// Takes in one line.
    pub(crate) fn line(
        &mut self,
        place: &Place,
        line: &Line<'_>,
        out: &mut Output,
    ) -> Result<(), ParseError> {
        let record = line.json::<Value>(out);
        if !self.is_ours {
            let kind = record.as_ref().map_or("", |record| json::text(&record["type"]));
            let is_dated = record.as_ref().is_some_and(|record| record["time"].is_number());
            match kind {
                "metadata" | "" if self.unclear < UNCLEAR_LINES => self.unclear += 1,
                _ if kind.contains('.') && is_dated => self.is_ours = true,
                _ => return Err(ParseError::NotMine),
            }
        }
        if let Some(record) = record {
            self.take(place, record, line.offset(), out);
        }
        Ok(())
    }

    /// Writes the step that is under way.
    pub(crate) fn flush(&mut self, out: &mut Output) {
        let Some(step) = &self.step else { return };
        if std::mem::take(&mut self.is_changed) {
            out.message(step.clone());
        }
    }

    fn take(&mut self, place: &Place, record: Value, offset: u64, out: &mut Output) {
        let kind = json::text(&record["type"]).to_owned();
        if !self.is_told {
            self.is_told = true;
            out.session(Session {
                parent: place.parent.clone(),
                started: time::parse(&record["created_at"]).or(time::parse(&record["time"])),
                ..Session::new(place.id.as_str())
            });
        }
        let mut message = Message::new(place.id.as_str(), format!("line-{offset}"), Role::System);
        message.at = time::parse(&record["time"]);
        let is_subagent = record["origin"]["name"] == "subagent";
        self.is_helper |= place.parent.is_some() || (kind == "turn.prompt" && is_subagent);
        message.sidechain = self.is_helper;
        match &*kind {
            "metadata" => out.kept(&kind),
            "config.update" => self.set(place, &kind, &record["cwd"], &record["modelAlias"], out),
            "profile.bind" => {
                let cwd = &record["environmentDisclosure"]["cwd"];
                self.set(place, &kind, cwd, &record["modelAlias"], out);
            }
            "llm.request" => {
                if let Some(model) = record["model"].as_str() {
                    self.model = Some(model.to_owned());
                    if let Some(step) = self.step.as_mut().filter(|step| step.content.is_empty()) {
                        // One that was told with what it used is told again.
                        self.is_changed |= step.usage.is_some() && step.model != self.model;
                        step.model.clone_from(&self.model);
                    }
                }
                out.skipped(&kind);
            }
            "context.append_message" if record["message"]["role"].is_string() => {
                out.kept(&kind);
                said(&mut message, &record["message"]);
                self.write(message, out);
            }
            "context.append_loop_event" => self.event(message, record, out),
            "context.apply_compaction" if record["summary"].is_string() => {
                out.kept(&kind);
                message.injected = true;
                message.content.push(Block::Text(json::text(&record["summary"]).to_owned()));
                self.write(message, out);
            }
            "usage.record" => self.spend(&kind, &record["usage"], out),
            _ if SKIPPED.contains(&kind.split('.').next().unwrap_or_default()) => {
                out.skipped(&kind)
            }
            _ => self.unknown(message, &kind, record, out),
        }
    }

    fn event(&mut self, mut message: Message, record: Value, out: &mut Output) {
        let event = &record["event"];
        let kind = json::text(&event["type"]).to_owned();
        match &*kind {
            "step.begin" if event["uuid"].is_string() => {
                self.begin(json::text(&event["uuid"]), message, out);
                out.kept(&kind);
            }
            "content.part" | "tool.call" => {
                let block = match &*kind {
                    "tool.call" => {
                        let id = event["toolCallId"].as_str().or(event["uuid"].as_str());
                        let (id, name) = (id.unwrap_or_default(), json::text(&event["name"]));
                        Some(Block::ToolUse(calls::call(id, name, &event["args"])))
                    }
                    _ => content::block(&event["part"]),
                };
                let key = event["stepUuid"].as_str();
                if self.step.as_ref().is_none_or(|step| key.is_some_and(|key| key != step.key)) {
                    // Its beginning is not in the file.
                    let otherwise = message.key.clone();
                    self.begin(key.unwrap_or(&otherwise), message, out);
                }
                if let Some(step) = &mut self.step {
                    step.content.extend(block);
                    self.is_changed = true;
                }
                out.kept(&kind);
            }
            "tool.result" => {
                let id = event["toolCallId"].as_str().or(event["parentUuid"].as_str());
                let (id, result) = (id.unwrap_or_default(), &event["result"]);
                let text = match &result["output"] {
                    Value::Null => json::content(&result["message"]),
                    output => json::content(output),
                };
                let is_error = result["isError"] == true || result["is_error"] == true;
                message.role = Role::User;
                if let Some(step) = &self.step {
                    // Ids of calls are unique within a step only.
                    message.key = format!("{}/{id}", step.key);
                    message.parent = Some(step.key.clone());
                }
                message.content.push(Block::ToolResult(calls::result(id, text, is_error)));
                out.kept(&kind);
                self.write(message, out);
            }
            "step.end" => {
                let is_own = self.step.as_ref().is_some_and(|step| event["uuid"] == *step.key);
                if is_own {
                    self.spend(&kind, &event["usage"], out);
                } else {
                    out.skipped(&kind);
                }
            }
            _ => self.unknown(message, &kind, record, out),
        }
    }

    /// Begins a step of the model.
    fn begin(&mut self, key: &str, message: Message, out: &mut Output) {
        self.flush(out);
        let (key, model) = (key.to_owned(), self.model.clone());
        self.step = Some(Message { key, model, role: Role::Assistant, ..message });
    }

    /// Takes in what a step used; it is told twice, and counts once.
    fn spend(&mut self, kind: &str, tokens: &Value, out: &mut Output) {
        let usage = content::usage(tokens);
        match &mut self.step {
            Some(step) if step.usage.is_none() && usage.is_some() => {
                step.usage = usage;
                self.is_changed = true;
                out.kept(kind);
            }
            _ => out.skipped(kind),
        }
    }

    fn set(&mut self, place: &Place, kind: &str, cwd: &Value, model: &Value, out: &mut Output) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let is_told = cwd.is_string() || model.is_string();
        if let Some(directory) = text(cwd).filter(|_| self.directory.is_none()) {
            self.directory = Some(directory.clone());
            let directory = Some(directory);
            out.session(Session { directory, ..Session::new(place.id.as_str()) });
        }
        self.model = text(model).or(self.model.take());
        if is_told { out.kept(kind) } else { out.skipped(kind) }
    }

    fn unknown(&mut self, mut message: Message, kind: &str, record: Value, out: &mut Output) {
        out.unknown(if kind.is_empty() { "record" } else { kind });
        message.injected = true;
        message.content.push(Block::Other(json::compact_elided(record)));
        self.write(message, out);
    }

    /// Writes a message behind the step that is under way.
    fn write(&mut self, message: Message, out: &mut Output) {
        self.flush(out);
        out.message(message);
    }
}

/// Puts what was said into the message.
fn said(message: &mut Message, record: &Value) {
    message.content = content::blocks(&record["content"]);
    let origin = record["origin"]["kind"].as_str();
    match json::text(&record["role"]) {
        "user" => {
            message.role = Role::User;
            let is_written = origin.is_none_or(|kind| kind == "user");
            message.injected = !is_written || content::is_injected(&message.content);
        }
        "assistant" => {
            message.role = Role::Assistant;
            let calls = record["toolCalls"].as_array().map(Vec::as_slice).unwrap_or_default();
            message.content.extend(calls.iter().map(|call| {
                let function = &call["function"];
                let name = call["name"].as_str().or(function["name"].as_str()).unwrap_or_default();
                let arguments = ["args", "arguments"].map(|name| &call[name]);
                let arguments = arguments.into_iter().find(|value| !value.is_null());
                let arguments = arguments.unwrap_or(&function["arguments"]);
                Block::ToolUse(calls::call(json::text(&call["id"]), name, arguments))
            }));
        }
        "tool" => {
            message.role = Role::User;
            let id = record["toolCallId"].as_str().unwrap_or_default();
            let text = json::content(&record["content"]);
            message.content = vec![Block::ToolResult(calls::result(id, text, false))];
        }
        _ => message.injected = true,
    }
}
