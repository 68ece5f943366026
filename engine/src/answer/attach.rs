//! Hangs tags and summaries on sessions.

use crate::Engine;
use crate::api::ApiError;
use crate::model::{SessionId, SessionNumber, Summary};
use crate::store::{StoreError, Tables};

/// Bytes of the longest tag and of the longest summary.
const LONGEST_TAG: usize = 256;
const LONGEST_SUMMARY: usize = 64 << 10;

pub(crate) fn tag(
    engine: &Engine,
    session: SessionId,
    label: &str,
    present: bool,
) -> Result<bool, ApiError> {
    let label = label.trim();
    if label.is_empty() || label.len() > LONGEST_TAG || label.chars().any(char::is_control) {
        let reason = format!("a tag is 1 to {LONGEST_TAG} bytes of text on one line");
        return Err(ApiError::Invalid(reason));
    }
    let now = (engine.options().now)();
    attach(engine, session, |tables, number| tables.tag(number, label, present, now))
}

pub(crate) fn summarize(
    engine: &Engine,
    session: SessionId,
    content: &str,
) -> Result<(), ApiError> {
    let content = content.trim();
    if content.is_empty() || content.len() > LONGEST_SUMMARY {
        let reason = format!("a summary is 1 to {LONGEST_SUMMARY} bytes of text");
        return Err(ApiError::Invalid(reason));
    }
    let (content, generated_at) = (content.to_owned(), (engine.options().now)());
    let summary = Summary { content, generated_at };
    attach(engine, session, |tables, number| tables.summarize(number, &summary))
}

/// Changes what hangs on a session that must be there.
fn attach<T>(
    engine: &Engine,
    session: SessionId,
    change: impl FnOnce(&mut Tables<'_>, SessionNumber) -> Result<T, StoreError>,
) -> Result<T, ApiError> {
    let _turn = engine.write_turn();
    let store = engine.store();
    let Some(number) = store.view()?.session_number(session)? else {
        return Err(ApiError::NoSuchSession { prefix: session.to_string(), empty: false });
    };
    Ok(store.write(|tables| change(tables, number))?)
}
