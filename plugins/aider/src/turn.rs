//! A turn: a prompt, what was answered and what aider said about it, up to the next prompt.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::shell;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use crate::edits::Answer;
use crate::history::Known;
use crate::output::{self, Fact};
use crate::place::{self, Kind};

/// What aider writes for an input of nothing.
const NOTHING: &str = "<blank>";

/// How prompts begin that aider made itself.
const MADE: [&str; 4] = [
    "# Fix any errors below, if possible.",
    "# Relevant docs:",
    "# Question: ",
    "# Announcement lines from when this session",
];

/// The lines of a turn as they were read so far.
#[derive(Default)]
pub(crate) struct Turn {
    parts: Vec<Part>,
    /// One for each line that is not blank.
    records: Vec<Record>,
    /// Bytes.
    pub(crate) size: usize,
}

enum Record {
    Kept(&'static str),
    Skipped(&'static str),
    Problem(u64, String),
}

/// Consecutive lines of one kind, without their prefixes.
struct Part {
    kind: Kind,
    text: String,
    facts: Vec<Fact>,
}

/// How much of a turn was told before.
#[derive(Clone, Copy, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Told {
    records: usize,
    /// Records about the session.
    sessions: usize,
}

impl Turn {
    pub(crate) fn push(&mut self, kind: Kind, line: &str) {
        self.size += line.len() + 1;
        let (name, text) = match kind {
            Kind::Blank => return,
            Kind::Header => return self.records.push(Record::Kept("header")),
            Kind::Prompt if is_nothing(line) => {
                return self.records.push(Record::Skipped("prompt"));
            }
            Kind::Prompt | Kind::MorePrompt => ("prompt", place::prompt(line).unwrap_or(line)),
            Kind::Answer => ("answer", line),
            Kind::Output => match place::output(line) {
                Some(text) => ("output", text),
                None => ("output", line.strip_suffix("  ").unwrap_or(line)),
            },
        };
        if !line.trim_end().is_empty() {
            let is_empty = kind == Kind::Output && text.trim().is_empty();
            let record = if is_empty { Record::Skipped(name) } else { Record::Kept(name) };
            self.records.push(record);
        }
        let kind = if kind == Kind::MorePrompt { Kind::Prompt } else { kind };
        let fact = match kind {
            Kind::Output if place::output(line).is_some() => {
                let before = self.parts.last().and_then(|part| part.text.lines().next_back());
                output::fact(text, before.unwrap_or_default())
            }
            _ => None,
        };
        match self.parts.last_mut() {
            Some(part) if part.kind == kind => {
                part.text.push('\n');
                part.text.push_str(text);
                part.facts.extend(fact);
            }
            _ => {
                let facts = fact.into_iter().collect();
                self.parts.push(Part { kind, text: text.to_owned(), facts });
            }
        }
    }

    pub(crate) fn problem(&mut self, offset: u64, message: String) {
        self.records.push(Record::Problem(offset, message));
    }

    /// Goes through everything that is said, for the session's id.
    pub(crate) fn hash(&self, hasher: &mut Xxh3Default) {
        for part in &self.parts {
            hasher.update(part.text.as_bytes());
            hasher.update(b"\0");
        }
    }

    /// What aider says above the first prompt about the session.
    pub(crate) fn describe(&self, session: &mut Session, known: &mut Known) {
        for fact in self.parts.iter().flat_map(|part| &part.facts) {
            match fact {
                Fact::Version(version) => session.tool_version = Some(version.clone()),
                Fact::Directory(path) => session.directory = Some(path.clone()),
                Fact::Model { .. } => {
                    known.learn(fact);
                    session.model.clone_from(&known.model);
                }
                _ => {}
            }
        }
    }

    /// Counts all lines as left out.
    pub(crate) fn skip(&self, out: &mut Output) {
        for record in &self.records {
            match record {
                Record::Kept(kind) | Record::Skipped(kind) => out.skipped(kind),
                Record::Problem(offset, message) => out.problem(*offset, message.as_str()),
            }
        }
    }

    /// Tells the turn as it is now, and how much of it that was.
    pub(crate) fn tell(&self, known: &mut Known, told: Told, out: &mut Output) -> Told {
        let mut sessions = 0;
        for (at, part) in self.parts.iter().enumerate() {
            let mut message = self.message(at, part, known);
            match part.kind {
                Kind::Answer => self.complete(at, &mut message, known),
                Kind::Output => message.usage = self.usage_of_output(at),
                _ => {}
            }
            if !message.content.is_empty() {
                out.message(message);
            }
            for fact in &part.facts {
                if known.learn(fact) {
                    sessions += 1;
                    if sessions > told.sessions {
                        let model = known.model.clone();
                        out.session(Session { model, ..Session::new(known.id.as_str()) });
                    }
                }
            }
        }
        known.messages += self.parts.len() as u64;
        for record in self.records.iter().skip(told.records) {
            match record {
                Record::Kept(kind) => out.kept(kind),
                Record::Skipped(kind) => out.skipped(kind),
                Record::Problem(offset, message) => out.problem(*offset, message.as_str()),
            }
        }
        Told { records: self.records.len(), sessions }
    }

    fn message(&self, at: usize, part: &Part, known: &Known) -> Message {
        let role = match part.kind {
            Kind::Prompt => Role::User,
            Kind::Answer => Role::Assistant,
            _ => Role::System,
        };
        let first = part.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let key = format!("{}-{:016x}", known.messages + at as u64, xxh3_64(first.as_bytes()));
        let mut message = Message::new(known.id.as_str(), key, role);
        message.injected = match part.kind {
            Kind::Prompt => MADE.iter().any(|start| part.text.starts_with(start)),
            _ => role == Role::System,
        };
        if role == Role::Assistant {
            message.model.clone_from(&known.model);
        }
        let text = part.text.trim_matches('\n');
        if !text.trim().is_empty() {
            message.content.push(Block::Text(text.to_owned()));
        }
        message
    }

    /// Adds to an answer what aider said about it.
    fn complete(&self, at: usize, message: &mut Message, known: &Known) {
        let facts = || self.parts[at + 1..].iter().take_while(is_output).flat_map(|p| &p.facts);
        message.usage = facts().find_map(tokens);
        let mut applied: Vec<&str> = Vec::new();
        let mut created: Vec<&str> = Vec::new();
        let mut commands = Vec::new();
        for fact in facts() {
            match fact {
                Fact::Applied(path) if !applied.contains(&path.as_str()) => applied.push(path),
                Fact::Created(path) => created.push(path),
                Fact::Ran(command) => commands.push(command),
                _ => {}
            }
        }
        // A file that was made for the chat before the model filled it.
        created.extend(self.parts[..at].iter().flat_map(|part| &part.facts).filter_map(|fact| {
            if let Fact::Created(path) = fact { Some(path.as_str()) } else { None }
        }));
        let answer = Answer {
            text: &self.parts[at].text,
            applied: &applied,
            created: &created,
            format: known.format.as_deref(),
        };
        for (path, edits) in answer.edits() {
            let input = serde_json::json!({ "path": path }).to_string();
            let id = format!("{}.{}", message.key, message.content.len());
            let name = "edit".to_owned();
            let call = ToolUse { id, name, input, edits, reads: Vec::new(), command: None };
            message.content.push(Block::ToolUse(call));
        }
        for command in commands {
            message.content.push(Block::ToolUse(ToolUse {
                id: format!("{}.{}", message.key, message.content.len()),
                name: "shell".to_owned(),
                input: serde_json::json!({ "command": command }).to_string(),
                edits: shell::edits(command),
                reads: shell::reads(command),
                command: Some(command.clone()),
            }));
        }
    }

    /// Tokens that no answer above has: of the second response on, or of one without words.
    fn usage_of_output(&self, at: usize) -> Option<Usage> {
        let is_answer_above =
            at.checked_sub(1).is_some_and(|at| self.parts[at].kind == Kind::Answer);
        let facts = self.parts[at].facts.iter().filter_map(tokens);
        facts.skip(usize::from(is_answer_above)).reduce(|a, b| Usage {
            input: a.input.saturating_add(b.input),
            output: a.output.saturating_add(b.output),
            cache_read: a.cache_read.saturating_add(b.cache_read),
            cache_write: a.cache_write.saturating_add(b.cache_write),
        })
    }
}

/// Whether the line is a prompt of nothing.
pub(crate) fn is_nothing(line: &str) -> bool {
    place::prompt(line).is_some_and(|text| text.trim() == NOTHING)
}

fn is_output(part: &&Part) -> bool {
    part.kind == Kind::Output
}

fn tokens(fact: &Fact) -> Option<Usage> {
    if let Fact::Tokens(usage) = fact { Some(*usage) } else { None }
}
