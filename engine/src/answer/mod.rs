//! What the engine does about each request.

mod attach;
mod blame;
mod foreign;
mod history;
mod import;
mod linking;
mod memories;
mod proposing;
mod repository;
mod review;
mod search;
mod sessions;
mod status;
mod sync;
mod verify;
mod watch;

pub(crate) use attach::{annotate, delete, summarize, tag, unannotate};
pub(crate) use blame::blame;
pub(crate) use history::file_history;
pub(crate) use import::import;
pub(crate) use linking::{active, link, linked, repair, rewritten, unlink};
pub(crate) use memories::memories;
pub(crate) use proposing::propose;
pub(crate) use repository::commit;
pub(crate) use review::review;
pub(crate) use search::search;
pub(crate) use sessions::{messages, session, sessions};
pub(crate) use status::{stats, status};
pub(crate) use sync::{sync, sync_done, sync_exclude, sync_forget, sync_status};
pub(crate) use verify::verify;
pub(crate) use watch::watch;
