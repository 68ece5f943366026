//! Lists, finds and reads sessions.

use std::path::Path;

use super::foreign::{is_foreign, origin};
use crate::Engine;
use crate::api::{ApiError, SessionDetail, SessionFilter};
use crate::model::{Message, Session, SessionId, Timestamp};
use crate::store::{StoreError, View};

/// Messages of one answer; more are asked for again.
const MOST_MESSAGES: u32 = 1000;

/// Candidates that an ambiguous prefix names.
const CANDIDATES: usize = 10;

pub(crate) fn sessions(
    engine: &Engine,
    filter: &SessionFilter,
) -> Result<Vec<SessionDetail>, ApiError> {
    let store = engine.store();
    let view = store.view()?;
    let mut details = Vec::new();
    let mut failed = None;
    let place = |session: &Session| (session.listed_at(), session.number);
    let mut after = None;
    if let Some(id) = filter.after {
        let number = view.session_number(id)?;
        let session = number.map(|number| view.session(number)).transpose()?.flatten();
        let none = || ApiError::NoSuchSession { prefix: id.to_string(), empty: false };
        after = Some(place(&session.ok_or_else(none)?));
    }
    view.newest_sessions(|session| {
        if details.len() >= filter.limit {
            return false;
        }
        let is_before = after.is_some_and(|after| place(&session) >= after);
        if is_before || !fits(&session, filter) {
            return true;
        }
        match detail(engine, &view, session) {
            Ok(found) => {
                if filter.tag.as_ref().is_none_or(|tag| found.tags.contains(tag)) {
                    details.push(found);
                }
                true
            }
            Err(error) => {
                failed = Some(error);
                false
            }
        }
    })?;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(details),
    }
}

fn fits(session: &Session, filter: &SessionFilter) -> bool {
    let directory = session.directory.as_deref().map(Path::new);
    filter.tool.as_ref().is_none_or(|tool| tool.eq_ignore_ascii_case(&session.tool))
        && filter
            .repo
            .as_ref()
            .is_none_or(|repo| directory.is_some_and(|directory| directory.starts_with(repo)))
}

pub(crate) fn session(engine: &Engine, prefix: &str) -> Result<SessionDetail, ApiError> {
    let store = engine.store();
    let view = store.view()?;
    let digits: String = prefix.trim().chars().filter(|&c| c != '-').collect();
    let unknown = || -> Result<ApiError, StoreError> {
        let mut empty = true;
        view.newest_sessions(|_| {
            empty = false;
            false
        })?;
        Ok(ApiError::NoSuchSession { prefix: prefix.to_owned(), empty })
    };
    let (1..=32, true) = (digits.len(), digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
    else {
        return Err(unknown()?);
    };
    let lowest = u128::from_str_radix(&format!("{digits:0<32}"), 16).unwrap_or(0);
    let highest = u128::from_str_radix(&format!("{digits:f<32}"), 16).unwrap_or(u128::MAX);
    let mut found = Vec::new();
    // Sessions that have no message yet are no candidates.
    for number in view.sessions_between(lowest..=highest, 1000)? {
        if let Some(session) = view.session(number)?
            && session.message_count > 0
        {
            found.push(session);
        }
    }
    match found.len() {
        0 => Err(unknown()?),
        1 => Ok(detail(engine, &view, found.remove(0))?),
        _ => {
            found.truncate(CANDIDATES);
            Err(ApiError::Ambiguous { prefix: prefix.to_owned(), candidates: found })
        }
    }
}

pub(crate) fn messages(
    engine: &Engine,
    session: SessionId,
    from: u32,
    limit: u32,
) -> Result<Vec<Message>, ApiError> {
    let store = engine.store();
    let view = store.view()?;
    match view.session_number(session)? {
        Some(number) => Ok(view.messages(number, from, limit.min(MOST_MESSAGES))?),
        None => Ok(Vec::new()),
    }
}

/// A session and what hangs on it.
pub(super) fn detail(
    engine: &Engine,
    view: &View<'_>,
    session: Session,
) -> Result<SessionDetail, StoreError> {
    let mut source_paths = Vec::with_capacity(session.sources.len());
    for &source in &session.sources {
        if let Some(source) = view.source(source)? {
            source_paths.push(source.path().to_string_lossy().into_owned().into());
        }
    }
    let active = is_active(engine, &session);
    Ok(SessionDetail {
        tags: view.tags(session.number)?,
        links: view.links(session.number)?,
        annotations: view.annotations(session.number)?,
        summary: view.summary(session.number)?,
        source_paths,
        active,
        origin: origin(engine, view, &session)?,
        session,
    })
}

/// Whether nothing says that a session ended, and something was added of late, on this machine.
pub(super) fn is_active(engine: &Engine, session: &Session) -> bool {
    let options = engine.options();
    let idle =
        i64::try_from(options.session_idle_minutes.saturating_mul(60_000)).unwrap_or(i64::MAX);
    let Timestamp(now) = (options.now)();
    let is_recent =
        session.last_activity.is_some_and(|Timestamp(at)| now.saturating_sub(at) < idle);
    session.ended.is_none() && is_recent && !is_foreign(engine, session)
}
