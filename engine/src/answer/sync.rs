//! Synchronises with stores of others.

use uuid::Uuid;

use super::repository::global_config;
use crate::Engine;
use crate::api::{
    ApiError, Progress, SyncDone, SyncExclusion, SyncPlace, SyncRequest, SyncRound, SyncStatus,
};
use crate::git::Repository;
use crate::model::SessionId;
use crate::store::StoreError;
use crate::sync::{Round, done, exclusion_of, status};

pub(crate) fn sync(
    engine: &Engine,
    request: &SyncRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<SyncRound, ApiError> {
    let _turn = engine.write_turn();
    Ok(Round::run(engine, request, progress)?)
}

pub(crate) fn sync_done(engine: &Engine, end: &SyncDone) -> Result<(), ApiError> {
    let _turn = engine.write_turn();
    Ok(done(engine, end)?)
}

pub(crate) fn sync_status(
    engine: &Engine,
    place: &SyncPlace,
    store: Option<Uuid>,
) -> Result<SyncStatus, ApiError> {
    Ok(status(engine, place, store)?)
}

pub(crate) fn sync_forget(
    engine: &Engine,
    store: Uuid,
    session: SessionId,
) -> Result<bool, ApiError> {
    let _turn = engine.write_turn();
    let now = (engine.options().now)();
    let own = engine.options().machine;
    let is_new = engine.store().write(|tables| -> Result<bool, StoreError> {
        let number = tables.session_number(session)?;
        let known = number.map(|number| tables.session(number)).transpose()?.flatten();
        // As on all machines, a copy goes, and whoever captured it keeps it.
        if known.is_some_and(|known| known.machine != own) {
            tables.delete_session(session, now)?;
        }
        tables.forget(store, session, now.0)
    })?;
    engine.mend_index(&mut |_| {})?;
    Ok(is_new)
}

pub(crate) fn sync_exclude(
    engine: &Engine,
    what: &SyncExclusion,
    excluded: bool,
) -> Result<bool, ApiError> {
    let name = match what {
        SyncExclusion::Session(id) => format!("session {id}"),
        SyncExclusion::Repository(place) => {
            exclusion_of(&Repository::discover(place, &global_config(engine))?)
        }
    };
    let _turn = engine.write_turn();
    Ok(engine.store().write(|tables| tables.exclude(&name, excluded))?)
}
