//! The index and the query language, through their public door.

mod damage;
mod dates_and_filters;
mod fixtures;
mod matching;
mod model;
mod ranking;
mod snippets;
mod writing;
