//! An answer, which a request holds twice: as the parts that the editor shows, and as the rounds that
//! the model went through.
//!
//! The rounds have the words as the model wrote them and the arguments of its calls; they are there
//! once the answer is complete. Until then, and in chats without tools, the parts are all there is.

use lore_plugin_sdk::json;
use lore_plugin_sdk::prelude::*;
use serde_json::Value;

use crate::calls;
use crate::place;

/// What came of a request.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) content: Vec<Block>,
    pub(crate) results: Vec<ToolResult>,
}

/// Reads the answer `id` of a request.
pub(crate) fn read(request: &Value, id: &str) -> Answer {
    let metadata = &request["result"]["metadata"];
    let parts = request["response"].as_array().map_or(&[][..], Vec::as_slice);
    let rounds = metadata["toolCallRounds"].as_array().map_or(&[][..], Vec::as_slice);
    let has_more = |round: &Value| {
        !json::text(&round["response"]).is_empty()
            || round["toolCalls"].as_array().is_some_and(|calls| !calls.is_empty())
    };
    let mut answer = match rounds.iter().any(has_more) {
        true => of_rounds(rounds, &metadata["toolCallResults"], parts),
        false => of_parts(parts),
    };
    calls::add_edits(&mut answer.content, parts, id);
    let unknown = parts.iter().filter(|part| matches!(kind(part), (_, Outcome::Unknown)));
    answer.content.extend(unknown.map(|part| Block::Other(json::compact_elided(part.clone()))));
    answer
}

/// What becomes of a part of an answer, by the name of its kind.
pub(crate) fn kind(part: &Value) -> (&str, Outcome) {
    let kind = json::text(&part["kind"]);
    match kind {
        "" if has_value(part) => ("markdown", Outcome::Kept),
        "markdownContent"
        | "markdownVuln"
        | "thinking"
        | "inlineReference"
        | "toolInvocationSerialized"
        | "textEditGroup" => (kind, Outcome::Kept),
        "prepareToolInvocation"
        | "codeblockUri"
        | "undoStop"
        | "confirmation"
        | "progressMessage"
        | "progressTaskSerialized"
        | "mcpServersStarting"
        | "elicitation"
        | "elicitationSerialized"
        | "command"
        | "treeData"
        | "warning"
        | "extensions"
        | "multiDiffData" => (kind, Outcome::Skipped),
        "" => ("part", Outcome::Unknown),
        _ => (kind, Outcome::Unknown),
    }
}

fn has_value(part: &Value) -> bool {
    !markdown(part).is_null()
}

/// The markdown of a part: a text, or an object that holds one.
fn markdown(part: &Value) -> &Value {
    let value = match &part["value"] {
        Value::Null => &part["content"],
        value => value,
    };
    if value.is_object() { &value["value"] } else { value }
}

fn of_rounds(rounds: &[Value], results: &Value, parts: &[Value]) -> Answer {
    let mut answer = Answer::default();
    for round in rounds {
        push_thought(&mut answer.content, &round["thinking"]["text"]);
        push_text(&mut answer.content, json::text(&round["response"]));
        for call in round["toolCalls"].as_array().into_iter().flatten() {
            let id = json::text(&call["id"]);
            answer.content.push(Block::ToolUse(calls::of_round(call)));
            let result = &results[id];
            if !result.is_null() {
                answer.results.push(calls::result(id, result, parts));
            }
        }
    }
    answer
}

fn of_parts(parts: &[Value]) -> Answer {
    let mut answer = Answer::default();
    let mut text = String::new();
    for part in parts {
        match json::text(&part["kind"]) {
            "" | "markdownContent" | "markdownVuln" => {
                let words = json::text(markdown(part));
                // The fences that the editor puts around an edit.
                if words.trim() != "```" {
                    text.push_str(words);
                }
            }
            "inlineReference" => text.push_str(&reference(part)),
            "thinking" => {
                push_text(&mut answer.content, &std::mem::take(&mut text));
                push_thought(&mut answer.content, &part["value"]);
            }
            "toolInvocationSerialized" => {
                push_text(&mut answer.content, &std::mem::take(&mut text));
                answer.content.push(Block::ToolUse(calls::of_part(part)));
                answer.results.extend(calls::result_of_part(part));
            }
            _ => {}
        }
    }
    push_text(&mut answer.content, &text);
    answer
}

/// A file or symbol that is named in the text, as `name`.
fn reference(part: &Value) -> String {
    let reference = &part["inlineReference"];
    let path = || place::of_uri(reference).or_else(|| place::of_uri(&reference["uri"]));
    let name = part["name"].as_str().or(reference["name"].as_str()).map(str::to_owned);
    let name = name.or_else(|| Some(path()?.rsplit(['/', '\\']).next()?.to_owned()));
    name.map_or_else(String::new, |name| format!("`{name}`"))
}

fn push_text(content: &mut Vec<Block>, text: &str) {
    if !text.trim().is_empty() {
        content.push(Block::Text(text.to_owned()));
    }
}

/// A thought is a text or a list of texts.
fn push_thought(content: &mut Vec<Block>, value: &Value) {
    let text = match value {
        Value::Array(texts) => texts.iter().map(json::text).collect(),
        value => json::text(value).to_owned(),
    };
    if !text.trim().is_empty() {
        content.push(Block::Thinking(text));
    }
}
