//! An embedded database of AI coding sessions.
//!
//! The engine never prints, never asks, and never reads HOME, the environment or the clock of its
//! own accord: where things lie, what time it is and who hears of progress are handed in.

#![deny(unsafe_code)]

mod answer;
pub mod api;
mod engine;
pub mod git;
mod import;
pub mod index;
mod indexing;
mod link;
pub mod model;
mod origin;
pub mod plugin;
pub mod redact;
pub mod search;
pub mod store;
pub mod sync;

pub use engine::{Component, Engine, Layout, OpenError, Options};
