//! Hangs tags, links and summaries on sessions.

use std::cmp::Reverse;

use super::sessions::detail;
use crate::Engine;
use crate::api::{ApiError, SessionDetail};
use crate::model::{Creator, Link, SessionId, SessionNumber, Summary};
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

pub(crate) fn link(engine: &Engine, session: SessionId, commit: &str) -> Result<bool, ApiError> {
    let commit = commit.to_ascii_lowercase();
    if !matches!(commit.len(), 40 | 64) || !is_hex(&commit) {
        return Err(ApiError::Invalid(format!("`{commit}` is not the full id of a commit")));
    }
    let (created_by, created_at) = (Creator::User, (engine.options().now)());
    let link = Link { session, commit, created_by, created_at, confidence: None };
    attach(engine, session, |tables, number| tables.link(number, &link))
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

pub(crate) fn linked(
    engine: &Engine,
    commit: &str,
) -> Result<Vec<(Link, SessionDetail)>, ApiError> {
    let prefix = commit.trim().to_ascii_lowercase();
    if prefix.is_empty() || !is_hex(&prefix) {
        return Err(ApiError::Invalid(format!("`{commit}` is not the id of a commit")));
    }
    let store = engine.store();
    let view = store.view()?;
    let mut found = Vec::new();
    for (commit, number) in view.linked(&prefix)? {
        let link = view.links(number)?.into_iter().find(|link| link.commit == commit);
        if let (Some(link), Some(session)) = (link, view.session(number)?) {
            found.push((link, detail(engine, &view, session)?));
        }
    }
    found.sort_by_key(|(_, detail)| Reverse(detail.session.started));
    Ok(found)
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

fn is_hex(digits: &str) -> bool {
    digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}
