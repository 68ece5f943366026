//! Finds the directories to watch for changes.

use crate::Engine;
use crate::api::{ApiError, WatchPlan, WatchRequest};

pub(crate) fn watch(_engine: &Engine, _request: &WatchRequest) -> Result<WatchPlan, ApiError> {
    Ok(WatchPlan::default())
}
