//! What can go wrong with a store of others.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Why one object cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// Shorter than its header.
    #[error("it is cut off")]
    Cut,
    /// Not there.
    #[error("it is missing")]
    Missing,
    /// Of something else.
    #[error("it is not sealed by lore")]
    Foreign,
    /// A newer release wrote it.
    #[error("a newer lore sealed it (version {version}): update lore")]
    Newer { version: u8 },
    /// The manifest has no such key.
    #[error("it is sealed with key {number}, which this machine does not have")]
    UnknownKey { number: u32 },
    /// A member who was removed could have written it.
    #[error("it is sealed with key {number}, which was replaced")]
    OldKey { number: u32 },
    /// Changed, or put where it does not belong.
    #[error("it was altered, or belongs elsewhere")]
    Altered,
    /// What is sealed makes no sense.
    #[error("it holds {0}")]
    Senseless(&'static str),
}

/// Why a store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SyncError {
    /// Nobody set sync up.
    #[error("there is no Lore store yet")]
    NoStore,
    /// The reference leads to something that is not a store.
    #[error("`refs/lore/sessions` leads to {what}, not to a Lore store")]
    NotAStore {
        /// What it leads to.
        what: String,
    },
    /// Another store than the one that the keys are of.
    #[error("this is another store ({found}) than the one that was set up here ({known})")]
    OtherStore {
        /// The store that is there.
        found: Uuid,
        /// The store of the keys.
        known: Uuid,
    },
    /// The passphrase opens no key.
    #[error("the passphrase is not that of the store")]
    WrongPassphrase,
    /// There are newer data keys than this machine has.
    #[error("the passphrase of the store was changed")]
    Rekeyed,
    /// It has had as many data keys as a store may have.
    #[error("the store has had {keys} keys already: a new store is due")]
    Exhausted {
        /// How many.
        keys: u32,
    },
    /// A newer release made the store.
    #[error("the store has format {major}.{minor}, which this lore cannot {action}: update lore")]
    TooNew {
        /// Format.
        major: u16,
        /// Format.
        minor: u16,
        /// What cannot be done: `read` or `write`.
        action: String,
    },
    /// The manifest was changed by somebody without the keys.
    #[error("`lore.json` of the store was altered: {why}")]
    Altered {
        /// What does not fit.
        why: String,
    },
    /// Git objects cannot be read or written.
    #[error("{0}")]
    Git(String),
}
