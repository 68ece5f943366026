//! Finds the directories to watch for changes.

use crate::Engine;
use crate::api::{ApiError, WatchPlan, WatchRequest};
use crate::import::{discover, with_known_projects};

pub(crate) fn watch(engine: &Engine, request: &WatchRequest) -> Result<WatchPlan, ApiError> {
    let store = engine.store();
    let view = store.view()?;
    let places = with_known_projects(&request.places, &view, engine.options().machine)?;
    let plugins = engine.plugins().wanted(None, request.enabled.as_deref());
    Ok(discover::watch(&plugins, &places, &view)?)
}
