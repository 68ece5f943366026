//! The list of all tasks: `taskHistory.json` of Cline, `_index.json` of Roo Code. It tells of
//! sessions and has no messages.

use lore_plugin_sdk::{Cursor, Output, ParseError, Source, read_document};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::facts::HistoryItem;
use crate::place::{Place, Program};

const CLINE: &str = "taskHistory.json";
const ROO: &str = "_index.json";

/// Whether a file has the name of such a list; Roo Code's lies in the folder of all tasks.
pub(crate) fn is_named(place: &Place) -> bool {
    let in_tasks = place.folder.is_empty() || place.folder.ends_with("tasks/");
    place.name == CLINE || place.name == ROO && in_tasks
}

/// Reads the list.
pub(crate) fn read<S: Serialize + DeserializeOwned>(
    program: Program,
    source: &Source,
    cursor: &mut Cursor<S>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let place = Place::of(&source.path());
    let of_cline = place.name == CLINE;
    if place.is_open() && of_cline != (program == Program::Cline) {
        return Err(ParseError::NotMine);
    }
    let Some(document) = read_document::<Box<RawValue>>(source, cursor, out)? else {
        return Ok(true);
    };
    #[derive(Deserialize)]
    struct Index<'a> {
        #[serde(borrow)]
        entries: Vec<&'a RawValue>,
    }
    let index = || serde_json::from_str::<Index<'_>>(document.get()).map(|index| index.entries);
    let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(document.get()).or_else(|_| index())
    else {
        return Err(ParseError::NotMine);
    };
    let items: Vec<Option<HistoryItem>> =
        list.iter().map(|json| serde_json::from_str(json.get()).ok()).collect();
    let is_task =
        |item: &Option<HistoryItem>| item.as_ref().is_some_and(|item| item.task.is_some());
    if !items.is_empty() && !items.iter().any(is_task) {
        return Err(ParseError::NotMine);
    }
    for (item, json) in items.into_iter().zip(list) {
        match item.filter(|item| !item.id.is_empty()) {
            Some(item) => {
                out.kept("task");
                out.session(item.session());
            }
            None => {
                let offset = json.get().as_ptr() as usize - document.get().as_ptr() as usize;
                out.problem(offset as u64, "not the task expected");
            }
        }
    }
    Ok(true)
}
