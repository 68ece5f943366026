//! Times and tokens of a context, from the `wire.jsonl` beside it: the events that Kimi CLI showed.
//!
//! The events have no ids of messages. What a person wrote is found by its text, an answer by its
//! calls or its text, each after the one before.

use lore_plugin_sdk::{Block, Message, Role, Usage, json, time};
use serde_json::Value;

/// What the events tell.
#[derive(Default)]
pub(crate) struct Times {
    /// When anything was said first.
    pub(crate) started: Option<i64>,
    inputs: Vec<Input>,
    steps: Vec<Step>,
    results: Vec<(String, i64)>,
    next_input: usize,
    next_step: usize,
    next_result: usize,
}

struct Input {
    at: i64,
    /// Not every writer tells it.
    text: Option<String>,
}

/// One answer of the model.
#[derive(Default)]
struct Step {
    at: i64,
    text: String,
    calls: Vec<String>,
    usage: Option<Usage>,
}

impl Times {
    /// Takes in one event.
    pub(crate) fn take(&mut self, event: &Value) {
        let Some(at) = time::parse(&event["timestamp"]) else { return };
        self.started.get_or_insert(at);
        let payload = &event["message"]["payload"];
        match json::text(&event["message"]["type"]) {
            "TurnBegin" | "SteerInput" => {
                let text = Some(&payload["user_input"]).filter(|input| !input.is_null());
                self.inputs.push(Input { at, text: text.map(json::content) });
            }
            "StepBegin" => self.steps.push(Step { at, ..Step::default() }),
            "ContentPart" => {
                if let Some(step) = self.steps.last_mut() {
                    step.text += json::text(&payload["text"]);
                }
            }
            "ToolCall" => {
                if let (Some(step), Some(id)) = (self.steps.last_mut(), payload["id"].as_str()) {
                    step.calls.push(id.to_owned());
                }
            }
            "ToolResult" => {
                self.results.extend(payload["tool_call_id"].as_str().map(|id| (id.to_owned(), at)));
            }
            "StatusUpdate" => {
                if let Some(step) = self.steps.last_mut() {
                    step.usage = super::content::usage(&payload["token_usage"]).or(step.usage);
                }
            }
            _ => {}
        }
    }

    /// Completes a message of the context; they come in order.
    pub(crate) fn complete(&mut self, message: &mut Message) {
        let calls: Vec<&str> = message.content.iter().filter_map(call).collect();
        let result = message.content.iter().find_map(|block| match block {
            Block::ToolResult(result) => Some(result.id.as_str()),
            _ => None,
        });
        let text: String = message.content.iter().filter_map(text).collect();
        match message.role {
            Role::Assistant => {
                let is_it = |step: &Step| match calls.first() {
                    Some(call) => step.calls.iter().any(|id| id == call),
                    None => !text.is_empty() && step.text.trim() == text.trim(),
                };
                if let Some(found) = find(&self.steps, &mut self.next_step, is_it) {
                    (message.at, message.usage) = (Some(found.at), found.usage);
                }
            }
            _ => {
                let found = match result {
                    Some(id) => find(&self.results, &mut self.next_result, |(of, _)| of == id)
                        .map(|(_, at)| *at),
                    None if message.injected => None,
                    None => find(&self.inputs, &mut self.next_input, |input| {
                        input.text.as_ref().is_none_or(|told| told.trim() == text.trim())
                    })
                    .map(|input| input.at),
                };
                message.at = found;
            }
        }
    }
}

/// The first one from `next` on; the next search begins behind it.
fn find<'a, T>(items: &'a [T], next: &mut usize, is_it: impl Fn(&T) -> bool) -> Option<&'a T> {
    let found = items.iter().enumerate().skip(*next).find(|(_, item)| is_it(item));
    found.map(|(at, item)| {
        *next = at + 1;
        item
    })
}

fn call(block: &Block) -> Option<&str> {
    match block {
        Block::ToolUse(tool) => Some(&tool.id),
        _ => None,
    }
}

fn text(block: &Block) -> Option<&str> {
    match block {
        Block::Text(text) => Some(text),
        _ => None,
    }
}
