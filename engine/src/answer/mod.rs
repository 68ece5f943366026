//! What the engine does about each request.

mod import;
mod search;
mod sessions;
mod status;
mod verify;

pub(crate) use import::import;
pub(crate) use search::search;
pub(crate) use sessions::{messages, session, sessions, tag};
pub(crate) use status::{stats, status};
pub(crate) use verify::verify;
