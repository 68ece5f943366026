//! The edits of a file, found by its name.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::library::Edit;
use super::line::file_name;
use super::trace::{TraceError, Tracer};
use crate::api::SearchRequest;
use crate::index::Place;
use crate::model::Timestamp;
use crate::search::Query;

/// Messages about files of one name that are looked at, the newest first.
const MOST_MESSAGES: usize = 20_000;

impl Tracer<'_> {
    /// The edits of the file that has, or had, these paths, the oldest first.
    pub(crate) fn history(&mut self, paths: &[String]) -> Result<Vec<Rc<Edit>>, TraceError> {
        let names: BTreeSet<&str> = paths.iter().map(|path| file_name(path)).collect();
        let mut messages = BTreeSet::new();
        for name in names {
            let query = format!("file:\"{}\"", name.replace('"', " "));
            // The time is for dates, and there are none.
            let request = SearchRequest { query, ..SearchRequest::default() };
            let query = Query::from_request(&request, Timestamp::default());
            for hit in self.index.search(&query, MOST_MESSAGES)?.hits {
                let Place::Message(index) = hit.place else { continue };
                messages.insert((hit.session, index));
            }
        }
        let mut edits = self.edits(paths, messages)?;
        edits.retain(|(relation, _)| relation.is_file());
        Ok(edits.into_iter().map(|(_, edit)| edit).collect())
    }
}
