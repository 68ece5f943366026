//! What is known about a session, from its file or from its row.

use lore_plugin_sdk::{Session, Value as Column, json, time};
use serde_json::Value;

/// How titles begin that stand there until the session has one.
const PLACEHOLDERS: [&str; 2] = ["New session - ", "Child session - "];

/// The columns of a row, in the order of [`of_row`].
pub(crate) const COLUMNS: [&str; 7] =
    ["id", "parent_id", "directory", "title", "version", "time_created", "model"];

/// The facts in a session's file; `stem` is the id if it tells none.
pub(crate) fn of_document(document: &Value, stem: &str) -> Session {
    let text = |field: &str| some(json::text(&document[field]));
    Session {
        parent: text("parentID"),
        title: text("title").filter(|title| !is_placeholder(title)),
        started: time::parse(&document["time"]["created"]),
        directory: text("directory"),
        tool_version: text("version"),
        ..Session::new(text("id").unwrap_or_else(|| stem.to_owned()))
    }
}

/// The facts in a row of [`COLUMNS`].
pub(crate) fn of_row(id: &str, row: &[Column]) -> Session {
    let text = |column: usize| row.get(column).and_then(Column::as_text).and_then(some);
    let model = text(6).and_then(|model| serde_json::from_str::<Value>(&model).ok());
    Session {
        parent: text(1),
        directory: text(2),
        title: text(3).filter(|title| !is_placeholder(title)),
        tool_version: text(4),
        started: row.get(5).and_then(Column::as_integer),
        model: model.and_then(|model| some(json::text(&model["id"]))),
        ..Session::new(id)
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_placeholder(title: &str) -> bool {
    PLACEHOLDERS
        .iter()
        .any(|start| title.strip_prefix(start).is_some_and(|rest| time::parse_text(rest).is_some()))
}
