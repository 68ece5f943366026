//! Shares sessions over a git repository: sealed, so that nobody reads them without the passphrase, and
//! merged, so that all machines come to the same.
//!
//! A store lies in the commits of `refs/lore/sessions` ([`tree`]). A round ([`round`]) merges what was
//! fetched into the archive ([`pull`]), all of it or nothing; then it seals what the archive has and the
//! store has not ([`push`]) and makes a commit of it, for the caller to push. Both cost what has
//! changed. `docs/sync-format.md` describes the format to the last byte, and what it protects from
//! whom.
//!
//! Nothing here crosses the network or asks for a passphrase: that is the caller's.

mod content;
mod error;
mod git_store;
mod manifest;
mod portable;
mod probe;
mod pull;
mod push;
mod round;
mod seal;
mod sealing;
mod secret;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use content::{PageName, Version};
pub use error::SyncError;
pub use git_store::GitStore;
pub use manifest::Manifest;
pub use probe::probe;
pub(crate) use round::{Round, done, exclusion_of, status};
pub use secret::Keys;
