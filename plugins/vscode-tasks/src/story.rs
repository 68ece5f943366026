//! Puts a task's conversation together from its two files.
//!
//! `ui_messages.json` tells what a person said, when, and what a request cost;
//! `api_conversation_history.json` what was really sent and answered. Where both tell of a turn, the
//! answer's blocks and the tools' results are those of the latter; what only one of them tells is
//! told from there. A message's key is the time of its entry, so it does not change when the other
//! file comes or goes.

use std::collections::BTreeSet;

use lore_plugin_sdk::{Block, Edit, EditKind, Message, Role, Usage};
use serde_json::Value;

use crate::align::{self, Pair};
use crate::api::{ApiMessage, Keys, Part, Voice};
use crate::entry::Meaning;
use crate::given::{self, Environment};
use crate::sent::{Open, some_text};
use crate::turns::{self, Step, Turn};
use crate::{shown, spoken, tools, xml};

/// A conversation being told.
pub(crate) struct Story<'a> {
    pub(crate) session: &'a str,
    keys: Keys,
    /// What people say in the entries.
    pub(crate) told: BTreeSet<String>,
    /// What the program says in the entries: summaries, among others.
    noted: BTreeSet<String>,
    /// Whether a person's words are told by entries.
    pub(crate) has_entries: bool,
    /// The answer that results belong to.
    pub(crate) answer: String,
    pub(crate) open: Vec<Open>,
    /// Results of the latest answer, which a repeated request sends again.
    pub(crate) delivered: BTreeSet<String>,
    pub(crate) environment: Environment,
    pub(crate) messages: Vec<Message>,
}

/// What an answer tells beside its blocks.
#[derive(Default)]
struct Facts {
    at: Option<i64>,
    model: Option<String>,
    usage: Option<Usage>,
}

impl Facts {
    fn of(message: &ApiMessage) -> Self {
        Self { at: message.at, model: message.model.clone(), usage: message.usage }
    }
}

impl<'a> Story<'a> {
    /// Tells a task of which only the messages to and from the model are there.
    pub(crate) fn of_messages(session: &'a str, messages: &mut [ApiMessage]) -> Self {
        let mut story = Self::new(session, false);
        for message in messages {
            story.message(message);
        }
        story
    }

    /// Tells a task from its entries, and what is there of its messages.
    pub(crate) fn of_steps(
        session: &'a str,
        steps: Vec<Step>,
        messages: &mut [ApiMessage],
    ) -> Self {
        let mut story = Self::new(session, true);
        story.told = texts(&steps, Role::User);
        story.noted = texts(&steps, Role::System);
        let turns: Vec<&Turn> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Turn(turn) => Some(turn),
                Step::Told(_) => None,
            })
            .collect();
        let pairs = align::pairs(&turns, messages);
        let spoken = spoken_by(messages);
        let paired: BTreeSet<usize> =
            pairs.iter().flat_map(|pair| [pair.sent, pair.answer]).flatten().collect();
        let mut pairs = pairs.into_iter();
        let mut next = 0;
        for step in steps {
            let turn = match step {
                Step::Told(message) => {
                    story.push(message);
                    continue;
                }
                Step::Turn(turn) => turn,
            };
            let pair = pairs.next().unwrap_or_default();
            // What no entry is about comes before the first turn that is about something later.
            let indexes = [pair.sent, pair.answer];
            let end = indexes.into_iter().flatten().min().unwrap_or_else(|| {
                let is_before = |index: &usize| {
                    let at = messages[*index].at;
                    !paired.contains(index) && at.is_some() && at < turn.at
                };
                (next..messages.len()).take_while(is_before).last().map_or(next, |last| last + 1)
            });
            for message in messages.get_mut(next..end).into_iter().flatten() {
                story.message(message);
            }
            let last = indexes.into_iter().flatten().max().map(|last| last + 1);
            next = last.unwrap_or(end).max(next);
            story.turn(turn, pair, messages, &spoken);
        }
        for message in messages.get_mut(next..).into_iter().flatten() {
            story.message(message);
        }
        story.flush();
        story
    }

    fn new(session: &'a str, has_entries: bool) -> Self {
        Self {
            session,
            keys: Keys::default(),
            told: BTreeSet::new(),
            noted: BTreeSet::new(),
            has_entries,
            answer: String::new(),
            open: Vec::new(),
            delivered: BTreeSet::new(),
            environment: Environment::default(),
            messages: Vec::new(),
        }
    }

    /// Tells a message.
    pub(crate) fn push(&mut self, mut message: Message) {
        message.key = self.keys.unique(message.key);
        message.directory.clone_from(&self.environment.moved_to);
        self.messages.push(message);
    }

    /// Tells a message that no entry is about.
    fn message(&mut self, message: &mut ApiMessage) {
        let parts = std::mem::take(&mut message.parts);
        match message.voice {
            Voice::User => self.sent(&message.key, message.at, parts),
            Voice::Assistant => {
                let blocks = self.answer(&message.key, parts);
                self.answered(message.key.clone(), Facts::of(message), blocks, None);
            }
            Voice::Reasoning => {
                let blocks = parts.into_iter().filter_map(|part| match part {
                    Part::Thinking(text) => Some(Block::Thinking(text)),
                    _ => None,
                });
                let blocks: Vec<Block> = blocks.collect();
                if !blocks.is_empty() {
                    let mut told = Message::new(self.session, message.key.clone(), Role::Assistant);
                    (told.at, told.content) = (message.at, blocks);
                    self.push(told);
                }
            }
            Voice::Summary | Voice::Unknown => {
                let blocks = parts.into_iter().map(|part| match part {
                    Part::Text(text) | Part::Thinking(text) => {
                        let (text, _) = given::cut(&text, &mut self.environment, |_| false);
                        Block::Text(text.trim().to_owned())
                    }
                    Part::Call { name, input, id } => {
                        Block::ToolUse(tools::opaque(id, &name, &input))
                    }
                    Part::Result { text, .. } => Block::Text(text),
                    Part::Other(json) => Block::Other(json),
                });
                let content: Vec<Block> = blocks.collect();
                let is_noted = |block: &Block| match block {
                    Block::Text(text) => self.noted.iter().any(|noted| text.contains(noted)),
                    _ => false,
                };
                if content.iter().all(is_noted) {
                    return;
                }
                let mut told = Message::new(self.session, message.key.clone(), Role::System);
                (told.at, told.injected, told.content) = (message.at, true, content);
                self.push(told);
            }
        }
    }

    /// Tells a turn from both sides.
    fn turn(
        &mut self,
        mut turn: Turn,
        pair: Pair,
        messages: &mut [ApiMessage],
        spoken: &BTreeSet<String>,
    ) {
        let sent = pair.sent.and_then(|index| messages.get_mut(index));
        let sent = match sent {
            Some(message) => std::mem::take(&mut message.parts),
            None => turn.sent.take().map(Part::Text).into_iter().collect(),
        };
        if turn.is_request && !pair.is_repeated {
            self.sent(&turn.key, turn.at, sent);
        }
        let thoughts = self.between(pair, messages);
        let answer = pair.answer.and_then(|index| messages.get_mut(index));
        let mut blocks = Vec::new();
        let facts = answer.as_deref().map(Facts::of).unwrap_or_default();
        let is_answered = answer.is_some();
        if let Some(message) = answer {
            let parts = std::mem::take(&mut message.parts);
            blocks = self.answer(&turn.key, thoughts.into_iter().chain(parts).collect());
        } else if !turn.pieces.is_empty() {
            self.begin_answer(&turn.key);
        }
        self.pieces(&turn, is_answered, spoken, &mut blocks);
        self.answered(turn.key.clone(), facts, blocks, Some(&turn));
    }

    /// Tells what stands between the two messages of a turn; returns the reasoning among it, which
    /// belongs to the answer.
    fn between(&mut self, pair: Pair, messages: &mut [ApiMessage]) -> Vec<Part> {
        let mut thoughts = Vec::new();
        if let (Some(sent), Some(answer)) = (pair.sent, pair.answer) {
            for message in messages.get_mut(sent + 1..answer).into_iter().flatten() {
                match message.voice {
                    Voice::Reasoning => thoughts.append(&mut message.parts),
                    _ => self.message(message),
                }
            }
        }
        thoughts
    }

    /// Adds what the entries of a turn tell and its answer does not.
    fn pieces(
        &mut self,
        turn: &Turn,
        is_answered: bool,
        spoken: &BTreeSet<String>,
        blocks: &mut Vec<Block>,
    ) {
        let has_thinking = blocks.iter().any(|block| matches!(block, Block::Thinking(_)));
        let has_calls = self.open.iter().any(|open| !open.is_speech);
        let mut thoughts = 0;
        let mut calls = 0;
        for entry in &turn.pieces {
            match entry.meaning {
                Meaning::Reasoning if is_answered && !has_thinking => {
                    blocks.insert(thoughts, Block::Thinking(entry.text.trim().to_owned()));
                    thoughts += 1;
                }
                Meaning::Reasoning if !is_answered => {
                    blocks.push(Block::Thinking(entry.text.trim().to_owned()));
                }
                Meaning::Speech => {
                    let text = spoken::of_entry(&entry.kind, &entry.text);
                    let is_told = is_answered && is_said(blocks, spoken, &text);
                    if !text.is_empty() && !is_told {
                        blocks.push(Block::Text(text));
                    }
                    blocks.extend(entry.attached.iter().cloned());
                    if !is_answered && entry.kind != "text" {
                        self.open(format!("{}-{}", turn.key, entry.key), true, false);
                    }
                }
                Meaning::Tool => {
                    calls += 1;
                    let call = shown::call(entry, format!("{}-{calls}", turn.key));
                    if has_calls {
                        complete(blocks, call.edits);
                    } else {
                        self.open(call.id.clone(), false, call.command.is_some());
                        blocks.push(Block::ToolUse(call));
                    }
                }
                Meaning::Output => self.output(calls, entry.at, &entry.text),
                _ => {}
            }
        }
    }

    /// Adds to what a person saw of the output of a call.
    fn output(&mut self, calls: usize, at: Option<i64>, text: &str) {
        let mut of_tools = self.open.iter_mut().filter(|open| !open.is_speech);
        if let Some(open) = of_tools.nth(calls.max(1) - 1) {
            open.see(at, turns::output_text(text).trim_end());
        }
    }

    fn open(&mut self, id: String, is_speech: bool, is_command: bool) {
        self.open.push(Open { is_speech, is_command, ..Open::new(id) });
    }

    /// The results of what was called before belong to what came before this.
    fn begin_answer(&mut self, key: &str) {
        self.flush();
        self.open.clear();
        self.delivered.clear();
        key.clone_into(&mut self.answer);
    }

    /// The blocks of an answer.
    fn answer(&mut self, key: &str, parts: Vec<Part>) -> Vec<Block> {
        self.begin_answer(key);
        // Elements in the text are calls only where the program has no other way to call.
        let is_native = parts.iter().any(|part| matches!(part, Part::Call { .. }));
        let mut blocks = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) if is_native => {
                    blocks.extend(some_text(&text).map(Block::Text));
                }
                Part::Text(text) => self.written(key, &text, &mut blocks),
                Part::Thinking(text) => blocks.extend(some_text(&text).map(Block::Thinking)),
                Part::Call { id, name, input } => self.call(id, &name, &input, true, &mut blocks),
                Part::Result { text, .. } => blocks.extend(some_text(&text).map(Block::Text)),
                Part::Other(json) => blocks.push(Block::Other(json)),
            }
        }
        blocks
    }

    /// Reads a text with calls written into it.
    fn written(&mut self, key: &str, text: &str, blocks: &mut Vec<Block>) {
        for part in xml::parts(text) {
            match part {
                xml::Part::Text(text) => blocks.push(Block::Text(text.to_owned())),
                xml::Part::Thinking(text) => blocks.extend(some_text(text).map(Block::Thinking)),
                xml::Part::Call { name, input, is_complete } => {
                    let id = format!("{key}-{}", self.open.len() + 1);
                    self.call(id, name, &Value::Object(input), is_complete, blocks);
                }
            }
        }
    }

    fn call(
        &mut self,
        id: String,
        name: &str,
        input: &Value,
        is_complete: bool,
        blocks: &mut Vec<Block>,
    ) {
        let Some(words) = spoken::of_call(name, input) else {
            let call = tools::call(id, name, input, is_complete);
            self.open(call.id.clone(), false, call.command.is_some());
            blocks.push(Block::ToolUse(call));
            return;
        };
        blocks.push(Block::Text(words));
        self.open(id.clone(), true, false);
        if let Some(command) = input["command"].as_str().filter(|command| !command.is_empty()) {
            // It is run to show the result to the person.
            let input = serde_json::json!({"command": command});
            let mut call = tools::opaque(id, name, &input);
            tools::command(&mut call, command.to_owned(), None);
            blocks.push(Block::ToolUse(call));
        }
    }

    /// Tells an answer.
    fn answered(&mut self, key: String, facts: Facts, content: Vec<Block>, turn: Option<&Turn>) {
        let usage = turn.and_then(|turn| turn.usage).or(facts.usage);
        if content.is_empty() && usage.is_none() {
            return;
        }
        let mut told = Message::new(self.session, key, Role::Assistant);
        let piece = turn.and_then(|turn| turn.pieces.iter().find_map(|entry| entry.at));
        told.at = piece.or(facts.at).or(turn.and_then(|turn| turn.at));
        told.model = turn
            .and_then(|turn| turn.model.clone())
            .or(facts.model)
            .or_else(|| self.environment.model.clone());
        (told.content, told.usage) = (content, usage);
        self.push(told);
    }
}

/// The texts that the entries tell under a role.
fn texts(steps: &[Step], role: Role) -> BTreeSet<String> {
    let told = steps.iter().filter_map(|step| match step {
        Step::Told(message) if message.role == role => turns::words(message),
        _ => None,
    });
    told.map(str::to_owned).collect()
}

/// Puts what was changed in the place of what the model only sketched: another model makes the edit
/// of a sketch, and the person sees it.
fn complete(blocks: &mut [Block], shown: Vec<Edit>) {
    let Some(path) = shown.first().map(|edit| edit.path.clone()) else { return };
    let is_sketch = |edit: &Edit| {
        edit.kind == EditKind::Replace
            && edit.before.is_none()
            && (edit.path.ends_with(&path) || path.ends_with(&edit.path))
    };
    let sketched = blocks.iter_mut().find_map(|block| match block {
        Block::ToolUse(call) if call.edits.iter().any(is_sketch) => Some(call),
        _ => None,
    });
    if let Some(call) = sketched {
        call.edits = shown;
    }
}

/// All that the model says in the messages.
fn spoken_by(messages: &[ApiMessage]) -> BTreeSet<String> {
    let mut spoken = BTreeSet::new();
    let answers = messages.iter().filter(|message| message.voice == Voice::Assistant);
    for part in answers.flat_map(|message| &message.parts) {
        match part {
            Part::Text(text) => {
                spoken.extend(some_text(text));
                for part in xml::parts(text) {
                    match part {
                        xml::Part::Text(text) => spoken.extend(some_text(text)),
                        xml::Part::Call { name, input, .. } => {
                            spoken.extend(spoken::of_call(name, &Value::Object(input)));
                        }
                        xml::Part::Thinking(_) => {}
                    }
                }
            }
            Part::Call { name, input, .. } => spoken.extend(spoken::of_call(name, input)),
            _ => {}
        }
    }
    spoken
}

/// Whether a text stands in the answer, or is a whole text of another one.
fn is_said(blocks: &[Block], spoken: &BTreeSet<String>, text: &str) -> bool {
    let stands = |block: &Block| matches!(block, Block::Text(said) if said.contains(text));
    spoken.contains(text) || blocks.iter().any(stands)
}
