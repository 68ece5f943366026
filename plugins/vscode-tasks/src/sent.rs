//! What was sent to the model, told: the results of the calls before, a person's words, and what the
//! program added.

use lore_plugin_sdk::{Block, Message, Role, ToolResult};

use crate::api::Part;
use crate::given::{self, Delivered, Given};
use crate::story::Story;
use crate::tools;

/// A call without a result yet.
pub(crate) struct Open {
    pub(crate) id: String,
    /// The model talked by it: its result is no tool's.
    pub(crate) is_speech: bool,
    pub(crate) is_command: bool,
    /// What the person saw of its output, and when last.
    pub(crate) output: String,
    pub(crate) output_at: Option<i64>,
}

impl Open {
    pub(crate) fn new(id: String) -> Self {
        Self { id, is_speech: false, is_command: false, output: String::new(), output_at: None }
    }

    /// Adds to what the person saw.
    pub(crate) fn see(&mut self, at: Option<i64>, text: &str) {
        if !self.output.is_empty() {
            self.output.push('\n');
        }
        self.output.push_str(text);
        self.output_at = at.or(self.output_at);
    }

    /// Its result.
    fn close(self, text: &str, is_error: bool) -> ToolResult {
        let content = given::without_heading(text).to_owned();
        let exit_status = if self.is_command { given::exit_status(&content) } else { None };
        let has_failed =
            exit_status.is_some_and(|status| status != 0) || given::is_failure(&content);
        ToolResult { id: self.id, content, is_error: is_error || has_failed, exit_status }
    }
}

/// What was sent, sorted.
#[derive(Default)]
struct Sent {
    results: Vec<Block>,
    spoken: Vec<String>,
    added: Vec<String>,
    others: Vec<Block>,
    last: Last,
}

/// What the last line of a part leaves open.
#[derive(Default)]
enum Last {
    #[default]
    Nothing,
    /// It named this call, whose result stands in the next part.
    Named(Open),
    /// It named a call that has its result already.
    Repeated,
}

impl Story<'_> {
    /// Tells what was sent by the request `key`.
    pub(crate) fn sent(&mut self, key: &str, at: Option<i64>, parts: Vec<Part>) {
        let mut sent = Sent::default();
        for part in parts {
            match part {
                Part::Text(text) | Part::Thinking(text) => self.given(&text, &mut sent),
                Part::Result { id, text, is_error } => {
                    self.result(&id, &text, is_error, &mut sent);
                }
                Part::Call { id, name, input } => {
                    sent.others.push(Block::ToolUse(tools::opaque(id, &name, &input)));
                }
                Part::Other(json) => sent.others.push(Block::Other(json)),
            }
        }
        self.close_named(&mut sent);
        self.close_seen(&mut sent.results);
        let Sent { mut results, spoken, added, mut others, .. } = sent;
        let mut spoken: Vec<Block> = spoken.into_iter().map(Block::Text).collect();
        let mut added: Vec<Block> = added.into_iter().map(Block::Text).collect();
        // Images stand beside results and words; the entries tell those of a person themselves.
        if !results.is_empty() {
            results.append(&mut others);
        } else if !spoken.is_empty() {
            spoken.append(&mut others);
        } else {
            others.retain(|block| !self.has_entries || !is_image(block));
            added.append(&mut others);
        }
        self.tell_results(key, at, results);
        for (content, injected, suffix) in [(spoken, false, ""), (added, true, "-added")] {
            if !content.is_empty() {
                let mut told = Message::new(self.session, format!("{key}{suffix}"), Role::User);
                (told.at, told.injected, told.content) = (at, injected, content);
                self.push(told);
            }
        }
    }

    /// Tells the results that the person saw and that were not sent.
    pub(crate) fn flush(&mut self) {
        let mut results = Vec::new();
        let at = self.close_seen(&mut results);
        self.tell_results("", at, results);
    }

    /// Sorts a text that was sent.
    fn given(&mut self, text: &str, sent: &mut Sent) {
        let is_spoken = |said: &str| !self.has_entries || self.told.contains(said);
        let mut given = Given::read(text, &mut self.environment, is_spoken);
        if !self.has_entries {
            // With no mark around them, a person's words are those that no program begins so.
            let is_bare =
                given.results.is_empty() && given.spoken.is_empty() && self.open.is_empty();
            let is_free = matches!(sent.last, Last::Nothing);
            if is_bare && is_free && !given.added.starts_with(['[', '#', '<']) {
                given.spoken.extend(some_text(&std::mem::take(&mut given.added)));
            }
            sent.spoken.append(&mut given.spoken);
        }
        if !given.added.is_empty() {
            match std::mem::take(&mut sent.last) {
                Last::Named(open) => self.close(open, &given.added, false, sent),
                Last::Repeated if self.delivered.contains(&given.added) => {}
                Last::Nothing | Last::Repeated => sent.added.push(given.added),
            }
        }
        for result in given.results {
            self.deliver(result, sent);
        }
    }

    /// Gives a result without an id to the next call that has none.
    fn deliver(&mut self, result: Delivered, sent: &mut Sent) {
        self.close_named(sent);
        let Delivered { text, is_error } = result;
        if !self.open.is_empty() {
            let open = self.open.remove(0);
            if text.is_empty() && !open.is_speech {
                sent.last = Last::Named(open);
            } else {
                self.close(open, &text, is_error, sent);
            }
        } else if text.is_empty() {
            sent.last = Last::Repeated;
        } else if !self.delivered.contains(&text) {
            match sent.results.last_mut() {
                // A line of a result that looked like the beginning of another one.
                Some(Block::ToolResult(last)) => {
                    last.content.push_str("\n\n");
                    last.content.push_str(&text);
                }
                _ => sent.added.push(text),
            }
        }
    }

    /// A result that names its call.
    fn result(&mut self, id: &str, text: &str, is_error: bool, sent: &mut Sent) {
        self.close_named(sent);
        let is_spoken = |said: &str| !self.has_entries || self.told.contains(said);
        let (text, spoken) = given::cut(text, &mut self.environment, is_spoken);
        if !self.has_entries {
            sent.spoken.extend(spoken);
        }
        let open = match self.open.iter().position(|open| open.id == id) {
            Some(at) => self.open.remove(at),
            None => Open::new(id.to_owned()),
        };
        self.close(open, &text, is_error, sent);
    }

    fn close(&mut self, open: Open, text: &str, is_error: bool, sent: &mut Sent) {
        if open.is_speech {
            sent.added.extend(some_text(given::without_heading(text)));
            return;
        }
        let result = open.close(text, is_error);
        self.delivered.insert(result.content.clone());
        sent.results.push(Block::ToolResult(result));
    }

    /// The call that the last line named gave nothing.
    fn close_named(&mut self, sent: &mut Sent) {
        if let Last::Named(open) = std::mem::take(&mut sent.last) {
            self.close(open, "", false, sent);
        }
    }

    /// Takes what the person saw as the result of each call that got none; returns when.
    fn close_seen(&mut self, results: &mut Vec<Block>) -> Option<i64> {
        let mut at = None;
        for mut open in std::mem::take(&mut self.open) {
            let output = std::mem::take(&mut open.output);
            if !output.is_empty() {
                at = open.output_at.or(at);
                results.push(Block::ToolResult(open.close(&output, false)));
            }
        }
        at
    }

    fn tell_results(&mut self, key: &str, at: Option<i64>, results: Vec<Block>) {
        if !results.is_empty() {
            let of = if self.answer.is_empty() { key } else { &self.answer };
            let mut told = Message::new(self.session, format!("{of}-results"), Role::User);
            (told.at, told.content) = (at, results);
            self.push(told);
        }
    }
}

fn is_image(block: &Block) -> bool {
    matches!(block, Block::Other(json) if json.contains("\"type\":\"image\""))
}

/// The text without white space around it, if there is any.
pub(crate) fn some_text(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
