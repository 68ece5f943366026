//! The index and the query language, through their public door.

mod fixtures;
mod matching;
mod model;
