//! What is searched and how it is asked for: the words of a text, the query language, snippets.

mod date;
mod fold;
mod forms;
mod own;
mod parse;
mod query;
mod rank;
mod snippet;
mod text;
mod words;

pub use date::parse_date;
pub use own::{OWN_ANSWER, OWN_TEXT, OWN_TEXT_END};
pub use parse::parse;
pub use query::Query;
pub use snippet::{Snippet, snippet};
pub use text::plain_text;

pub(crate) use fold::BREAK;
pub(crate) use query::{Filter, Node, Sequence, Text};
pub(crate) use rank::rank;
pub(crate) use text::append_text;
pub(crate) use words::Splitter;
