//! Reads what the tool writes.
