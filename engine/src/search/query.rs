//! Queries.

use crate::api::SearchRequest;
use crate::model::Timestamp;

/// What is searched for.
#[derive(Clone, Debug)]
pub struct Query {
    note: Option<String>,
}

impl Query {
    /// The request's query and its filters.
    pub fn from_request(request: &SearchRequest, now: Timestamp) -> Query {
        parse(&request.query, now, request.utc_offset_minutes)
    }

    /// What was not understood, and what is searched instead, in one sentence.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// Reads a query in the language of `docs/search.md`. What does not parse is searched as plain
/// words, and [`Query::note`] says so.
pub fn parse(_text: &str, _now: Timestamp, _utc_offset_minutes: i32) -> Query {
    Query { note: None }
}
