//! The files of older versions: facts about the session in the first line, then a message a line.
//! The whole file is written anew, because the first line counts the messages.

use lore_plugin_sdk::{Line, Output, ParseError, Session, Source, json};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::keys::Keys;
use crate::message::{self, Record};

/// What is remembered of a file: one session.
#[derive(Serialize, Deserialize)]
pub struct Lines {
    session: String,
    is_recognised: bool,
    keys: Keys,
}

impl Lines {
    /// Begins the file that is named for a session.
    pub(crate) fn of(session: String) -> Self {
        Self { session, is_recognised: false, keys: Keys::default() }
    }

    /// Whether the file has something in it, but nothing of Goose's.
    pub(crate) fn is_foreign(&self, source: &Source) -> Result<bool, ParseError> {
        Ok(!self.is_recognised && !source.read(0, 64)?.trim_ascii().is_empty())
    }

    /// Takes in a line.
    pub(crate) fn take(&mut self, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let value: Value = match serde_json::from_str(line.text()) {
            Ok(value) => value,
            Err(_) if !self.is_recognised => return Err(ParseError::NotMine),
            Err(error) => {
                out.problem(line.offset(), format!("not the JSON expected: {error}"));
                return Ok(());
            }
        };
        if is_head(&value) && !self.is_recognised {
            self.is_recognised = true;
            out.session(Session {
                directory: text(&value["working_dir"]),
                title: text(&value["description"]),
                ..Session::new(self.session.as_str())
            });
            out.kept("session");
            return Ok(());
        }
        if !is_message(&value) {
            if !self.is_recognised {
                return Err(ParseError::NotMine);
            }
            out.unknown("line");
            message::unknown(&self.session, &format!("line/{}", line.offset()), value, out);
            return Ok(());
        }
        if !self.is_recognised {
            self.is_recognised = true;
            out.session(Session::new(self.session.as_str()));
        }
        let role = json::text(&value["role"]).to_owned();
        let created = value["created"].as_i64().unwrap_or(0);
        let id = text(&value["id"]);
        let Value::Object(mut fields) = value else { return Ok(()) };
        let content = fields.remove("content").unwrap_or_default();
        let key = self.keys.next(id.as_deref(), &role, created, &content.to_string());
        let metadata = fields.remove("metadata").unwrap_or_default();
        let record = Record { key, role, created, metadata, content, is_new: true };
        message::tell(&Session::new(self.session.as_str()), false, record, out);
        Ok(())
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_head(value: &Value) -> bool {
    value["role"].is_null()
        && value["description"].is_string()
        && (value["working_dir"].is_string() || value["message_count"].is_number())
}

fn is_message(value: &Value) -> bool {
    let is_part = |part: &Value| part["type"].is_string();
    value["role"].is_string()
        && value["created"].is_number()
        && value["content"].as_array().is_some_and(|parts| parts.iter().all(is_part))
}
