//! A message: a row whose parts become blocks.

use lore_plugin_sdk::{Block, Message, Output, Role, Session, ToolResult, Value as Column, json};
use serde_json::{Value, json};

use crate::{database, tools};

/// A row of `messages`: id, role, model, time of its last change, whether it is a summary, bytes of
/// its parts, and the parts unless they are too large.
pub(crate) struct Row {
    id: String,
    role: String,
    model: Option<String>,
    created: i64,
    is_summary: bool,
    size: i64,
    parts: Option<String>,
    /// Whether it is new since the last reading and has to be counted.
    is_new: bool,
}

impl Row {
    pub(crate) fn of(row: &[Column], created: i64, since: i64) -> Self {
        let text = |column: usize| row.get(column).and_then(Column::as_text).map(str::to_owned);
        let integer = |column: usize| row.get(column).and_then(Column::as_integer);
        Self {
            id: text(0).unwrap_or_default(),
            role: text(1).unwrap_or_default(),
            model: text(2).filter(|model| !model.is_empty()),
            created,
            is_new: integer(3).is_none_or(|updated| updated >= since),
            is_summary: integer(4).is_some_and(|flag| flag != 0),
            size: integer(5).unwrap_or(0),
            parts: text(6),
        }
    }

    fn parts(&self) -> Result<Vec<Value>, String> {
        match &self.parts {
            Some(parts) => serde_json::from_str(parts)
                .map_err(|error| format!("is not the JSON expected: {error}")),
            None if self.size > 0 => Err(format!("has {} bytes, more than are read", self.size)),
            None => Err("has no parts".to_owned()),
        }
    }
}

/// What the parts of a message say together.
#[derive(Default)]
struct Content {
    /// Words and deeds of the person or the model, and results of tools.
    said: Vec<Block>,
    /// What the tool put in.
    put_in: Vec<Block>,
    /// What went wrong in the end.
    notice: Option<String>,
    /// The first kind of part that is not known.
    unknown: Option<String>,
}

/// Tells a message. `overwritten` gives what stood in a file before a text was written to it. What
/// the tool put in beside words of the person is a message of its own, and so is an error.
pub(crate) fn tell(
    session: &Session,
    row: Row,
    overwritten: &dyn Fn(&str, &str) -> Option<String>,
    out: &mut Output,
) {
    let parts = match row.parts() {
        Ok(parts) => parts,
        Err(failure) => {
            if row.is_new {
                out.problem(0, format!("message `{}` {failure}", row.id));
            }
            return;
        }
    };
    let mut content = Content::default();
    for (index, part) in parts.into_iter().enumerate() {
        content.take(&row.id, index, part, overwritten);
    }
    let role = match row.role.as_str() {
        "user" | "tool" => Some(Role::User),
        "assistant" => Some(Role::Assistant),
        "system" => Some(Role::System),
        _ => None,
    };
    if row.is_new {
        match (&content.unknown, role) {
            (Some(kind), _) => out.unknown(kind),
            (None, None) => out.unknown("message"),
            (None, Some(_)) => out.kept("message"),
        }
    }
    let Content { mut said, mut put_in, notice, .. } = content;
    if role.is_none() {
        said.push(Block::Other(json::compact(&json!({ "role": row.role }))));
    }
    let is_put_in = said.is_empty() && !put_in.is_empty();
    if is_put_in {
        said = std::mem::take(&mut put_in);
    }
    let message = |key: String| Message {
        sidechain: session.parent.is_some(),
        at: database::moment(row.created),
        ..Message::new(session.id.as_str(), key, role.unwrap_or(Role::System))
    };
    let is_said = matches!(role, Some(Role::User | Role::Assistant));
    out.message(Message {
        // A summary takes the place of what was said before, and answers nobody.
        injected: is_put_in || row.is_summary || !is_said,
        model: row.model.clone().filter(|_| role == Some(Role::Assistant)),
        content: said,
        ..message(row.id.clone())
    });
    if !put_in.is_empty() {
        out.message(Message {
            parent: Some(row.id.clone()),
            injected: true,
            content: put_in,
            ..message(format!("{}/hidden", row.id))
        });
    }
    if let Some(notice) = notice {
        out.message(Message {
            parent: Some(row.id.clone()),
            role: Role::System,
            injected: true,
            content: vec![Block::Text(notice)],
            ..message(format!("{}/finish", row.id))
        });
    }
}

impl Content {
    fn take(
        &mut self,
        message: &str,
        index: usize,
        mut part: Value,
        overwritten: &dyn Fn(&str, &str) -> Option<String>,
    ) {
        let kind = json::text(&part["type"]).to_owned();
        let mut nothing = Value::Null;
        let data = part.get_mut("data").unwrap_or(&mut nothing);
        match kind.as_str() {
            "text" => {
                let text = json::text(&data["text"]);
                let is_hidden = data["hidden"] == true;
                let blocks = if is_hidden { &mut self.put_in } else { &mut self.said };
                blocks.extend((!text.is_empty()).then(|| Block::Text(text.to_owned())));
            }
            "reasoning" => {
                let text = json::text(&data["thinking"]);
                self.said.extend((!text.is_empty()).then(|| Block::Thinking(text.to_owned())));
            }
            "tool_call" => self.said.push(Block::ToolUse(tools::call(data, overwritten))),
            "tool_result" => {
                self.said.push(Block::ToolResult(tools::result(data)));
                if let Some(payload) = data["data"].as_str().filter(|data| !data.is_empty()) {
                    let other = json!({"type": data["mime_type"], "data": payload});
                    self.said.push(Block::Other(json::compact_elided(other)));
                }
            }
            "shell_command" => {
                let id = format!("{message}/{index}");
                let exit_status =
                    data["exit_code"].as_i64().and_then(|code| i32::try_from(code).ok());
                self.said.push(Block::ToolUse(tools::own_command(&id, data)));
                self.said.push(Block::ToolResult(ToolResult {
                    id,
                    content: json::content(&data["output"]),
                    is_error: exit_status.is_some_and(|status| status != 0),
                    exit_status,
                }));
            }
            "finish" => {
                let words = [&data["message"], &data["details"]].map(json::text);
                let words: Vec<&str> =
                    words.into_iter().filter(|words| !words.is_empty()).collect();
                self.notice = (!words.is_empty()).then(|| words.join(": "));
            }
            "image_url" | "binary" => self.said.push(Block::Other(json::compact_elided(part))),
            _ => {
                self.put_in.push(Block::Other(json::compact_elided(part)));
                let kind = if kind.is_empty() { "part".to_owned() } else { kind };
                self.unknown.get_or_insert(kind);
            }
        }
    }
}
