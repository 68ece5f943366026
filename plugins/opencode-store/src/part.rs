//! Parts of a message, each of which becomes a block or two.

use lore_plugin_sdk::{Block, Output, Usage, json};
use serde_json::Value;

use crate::{message, tools};

/// The record of a part.
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) data: Value,
    /// Whether it is new since the last reading and has to be counted.
    pub(crate) is_new: bool,
}

/// What the parts of one message say together.
#[derive(Default)]
pub(crate) struct Content {
    /// Words and deeds of the person or the model.
    pub(crate) said: Vec<Block>,
    /// What the tool put in.
    pub(crate) put_in: Vec<Block>,
    /// The sum over its steps: each is one response of the model.
    pub(crate) usage: Option<Usage>,
    /// Lists of files that changed during a step, which repeat the edits of tools unless a command
    /// changed them.
    patches: Vec<Part>,
    edited: Vec<String>,
}

impl Content {
    /// Takes in one part; `directory` is the session's.
    pub(crate) fn take(&mut self, part: Part, directory: Option<&str>, out: &mut Output) {
        let Part { id, data, is_new } = part;
        let kind = data["type"].as_str().unwrap_or("part").to_owned();
        let kept = match kind.as_str() {
            "text" => {
                let text = json::text(&data["text"]);
                let is_put_in =
                    [&data["synthetic"], &data["ignored"]].contains(&&Value::Bool(true));
                let blocks = if is_put_in { &mut self.put_in } else { &mut self.said };
                blocks.extend((!text.is_empty()).then(|| Block::Text(text.to_owned())));
                !text.is_empty()
            }
            "reasoning" => {
                let text = json::text(&data["text"]);
                self.said.extend((!text.is_empty()).then(|| Block::Thinking(text.to_owned())));
                !text.is_empty()
            }
            "tool" => {
                let blocks = tools::blocks(&id, data, directory);
                for block in &blocks {
                    if let Block::ToolUse(call) = block {
                        self.edited.extend(call.edits.iter().map(|edit| edit.path.clone()));
                    }
                }
                self.said.extend(blocks);
                true
            }
            "file" => {
                self.said.push(other(data));
                true
            }
            "compaction" => {
                self.put_in.push(other(data));
                true
            }
            "subtask" => {
                let prompt = json::text(&data["prompt"]);
                self.put_in.push(match prompt.is_empty() {
                    true => other(data),
                    false => Block::Text(prompt.to_owned()),
                });
                true
            }
            "step-finish" => {
                let tokens = message::tokens(&data["tokens"]);
                self.usage = match (self.usage, tokens) {
                    (Some(sum), Some(step)) => Some(add(sum, step)),
                    (sum, step) => sum.or(step),
                };
                tokens.is_some()
            }
            "patch" => {
                self.patches.push(Part { id, data, is_new });
                return;
            }
            "step-start" | "snapshot" | "agent" | "retry" => false,
            _ => {
                self.put_in.push(other(data));
                if is_new {
                    out.unknown(&kind);
                }
                return;
            }
        };
        match (is_new, kept) {
            (true, true) => out.kept(&kind),
            (true, false) => out.skipped(&kind),
            (false, _) => {}
        }
    }

    /// All of it, once every part is taken in.
    pub(crate) fn finish(mut self, out: &mut Output) -> Self {
        for Part { data, is_new, .. } in std::mem::take(&mut self.patches) {
            let files = data["files"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_edited = |file: &Value| {
                let file = json::text(file);
                self.edited.iter().any(|path| file == path || file.ends_with(&format!("/{path}")))
            };
            let is_repeated = files.iter().all(is_edited);
            if !is_repeated {
                self.put_in.push(other(data));
            }
            match (is_new, is_repeated) {
                (true, false) => out.kept("patch"),
                (true, true) => out.skipped("patch"),
                (false, _) => {}
            }
        }
        self
    }
}

/// The part as JSON, the same from the tree and from the database, which keeps the ids in columns.
fn other(mut data: Value) -> Block {
    if let Some(fields) = data.as_object_mut() {
        for id in ["id", "sessionID", "messageID"] {
            fields.remove(id);
        }
    }
    Block::Other(json::compact_elided(data))
}

fn add(a: Usage, b: Usage) -> Usage {
    Usage {
        input: a.input.saturating_add(b.input),
        output: a.output.saturating_add(b.output),
        cache_read: a.cache_read.saturating_add(b.cache_read),
        cache_write: a.cache_write.saturating_add(b.cache_write),
    }
}
