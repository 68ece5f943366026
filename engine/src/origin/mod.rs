//! Where lines come from: the edit of a session that wrote them.
//!
//! Every edit leaves the fingerprints of the lines that it wrote in the index. A line of a file is
//! looked up among them; the edits that are found are read from the store, and each line is given to
//! the newest one before its commit that wrote it, by path, text and what stands around it. Neither a
//! link nor a hook is needed, and since text is compared, it does not matter how often the commit
//! was rewritten since. `docs/linking.md` tells the rules.
//!
//! This module knows neither commits nor answers: see [`crate::link`] and [`crate::answer`].

mod earlier;
mod edit;
mod fragment;
mod fragments;
mod history;
mod library;
mod line;
mod similar;
mod territory;
mod trace;

pub(crate) use edit::fingerprints;
pub(crate) use library::{Edit, Library};
pub(crate) use line::{fingerprint, is_telling, normalised};
pub(crate) use territory::{Home, Territory, cleaned};
pub(crate) use trace::{Sought, TraceError, Traced, TracedLine, Tracer};
