//! What a search finds.

use crate::model::SessionNumber;

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Messages that match, those beyond the limit included.
    pub total: u64,
    /// The best matches, the best first. Sessions that match by what they are called stand among
    /// them and do not count towards the limit.
    pub hits: Vec<Hit>,
}

/// A match.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// The session.
    pub session: SessionNumber,
    /// What of it matches.
    pub place: Place,
    /// How well it matches; only the order means something.
    pub score: f32,
}

/// What of a session matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The message with this index.
    Message(u32),
    /// The session's title, directory, branch or tool.
    Session,
}
