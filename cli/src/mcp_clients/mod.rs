//! The settings of other tools, in which Lore is named as an MCP server.
//!
//! ```text
//! catalogue   which tools there are, where their settings lie, what an entry looks like
//! json, toml  what to change in a text: everything else in it stays as it is
//! change      a change of a file: shown first, then written as a whole
//! record      what was changed, so that it can be undone to the byte
//! ```
//!
//! Nothing here asks or prints; the commands do.

pub(crate) mod catalogue;
pub(crate) mod change;
mod json;
mod record;
mod toml;

use std::ops::Range;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::error::CliError;
use crate::home::Home;
use catalogue::{Client, Format, Place};
use change::{Change, Content};
use record::{Mark, Record};

/// What the server is called in the settings.
const NAME: &str = "lore";

/// A part of a text that becomes another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    at: Range<usize>,
    text: String,
}

/// The text with all edits, which are in order and do not overlap.
fn apply(before: &str, edits: &[Edit]) -> String {
    let mut after = String::with_capacity(before.len());
    let mut end = 0;
    for edit in edits {
        after.push_str(&before[end..edit.at.start]);
        after.push_str(&edit.text);
        end = edit.at.end;
    }
    after.push_str(&before[end..]);
    after
}

/// What naming a server in a text takes.
#[derive(Debug)]
enum Addition {
    /// It is named already, just so.
    Same,
    /// These edits.
    Edits {
        edits: Vec<Edit>,
        /// The list of servers was not there.
        makes_container: bool,
    },
}

/// What is to be done about a place.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Nothing.
    Nothing,
    /// This.
    Change(Change),
    /// The tool's settings are of a kind that people change better themselves: what to add.
    ByHand(String),
}

/// What names Lore at a place of a client.
pub(crate) fn install(home: &Home, client: &Client, place: &Place) -> Result<Plan, CliError> {
    let entry = client.entry(home)?;
    let before = Content::read(&place.file)?;
    let addition = match client.format {
        Format::Json(container) => json::add(before.text(), container, &entry),
        Format::Toml(container) => toml::add(before.text(), container, &entry),
        Format::OwnYaml => Ok(match before.is_there() && before.text() == entry.yaml_file() {
            true => Addition::Same,
            false => Addition::Edits {
                edits: vec![Edit { at: 0..before.text().len(), text: entry.yaml_file() }],
                makes_container: false,
            },
        }),
        Format::ByHand => return Ok(Plan::ByHand(entry.yaml_extension())),
    };
    match addition.map_err(|problem| unreadable(&place.file, &problem))? {
        Addition::Same => Ok(Plan::Nothing),
        Addition::Edits { edits, makes_container } => {
            let mark = Mark::of(&before, &edits, makes_container);
            let after = apply(before.text(), &edits);
            Ok(Plan::Change(Change::new(&place.file, before, Some(after), Some(mark))))
        }
    }
}

/// What takes Lore away from a place of a client.
pub(crate) fn uninstall(home: &Home, client: &Client, place: &Place) -> Result<Plan, CliError> {
    let before = Content::read(&place.file)?;
    if !before.is_there() {
        return Ok(Plan::Nothing);
    }
    let mark = Record::load(home).get(&place.file);
    // Nobody touched the file since: what was added is taken out, to the byte.
    let restored = mark.as_ref().and_then(|mark| mark.undo(before.text()));
    let made_container = mark.as_ref().is_some_and(|mark| mark.made_container);
    let removed = match client.format {
        Format::Json(container) => json::remove(before.text(), container, made_container),
        Format::Toml(container) => toml::remove(before.text(), container),
        Format::OwnYaml => Ok(Some(String::new())),
        Format::ByHand => return Ok(Plan::Nothing),
    };
    let Some(removed) = removed.map_err(|problem| unreadable(&place.file, &problem))? else {
        return Ok(Plan::Nothing);
    };
    let after = restored.unwrap_or(removed);
    let is_ours = matches!(client.format, Format::OwnYaml)
        || mark.as_ref().is_some_and(|mark| mark.made_file);
    let is_empty = matches!(after.trim(), "" | "{}");
    let after = Some(after).filter(|_| !(is_ours && is_empty));
    Ok(Plan::Change(Change::new(&place.file, before, after, None)))
}

/// Whether Lore is named at a place, and just as it would be now.
pub(crate) fn state(home: &Home, client: &Client, place: &Place) -> Result<State, CliError> {
    Ok(match install(home, client, place)? {
        Plan::Nothing => State::Installed,
        Plan::ByHand(_) => State::Unknown,
        Plan::Change(_) => match uninstall(home, client, place)? {
            Plan::Nothing => State::NotInstalled,
            _ => State::Different,
        },
    })
}

/// How it is with Lore at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// As `install` names it.
    Installed,
    /// Otherwise.
    Different,
    NotInstalled,
    /// The settings are not looked into.
    Unknown,
}

/// Writes a change, and remembers how it can be undone.
pub(crate) fn write(home: &Home, change: Change) -> Result<(), CliError> {
    let path = change.path().to_owned();
    let mut record = Record::load(home);
    let known = record.get(&path);
    let mark = change.mark().cloned();
    let made = change.write()?;
    match mark {
        Some(mark) => record.put(&path, mark.after(known.as_ref(), made)),
        None => {
            let mark = record.take(&path);
            // The directories that were made for a file that is gone.
            for directory in mark.iter().flat_map(|mark| &mark.made_directories) {
                let _ = std::fs::remove_dir(directory);
            }
        }
    }
    record.save(home)
}

fn unreadable(path: &Path, problem: &str) -> CliError {
    CliError::new(format!("cannot change `{}`: {problem}", path.display()))
        .with_hint("nothing was changed; mend the file, then try again")
}

/// JSON as it would be written, for comparing.
fn value_of(entry: &impl Serialize) -> Value {
    serde_json::to_value(entry).unwrap_or_default()
}
