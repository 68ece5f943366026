//! The built `lore` binary, as far as it needs no sessions: help, usage errors, settings.
//! Importing, listing and searching are tested end to end by the package `lore-tests`.

mod config;
mod environment;
mod help;
mod usage;
