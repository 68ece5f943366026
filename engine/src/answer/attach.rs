//! Hangs tags, notes and summaries on sessions.

use uuid::Uuid;

use crate::Engine;
use crate::api::ApiError;
use crate::model::{Annotation, SessionId, SessionNumber, Summary};
use crate::store::{ChildValue, LONGEST_TAG, StoreError, Tables};

/// Bytes of the longest note or summary, and of the longest name of who wrote it.
const LONGEST_TEXT: usize = 64 << 10;
const LONGEST_AUTHOR: usize = 256;

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
    let content = text("summary", content)?;
    let summary = Summary { content, generated_at: (engine.options().now)() };
    attach(engine, session, |tables, number| tables.summarize(number, summary))
}

/// Puts a note on a session, unless one says the same; returns the one that is there then.
pub(crate) fn annotate(
    engine: &Engine,
    session: SessionId,
    content: &str,
    author: Option<String>,
) -> Result<Annotation, ApiError> {
    let content = text("note", content)?;
    if author.as_ref().is_some_and(|author| author.len() > LONGEST_AUTHOR) {
        return Err(ApiError::Invalid(format!("a name is at most {LONGEST_AUTHOR} bytes of text")));
    }
    let annotation = Annotation::new(session, content, (engine.options().now)(), author);
    attach(engine, session, |tables, number| {
        for child in tables.children(number)? {
            if let Some(ChildValue::Annotation(there)) = child.value
                && there.content == annotation.content
            {
                return Ok(there);
            }
        }
        tables.annotate(number, annotation.clone())?;
        Ok(annotation)
    })
}

/// Takes a note off a session; returns whether it was there.
pub(crate) fn unannotate(engine: &Engine, session: SessionId, id: Uuid) -> Result<bool, ApiError> {
    let now = (engine.options().now)();
    attach(engine, session, |tables, number| tables.unannotate(number, id, now))
}

/// Deletes a session for good, from the index too.
pub(crate) fn delete(engine: &Engine, session: SessionId) -> Result<(), ApiError> {
    let now = (engine.options().now)();
    let _turn = engine.write_turn();
    engine.store().write(|tables| {
        // Whoever asks again after an answer was lost asks for nothing new.
        if tables.session_number(session)?.is_none() && !tables.is_deleted(session)? {
            return Err(ApiError::NoSuchSession { prefix: session.to_string(), empty: false });
        }
        tables.delete_session(session, now)?;
        Ok(())
    })?;
    engine.mend_index(&mut |_| {})
}

/// What somebody wrote, without the space around it.
fn text(what: &str, content: &str) -> Result<String, ApiError> {
    let content = content.trim();
    if content.is_empty() || content.len() > LONGEST_TEXT {
        return Err(ApiError::Invalid(format!("a {what} is 1 to {LONGEST_TEXT} bytes of text")));
    }
    Ok(content.to_owned())
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
