//! The events in their order.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content;
use crate::recent::Recent;
use crate::session::{self, Place};
use crate::tools;
use crate::usage;

/// A call by which the model says what it is about to do; it does nothing.
const INTENT: &str = "report_intent";

/// The longest name of an unknown kind that is counted, in characters.
const KIND: usize = 64;

/// The program that writes a log.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Host {
    /// The command line.
    Terminal,
    /// The extension of an editor.
    Editor,
}

/// A log as far as it was read: what is remembered from one line to the next.
#[derive(Serialize, Deserialize)]
pub struct Log {
    host: Host,
    /// The file lies where the program keeps its logs.
    is_named: bool,
    accepted: bool,
    /// The session's id if the log does not tell.
    name: String,
    /// The session's id whatever the log tells.
    alias: Option<String>,
    /// The session's id, once it was told of.
    id: Option<String>,
    home: Place,
    here: Place,
    model: Option<String>,
    at: Option<i64>,
    /// Events so far.
    events: u64,
    ids: Recent,
    calls: Recent,
    /// Calls that do nothing.
    intents: Recent,
    thoughts: Recent,
    /// Tokens that the model wrote since the program began.
    output: u64,
}

impl Log {
    /// The log of a session, whose id is `name` if no event tells it. A log that is not named as the
    /// program's own must begin as one.
    pub fn new(host: Host, name: &str, is_named: bool) -> Self {
        Self {
            host,
            is_named,
            accepted: false,
            name: name.to_owned(),
            alias: None,
            id: None,
            home: Place::default(),
            here: Place::default(),
            model: None,
            at: None,
            events: 0,
            ids: Recent::default(),
            calls: Recent::default(),
            intents: Recent::default(),
            thoughts: Recent::default(),
            output: 0,
        }
    }

    /// Tells everything of the session `alias`, whatever the log names, and of the session itself only
    /// where and when it was: another source tells the rest.
    #[must_use]
    pub fn told_as(mut self, alias: Option<String>) -> Self {
        self.alias = alias;
        self
    }

    /// Where the agent works if the log does not tell.
    #[must_use]
    pub fn in_directory(mut self, directory: Option<String>) -> Self {
        self.home.directory = directory;
        self.here = self.home.clone();
        self
    }

    /// Takes in one line.
    ///
    /// # Errors
    /// [`ParseError::NotMine`] if this is no log of the program.
    pub fn line(&mut self, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let record = match serde_json::from_str::<Value>(line.text()) {
            Ok(record) => record,
            Err(_) if !self.accepted && !self.is_named => return Err(ParseError::NotMine),
            Err(error) => {
                out.problem(line.offset(), format!("not the JSON expected: {error}"));
                return Ok(());
            }
        };
        if !self.accepted && !self.is_mine(&record) {
            return Err(ParseError::NotMine);
        }
        self.accepted = true;
        self.at = time::parse(&record["timestamp"]).or(self.at);
        self.event(&record, out);
        self.events += 1;
        Ok(())
    }

    fn is_mine(&self, record: &Value) -> bool {
        let data = &record["data"];
        if self.is_named {
            return true;
        }
        let is_start = record["type"] == "session.start" && data["producer"] == "copilot-agent";
        let has = |name: &str| data[name].is_string();
        is_start
            && match self.host {
                Host::Terminal => has("copilotVersion") && !has("vscodeVersion"),
                Host::Editor => has("vscodeVersion") || !has("copilotVersion"),
            }
    }

    fn event(&mut self, record: &Value, out: &mut Output) {
        let data = &record["data"];
        let kind = json::text(&record["type"]);
        if record["ephemeral"] == true {
            return out.skipped("ephemeral");
        }
        match kind {
            "session.start" => self.start(data, out),
            "session.resume" => self.go_on(kind, &data["context"], &data["selectedModel"], out),
            "session.context_changed" => self.go_on(kind, data, &Value::Null, out),
            "session.model_change" => self.change_model(kind, &data["newModel"], out),
            "session.auto_mode_resolved" => self.change_model(kind, &data["chosenModel"], out),
            "session.title_changed" => self.entitle(data, out),
            "session.shutdown" => self.end(record, out),
            "session.info"
            | "session.warning"
            | "session.error"
            | "system.message"
            | "system.notification"
            | "skill.invoked"
            | "abort" => {
                const TEXTS: [&str; 3] = ["message", "content", "reason"];
                self.notice(record, kind, content::notice(data, &TEXTS), out);
            }
            "session.compaction_complete" => match content::text(&data["summaryContent"]) {
                Some(summary) => self.notice(record, kind, summary, out),
                None => out.skipped(kind),
            },
            "session.task_complete" => match content::text(&data["summary"]) {
                Some(summary) => self.notice(record, kind, summary, out),
                None => out.skipped(kind),
            },
            "user.message" => self.prompt(record, out),
            "assistant.message" => self.answer(record, out),
            "assistant.reasoning" => self.thought(record, out),
            "tool.execution_start" | "tool.user_requested" => self.call(record, out),
            "tool.execution_complete" => self.result(record, out),
            "assistant.turn_start"
            | "assistant.turn_end"
            | "subagent.started"
            | "subagent.completed"
            | "hook.start"
            | "hook.end"
            | "session.mode_changed"
            | "session.truncation"
            | "session.compaction_start"
            | "session.usage_checkpoint" => {
                out.skipped(kind);
            }
            _ => {
                let json = json::compact_elided(record.clone());
                let mut message = self.message(record, Role::System, out);
                message.injected = true;
                message.content.push(Block::Other(json));
                out.message(message);
                let kind = if kind.is_empty() { "line" } else { kind };
                out.unknown(&kind.chars().take(KIND).collect::<String>());
            }
        }
    }

    /// The session's id; tells of the session if that was not done yet.
    fn session(&mut self, out: &mut Output) -> String {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let id = self.alias.clone().unwrap_or_else(|| self.name.clone());
        let directory = self.home.directory.clone();
        out.session(Session { started: self.at, directory, ..Session::new(id.as_str()) });
        self.id = Some(id.clone());
        id
    }

    fn start(&mut self, data: &Value, out: &mut Output) {
        if self.id.is_some() {
            return self.go_on("session.start", &data["context"], &data["selectedModel"], out);
        }
        let told = session::some(&data["sessionId"]);
        let id = self.alias.clone().or(told).unwrap_or_else(|| self.name.clone());
        let mut session = session::started(&id, data, self.at);
        session.directory = session.directory.or_else(|| self.home.directory.take());
        self.model.clone_from(&session.model);
        if self.alias.is_some() {
            let Session { started, directory, .. } = session;
            session = Session { started, directory, ..Session::new(id.as_str()) };
        }
        self.home = Place { directory: session.directory.clone(), branch: session.branch.clone() };
        self.here = self.home.clone();
        self.id = Some(id);
        out.session(session);
        out.kept("session.start");
    }

    /// Goes on elsewhere, or with another model.
    fn go_on(&mut self, kind: &str, context: &Value, model: &Value, out: &mut Output) {
        let here = Place::read(context);
        if here != Place::default() {
            self.here = here;
        }
        self.learn_model(session::model(model), out);
        out.kept(kind);
    }

    fn change_model(&mut self, kind: &str, model: &Value, out: &mut Output) {
        self.learn_model(session::model(model), out);
        out.kept(kind);
    }

    fn learn_model(&mut self, model: Option<String>, out: &mut Output) {
        if model.is_some() && model != self.model {
            let id = self.session(out);
            if self.alias.is_none() {
                out.session(Session { model: model.clone(), ..Session::new(id) });
            }
            self.model = model;
        }
    }

    fn entitle(&mut self, data: &Value, out: &mut Output) {
        let Some(title) = session::some(&data["title"]) else {
            return out.skipped("session.title_changed");
        };
        let id = self.session(out);
        out.session(Session { title: Some(title), ..Session::new(id) });
        out.kept("session.title_changed");
    }

    /// The program ended; a resumed session goes on below.
    fn end(&mut self, record: &Value, out: &mut Output) {
        let mut message = self.message(record, Role::System, out);
        message.injected = true;
        message.usage = usage::at_end(&record["data"], self.output);
        message.content.push(Block::Other(json::compact_elided(record["data"].clone())));
        self.output = 0;
        out.message(message);
        out.kept("session.shutdown");
    }

    fn notice(&mut self, record: &Value, kind: &str, block: Block, out: &mut Output) {
        let mut message = self.message(record, Role::System, out);
        message.injected = true;
        message.content.push(block);
        out.message(message);
        out.kept(kind);
    }

    fn prompt(&mut self, record: &Value, out: &mut Output) {
        let data = &record["data"];
        let mut message = self.message(record, Role::User, out);
        message.injected = !matches!(json::text(&data["source"]), "" | "user");
        message.sidechain |= data["parentAgentTaskId"].is_string();
        message.content.extend(content::text(&data["content"]));
        message.content.extend(content::attachments(&data["attachments"]));
        self.put("user.message", message, out);
    }

    fn answer(&mut self, record: &Value, out: &mut Output) {
        let data = &record["data"];
        let mut message = self.message(record, Role::Assistant, out);
        if let Some(thought) = data["reasoningText"].as_str()
            && self.thoughts.insert(thought)
        {
            message.content.extend(content::thinking(&data["reasoningText"]));
        }
        message.content.extend(content::text(&data["content"]));
        for request in data["toolRequests"].as_array().into_iter().flatten() {
            let id = json::text(&request["toolCallId"]);
            if request["name"] == INTENT {
                self.intents.insert(id);
            } else if id.is_empty() || self.calls.insert(id) {
                let name = json::text(&request["name"]);
                let call = tools::tool_use(id, name, &request["arguments"]);
                message.content.push(Block::ToolUse(call));
            }
        }
        message.usage = usage::of_response(data);
        self.output += message.usage.map_or(0, |usage| usage.output);
        self.put("assistant.message", message, out);
    }

    fn thought(&mut self, record: &Value, out: &mut Output) {
        let text = json::text(&record["data"]["content"]);
        if text.trim().is_empty() || !self.thoughts.insert(text) {
            return out.skipped("assistant.reasoning"); // the message tells it, too
        }
        let mut message = self.message(record, Role::Assistant, out);
        message.content.push(Block::Thinking(text.to_owned()));
        self.put("assistant.reasoning", message, out);
    }

    /// A call that the model's message tells too, as a rule before.
    fn call(&mut self, record: &Value, out: &mut Output) {
        let data = &record["data"];
        let kind = json::text(&record["type"]);
        let id = json::text(&data["toolCallId"]);
        if data["toolName"] == INTENT {
            self.intents.insert(id);
            return out.skipped(kind);
        }
        if !self.calls.insert(id) {
            return out.skipped(kind);
        }
        let call = tools::tool_use(id, json::text(&data["toolName"]), &data["arguments"]);
        let is_of_person = kind == "tool.user_requested";
        let role = if is_of_person { Role::User } else { Role::Assistant };
        let mut message = self.message(record, role, out);
        message.content.push(Block::ToolUse(call));
        self.put(kind, message, out);
    }

    fn result(&mut self, record: &Value, out: &mut Output) {
        let data = &record["data"];
        let mut message = self.message(record, Role::User, out);
        if !self.intents.contains(json::text(&data["toolCallId"])) {
            message.content.push(Block::ToolResult(content::result(data)));
        }
        if !message.sidechain {
            self.learn_model(session::model(&data["model"]), out);
        }
        self.put("tool.execution_complete", message, out);
    }

    fn put(&mut self, kind: &str, message: Message, out: &mut Output) {
        if message.content.is_empty() && message.usage.is_none() {
            return out.skipped(kind);
        }
        out.message(message);
        out.kept(kind);
    }

    /// A message of this session, as far as the event's envelope tells.
    fn message(&mut self, record: &Value, role: Role, out: &mut Output) -> Message {
        let data = &record["data"];
        let id = json::text(&record["id"]);
        // Ids are unique, except where somebody blanked them out.
        let key = match self.ids.insert(id) && !id.is_empty() {
            true => id.to_owned(),
            false => format!("{id}#{}", self.events),
        };
        let mut message = Message::new(self.session(out), key, role);
        message.at = self.at;
        let is_of_agent = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        message.sidechain =
            is_of_agent(&data["parentToolCallId"]) || is_of_agent(&record["agentId"]);
        if self.here.directory != self.home.directory {
            message.directory.clone_from(&self.here.directory);
        }
        if self.here.branch != self.home.branch {
            message.branch.clone_from(&self.here.branch);
        }
        if role == Role::Assistant {
            // A sub-agent may have a model of its own.
            let usual = self.model.clone().filter(|_| !message.sidechain);
            message.model = session::model(&data["model"]).or(usual);
        }
        message
    }
}
