//! What the engine does about each request.

mod attach;
mod git;
mod import;
mod search;
mod sessions;
mod status;
mod verify;

pub(crate) use attach::{summarize, tag};
pub(crate) use git::{
    active, blame, commit, link, linked, propose, repair, review, rewritten, unlink,
};
pub(crate) use import::import;
pub(crate) use search::search;
pub(crate) use sessions::{messages, session, sessions};
pub(crate) use status::{stats, status};
pub(crate) use verify::verify;
