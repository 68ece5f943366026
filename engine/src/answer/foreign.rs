//! Sessions that another machine captured.
//!
//! Nobody holds them here: they are neither active nor near to anything that happens on this machine.

use crate::Engine;
use crate::model::{Machine, Session};
use crate::store::{StoreError, View};

/// Whether another machine captured the session. If this machine has no id yet, none did.
pub(super) fn is_foreign(engine: &Engine, session: &Session) -> bool {
    let own = engine.options().machine;
    !own.0.is_nil() && !session.machine.0.is_nil() && session.machine != own
}

/// The machine that captured a session, if it is another one.
pub(super) fn origin(
    engine: &Engine,
    view: &View<'_>,
    session: &Session,
) -> Result<Option<Machine>, StoreError> {
    if !is_foreign(engine, session) {
        return Ok(None);
    }
    let known = view.machine(session.machine)?;
    Ok(Some(known.unwrap_or_else(|| Machine::unknown(session.machine))))
}
