//! The tables of the store. `docs/store-format.md` draws them.
//!
//! Values that are bytes begin with the version of their layout, so that a row says by itself how it
//! is to be read.

use redb::TableDefinition;

/// Facts about the store by name: see [`super::format`] and the counters `next_…`, each the last
/// number that was given.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// Session number to [`crate::model::Session`].
pub(super) const SESSIONS: TableDefinition<u32, &[u8]> = TableDefinition::new("sessions");

/// Session id to number.
pub(super) const SESSION_IDS: TableDefinition<u128, u32> = TableDefinition::new("session_ids");

/// Start in milliseconds and number of every session that has messages, for listing by time.
pub(super) const STARTS: TableDefinition<(i64, u32), ()> = TableDefinition::new("starts");

/// Session number, index of the page's first message, and part, to a part of a page's body.
pub(super) const PAGES: TableDefinition<(u32, u32, u16), &[u8]> = TableDefinition::new("pages");

/// Session number and index of the page's first message to the ids and hashes of its messages.
pub(super) const KEYS: TableDefinition<(u32, u32), &[u8]> = TableDefinition::new("keys");

/// Hash of tool and lineage to the numbers of the sessions of that lineage.
pub(super) const LINEAGES: TableDefinition<u128, &[u8]> = TableDefinition::new("lineages");

/// Source number to [`super::Source`].
pub(super) const SOURCES: TableDefinition<u32, &[u8]> = TableDefinition::new("sources");

/// Source number to [`super::Surroundings`], where there is something to say.
pub(super) const SURROUNDINGS: TableDefinition<u32, &[u8]> = TableDefinition::new("surroundings");

/// Path of a source to its number.
pub(super) const SOURCE_PATHS: TableDefinition<&[u8], u32> = TableDefinition::new("source_paths");

/// What the index still has to take in: entry number to session number, first message's index and
/// the index after the last one; `0, u32::MAX` is the whole session, to be indexed anew.
pub(super) const OUTBOX: TableDefinition<u64, (u32, u32, u32)> = TableDefinition::new("outbox");

/// Session number and commit to [`crate::model::Link`].
pub(super) const LINKS: TableDefinition<(u32, &str), &[u8]> = TableDefinition::new("links");

/// Commit and session number of every link, for finding them by the commit.
pub(super) const COMMITS: TableDefinition<(&str, u32), ()> = TableDefinition::new("commits");

/// What a linked commit is found again by, and the commit: fingerprints of lines, and a hash of its
/// patch id.
pub(super) const MARKS: TableDefinition<(u64, &str), ()> = TableDefinition::new("marks");

/// Directory of sessions to [`super::Place`].
pub(super) const PLACES: TableDefinition<&str, &[u8]> = TableDefinition::new("places");

/// Machine id to [`crate::model::Machine`].
pub(super) const MACHINES: TableDefinition<u128, &[u8]> = TableDefinition::new("machines");

/// Session number to [`crate::model::Summary`].
pub(super) const SUMMARIES: TableDefinition<u32, &[u8]> = TableDefinition::new("summaries");

/// Session number and label to the time in milliseconds at which the tag was put on.
pub(super) const TAGS: TableDefinition<(u32, &str), i64> = TableDefinition::new("tags");

/// Session number and id of a note to [`crate::model::Annotation`].
pub(super) const ANNOTATIONS: TableDefinition<(u32, u128), &[u8]> =
    TableDefinition::new("annotations");

/// Session number and [`super::ChildKey`] of what hangs, or hung, on a session to the time in
/// milliseconds at which it was put on or taken off.
pub(super) const CHILDREN: TableDefinition<(u32, &[u8]), i64> = TableDefinition::new("children");

/// Session number to the number of its last change.
pub(super) const CHANGES: TableDefinition<u32, u64> = TableDefinition::new("changes");

/// Id of a session that was deleted for good to the time in milliseconds at which it was.
pub(super) const DELETED: TableDefinition<u128, i64> = TableDefinition::new("deleted");
/// Store that is synchronised with to [`super::SyncedStore`].
pub(super) const SYNC_STORES: TableDefinition<u128, &[u8]> = TableDefinition::new("sync_stores");

/// Such a store and a session's id to [`super::SyncedSession`].
pub(super) const SYNC_SESSIONS: TableDefinition<(u128, u128), &[u8]> =
    TableDefinition::new("sync_sessions");

/// Such a store and a session's id to the time in milliseconds at which it was forgotten there.
pub(super) const SYNC_FORGOTTEN: TableDefinition<(u128, u128), i64> =
    TableDefinition::new("sync_forgotten");

/// What is kept out of all such stores.
pub(super) const SYNC_EXCLUDED: TableDefinition<&str, ()> = TableDefinition::new("sync_excluded");
