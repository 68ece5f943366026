//! An embedded database of AI coding sessions.
