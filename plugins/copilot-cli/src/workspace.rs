//! `workspace.yaml`: the title of a session, and where it runs.
//!
//! It is YAML of the plainest kind, `key: value` in each line, and read as that: values may be quoted,
//! a text of several lines gives its first. Every line tells its own fact, so it does not matter how
//! much of the file is there. The branch is the latest one and stays untold: the events tell on which
//! one the session began, and on which one a message was written.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::time;
use serde::{Deserialize, Serialize};

/// A file as far as it was read.
#[derive(Serialize, Deserialize)]
pub struct Workspace {
    /// The session's id: the directory's name, unless the file has another one.
    id: Option<String>,
    /// It was recognised.
    accepted: bool,
    /// The title stands in the next line.
    title_follows: bool,
}

impl Workspace {
    /// A file, beside the events of the session `id` if it lies where the tool keeps it.
    pub(crate) fn new(id: Option<String>) -> Self {
        Self { accepted: id.is_some(), id, title_follows: false }
    }

    pub(crate) fn line(&mut self, line: &Line<'_>, out: &mut Output) -> Result<(), ParseError> {
        let text = line.text().trim_end();
        if std::mem::take(&mut self.title_follows) && text.starts_with(' ') {
            self.tell(|session| session.title = Some(text.trim().to_owned()), out);
            out.kept("summary");
            return Ok(());
        }
        let (key, value) = text.split_once(':').unwrap_or((text, ""));
        let value = scalar(value.trim());
        if !self.accepted {
            let id = value.filter(|id| key == "id" && is_uuid(id)).ok_or(ParseError::NotMine)?;
            self.id = Some(id);
            self.accepted = true;
            out.kept("id");
            return Ok(());
        }
        match (key, value) {
            ("id", Some(id)) => {
                self.id = Some(id);
                out.kept("id");
            }
            ("summary" | "name", Some(title)) if is_block(&title) => {
                self.title_follows = true;
                out.kept("summary");
            }
            ("summary" | "name", Some(title)) => {
                self.tell(|session| session.title = Some(title), out);
                out.kept("summary");
            }
            ("cwd", Some(directory)) => {
                self.tell(|session| session.directory = Some(directory), out);
                out.kept("cwd");
            }
            ("created_at", Some(at)) => {
                self.tell(|session| session.started = time::parse_text(&at), out);
                out.kept("created_at");
            }
            _ => out.skipped("line"),
        }
        Ok(())
    }

    fn tell(&self, fact: impl FnOnce(&mut Session), out: &mut Output) {
        let Some(id) = &self.id else { return };
        let mut session = Session::new(id.as_str());
        fact(&mut session);
        out.session(session);
    }
}

/// A value without its quotes; `null` and nothing are none.
fn scalar(value: &str) -> Option<String> {
    let quoted = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    if quoted('"').is_some() {
        return serde_json::from_str(value).ok();
    }
    match quoted('\'') {
        Some(text) => Some(text.replace("''", "'")),
        None => Some(value.to_owned()).filter(|value| !matches!(value.as_str(), "" | "~" | "null")),
    }
}

/// Whether a text of several lines follows.
fn is_block(value: &str) -> bool {
    matches!(value, "|" | "|-" | "|+" | ">" | ">-" | ">+")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lose_their_quotes() {
        for (value, expected) in [
            ("Plain: text", Some("Plain: text")),
            ("\"a \\\"b\\\"\"", Some("a \"b\"")),
            ("'it''s'", Some("it's")),
            ("null", None),
            ("", None),
            ("\"", Some("\"")),
        ] {
            assert_eq!(scalar(value).as_deref(), expected, "{value}");
        }
    }
}
