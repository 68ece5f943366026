//! What is searched and how it is asked for: the words of a text, the query language, snippets.

mod date;
mod query;
mod snippet;

pub use date::parse_date;
pub use query::{Query, parse};
pub use snippet::{Snippet, snippet};
