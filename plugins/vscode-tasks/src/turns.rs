//! The entries of `ui_messages.json` in the order of the conversation: what a person says, the
//! requests to the model with all that came of each, and the program's notices.

use lore_plugin_sdk::{Block, Message, Output, Role, Usage, json};
use serde_json::value::RawValue;

use crate::api::{self, Keys};
use crate::entry::{Entry, Meaning};
use crate::spoken;
use crate::usage::Request;

/// What follows one upon the other.
pub(crate) enum Step {
    /// Told as it is: a person's words, a notice.
    Told(Message),
    Turn(Turn),
}

/// A request to the model, and what came of it.
pub(crate) struct Turn {
    pub(crate) key: String,
    pub(crate) at: Option<i64>,
    /// What was sent, if the entry tells.
    pub(crate) sent: Option<String>,
    /// Whether there was a request, or pieces of an answer stand alone.
    pub(crate) is_request: bool,
    /// Place of the last message before the request.
    pub(crate) index: Option<i64>,
    pub(crate) usage: Option<Usage>,
    pub(crate) model: Option<String>,
    /// Words, thoughts, calls and their outputs, in their order.
    pub(crate) pieces: Vec<Entry>,
}

/// All steps of a task.
pub(crate) struct Steps<'a> {
    session: &'a str,
    keys: Keys,
    pub(crate) steps: Vec<Step>,
    /// The turn that pieces belong to.
    turn: Option<usize>,
    is_prompted: bool,
    progress: String,
    /// The time of the first entry.
    pub(crate) started: Option<i64>,
}

impl<'a> Steps<'a> {
    /// Reads the entries and counts each.
    pub(crate) fn read(session: &'a str, list: &[&RawValue], out: &mut Output) -> Self {
        let mut steps = Self {
            session,
            keys: Keys::default(),
            steps: Vec::new(),
            turn: None,
            is_prompted: false,
            progress: String::new(),
            started: None,
        };
        for json in list {
            steps.take(json.get(), out);
        }
        steps
    }

    fn take(&mut self, json: &str, out: &mut Output) {
        let Some(mut entry) = Entry::read(json, self.is_prompted) else {
            out.unknown("entry");
            self.unknown(json, String::new(), None);
            return;
        };
        entry.key = self.keys.unique(std::mem::take(&mut entry.key));
        self.started = match (self.started, entry.at) {
            (Some(first), Some(at)) => Some(first.min(at)),
            (first, at) => first.or(at),
        };
        let kind = entry.kind.clone();
        match entry.meaning {
            Meaning::Unknown => {
                out.unknown(&kind);
                self.unknown(json, entry.key, entry.at);
            }
            Meaning::Mark => out.skipped(&kind),
            Meaning::Request => {
                out.kept(&kind);
                self.request(entry);
            }
            Meaning::Progress if entry.text.trim() == self.progress => out.skipped(&kind),
            Meaning::Tool => {
                out.kept(&kind);
                self.piece(entry);
            }
            _ if entry.is_empty() => out.skipped(&kind),
            Meaning::Prompt => {
                out.kept(&kind);
                self.is_prompted = true;
                self.told(entry, Role::User, false);
            }
            Meaning::Amendment => {
                out.kept(&kind);
                let block = Block::Other(api::elided(&entry.text));
                let mut message = self.message(&entry, Role::User, false);
                message.content = vec![block];
                self.steps.push(Step::Told(message));
            }
            Meaning::Addition => {
                out.kept(&kind);
                let role = if kind == "subtask_result" { Role::User } else { Role::System };
                self.told(entry, role, true);
            }
            Meaning::Notice | Meaning::Progress => {
                out.kept(&kind);
                if entry.meaning == Meaning::Progress {
                    self.progress = entry.text.trim().to_owned();
                }
                self.told(entry, Role::System, true);
            }
            Meaning::RequestEnd => {
                out.kept(&kind);
                let usage = Request::read(&entry.text).usage();
                if let Some(turn) = self.turn() {
                    turn.usage = turn.usage.or(usage);
                }
            }
            Meaning::SubagentUsage => {
                out.kept(&kind);
                let mut message = self.message(&entry, Role::Assistant, true);
                message.sidechain = true;
                message.usage = Request::read(&entry.text).usage();
                message.content = vec![Block::Other(api::elided(&entry.text))];
                self.steps.push(Step::Told(message));
            }
            Meaning::Speech | Meaning::Reasoning | Meaning::Output => {
                out.kept(&kind);
                let answer = (kind == "followup" || kind.starts_with("plan_mode"))
                    .then(|| spoken::selected(&entry.text))
                    .flatten();
                let (key, at) = (format!("{}-answer", entry.key), entry.at);
                self.piece(entry);
                if let Some(answer) = answer {
                    let mut message = Message::new(self.session, key, Role::User);
                    message.at = at;
                    message.content = vec![Block::Text(answer)];
                    self.steps.push(Step::Told(message));
                }
            }
        }
    }

    fn turn(&mut self) -> Option<&mut Turn> {
        match self.steps.get_mut(self.turn?)? {
            Step::Turn(turn) => Some(turn),
            Step::Told(_) => None,
        }
    }

    fn request(&mut self, entry: Entry) {
        let request = Request::read(&entry.text);
        let failure = request.streaming_failed_message.as_ref().or(request.cancel_reason.as_ref());
        let failure = failure.filter(|words| !words.trim().is_empty()).cloned();
        let usage = request.usage();
        self.turn = Some(self.steps.len());
        self.steps.push(Step::Turn(Turn {
            key: entry.key.clone(),
            at: entry.at,
            sent: request.request,
            is_request: true,
            index: entry.index,
            usage,
            model: entry.model.clone(),
            pieces: Vec::new(),
        }));
        if let Some(words) = failure {
            let key = format!("{}-failed", entry.key);
            let mut message = Message::new(self.session, key, Role::System);
            (message.at, message.injected) = (entry.at, true);
            message.content = vec![Block::Text(words)];
            self.steps.push(Step::Told(message));
        }
    }

    fn piece(&mut self, entry: Entry) {
        if self.turn().is_none() {
            self.turn = Some(self.steps.len());
            self.steps.push(Step::Turn(Turn {
                key: entry.key.clone(),
                at: entry.at,
                sent: None,
                is_request: false,
                index: None,
                usage: None,
                model: None,
                pieces: Vec::new(),
            }));
        }
        if let Some(turn) = self.turn() {
            turn.model = turn.model.take().or_else(|| entry.model.clone());
            turn.pieces.push(entry);
        }
    }

    fn message(&self, entry: &Entry, role: Role, injected: bool) -> Message {
        let mut message = Message::new(self.session, entry.key.clone(), role);
        (message.at, message.injected) = (entry.at, injected);
        message
    }

    fn told(&mut self, entry: Entry, role: Role, injected: bool) {
        let mut message = self.message(&entry, role, injected);
        let text = entry.text.trim();
        if !text.is_empty() {
            message.content.push(Block::Text(text.to_owned()));
        }
        message.content.extend(entry.attached);
        self.steps.push(Step::Told(message));
    }

    fn unknown(&mut self, json: &str, key: String, at: Option<i64>) {
        let key = if key.is_empty() {
            self.keys.unique(format!("{:016x}", xxhash_rust::xxh3::xxh3_64(json.as_bytes())))
        } else {
            key
        };
        let mut message = Message::new(self.session, key, Role::System);
        (message.at, message.injected) = (at, true);
        message.content = vec![Block::Other(api::elided(json))];
        self.steps.push(Step::Told(message));
    }
}

impl Turn {
    /// Whether the model answered anything, as far as the entries tell.
    pub(crate) fn is_answered(&self) -> bool {
        !self.pieces.is_empty() || self.usage.is_some()
    }
}

/// The words in a message, for comparing.
pub(crate) fn words(message: &Message) -> Option<&str> {
    message.content.iter().find_map(|block| match block {
        Block::Text(text) => Some(text.trim()),
        _ => None,
    })
}

/// A text that may be JSON, readable.
pub(crate) fn output_text(text: &str) -> String {
    match serde_json::from_str(text) {
        Ok(value @ (serde_json::Value::Object(_) | serde_json::Value::Array(_))) => {
            json::compact_elided(value)
        }
        _ => text.to_owned(),
    }
}
