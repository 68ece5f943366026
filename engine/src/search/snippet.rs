//! The part of a message where the words of a query stand.

use super::Query;
use crate::model::Message;

/// A part of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// About 200 characters, in one line.
    pub text: String,
    /// Byte ranges of `text` that match, at character boundaries, in order.
    pub highlights: Vec<(u32, u32)>,
}

/// The part of `message` where most words of `query` stand, or its beginning.
pub fn snippet(_message: &Message, _query: &Query) -> Snippet {
    Snippet::default()
}
