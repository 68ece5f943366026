//! Links, what their commits are found again by, and where repositories lie.

use redb::ReadableTable;
use serde::{Deserialize, Serialize};

use super::view::{View, place};
use super::write::Tables;
use super::{ChildKey, ChildValue, Damage, Store, StoreError, decode, encode, tables};
use crate::model::{CommitMark, Creator, Link, SessionId, SessionNumber, Timestamp};

/// The version of a link's row: 1 had neither evidence nor mark.
const LINK_ROW: u8 = 2;

/// A link as the first version of the store has it.
#[derive(Deserialize)]
struct FirstLink {
    session: SessionId,
    commit: String,
    created_by: Creator,
    created_at: Timestamp,
    confidence: Option<f32>,
}

/// The repository that a directory lay in when a session in it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The top of the working tree.
    pub root: String,
    /// The first commit, in hex, where it is known.
    pub first_commit: Option<String>,
    /// The remotes' normalised URLs.
    pub remotes: Vec<String>,
}

fn encode_link(link: &Link) -> Vec<u8> {
    postcard::to_extend(link, vec![LINK_ROW]).expect("plain data is always written to memory")
}

pub(super) fn decode_link(bytes: &[u8]) -> Result<Link, Damage> {
    match bytes.split_first() {
        Some((&LINK_ROW, bytes)) => {
            postcard::from_bytes(bytes).map_err(|_| Damage("a link that cannot be read"))
        }
        _ => {
            let FirstLink { session, commit, created_by, created_at, confidence } = decode(bytes)?;
            let (evidence, mark, earlier) = (None, CommitMark::default(), Vec::new());
            let link = Link {
                session,
                commit,
                created_by,
                created_at,
                confidence,
                evidence,
                mark,
                earlier,
            };
            Ok(link)
        }
    }
}

/// The keys under which a commit is found again.
fn marks(mark: &CommitMark) -> impl Iterator<Item = u64> + '_ {
    mark.patch.map(patch_key).into_iter().chain(mark.lines.iter().copied())
}

/// The key of a patch among those of lines.
fn patch_key(patch: [u8; 16]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&patch)
}

impl View<'_> {
    /// The links of a session, by commit.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn links(&self, number: SessionNumber) -> Result<Vec<Link>, StoreError> {
        read_links(self.store, &self.table(tables::LINKS)?, number)
    }

    /// The link of a session to a commit.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn link(&self, number: SessionNumber, commit: &str) -> Result<Option<Link>, StoreError> {
        let row = self.table(tables::LINKS)?;
        let row = row.get((number.0, commit)).map_err(|error| self.store.error(error))?;
        row.map(|row| decode_link(row.value()))
            .transpose()
            .map_err(|damage| self.store.damaged(place(number), damage))
    }

    /// Commits whose ids begin with `prefix` and that have links, with the sessions.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn linked(&self, prefix: &str) -> Result<Vec<(String, SessionNumber)>, StoreError> {
        let commits = self.table(tables::COMMITS)?;
        let mut found = Vec::new();
        for row in commits.range((prefix, 0)..).map_err(|error| self.store.error(error))? {
            let row = row.map_err(|error| self.store.error(error))?;
            let (commit, session) = row.0.value();
            if !commit.starts_with(prefix) {
                break;
            }
            found.push((commit.to_owned(), SessionNumber(session)));
        }
        Ok(found)
    }

    /// The linked commits that have this patch among their marks.
    pub(crate) fn marked_by_patch(&self, patch: [u8; 16]) -> Result<Vec<String>, StoreError> {
        self.marked(patch_key(patch))
    }

    /// The linked commits that have this line, or patch, among their marks.
    pub(crate) fn marked(&self, mark: u64) -> Result<Vec<String>, StoreError> {
        let Some(table) = self.optional_table(tables::MARKS)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for row in table.range((mark, "")..).map_err(|error| self.store.error(error))? {
            let row = row.map_err(|error| self.store.error(error))?;
            let (key, commit) = row.0.value();
            if key != mark {
                break;
            }
            found.push(commit.to_owned());
        }
        Ok(found)
    }

    /// The repositories that directories lay in.
    pub(crate) fn places(&self) -> Result<Vec<(String, Place)>, StoreError> {
        let Some(table) = self.optional_table(tables::PLACES)? else { return Ok(Vec::new()) };
        read_places(self.store, &table)
    }
}

impl Tables<'_> {
    /// Links a session to a commit, unless it is; returns whether it was not. A person's link takes
    /// the place of another's.
    pub(crate) fn link(
        &mut self,
        session: SessionNumber,
        link: Link,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = ChildKey::Link(link.commit.clone());
        match self.child(session, &key)?.and_then(|child| child.value) {
            Some(ChildValue::Link(there))
                if there.created_by == Creator::User || link.created_by != Creator::User =>
            {
                Ok(false)
            }
            _ => self.change_child(session, key, Some(ChildValue::Link(link)), now),
        }
    }

    /// Removes a link; returns it.
    pub(crate) fn unlink(
        &mut self,
        session: SessionNumber,
        commit: &str,
        now: Timestamp,
    ) -> Result<Option<Link>, StoreError> {
        let key = ChildKey::Link(commit.to_owned());
        match self.child(session, &key)?.and_then(|child| child.value) {
            Some(ChildValue::Link(link)) => {
                self.change_child(session, key, None, now)?;
                Ok(Some(link))
            }
            _ => Ok(None),
        }
    }

    /// Writes a link, and what its commit is found by.
    pub(super) fn put_link(
        &mut self,
        session: SessionNumber,
        link: &Link,
    ) -> Result<(), StoreError> {
        let key = (session.0, link.commit.as_str());
        let put = self.links.insert(key, encode_link(link).as_slice());
        put.map_err(|error| self.store.error(error))?;
        let put = self.commits.insert((link.commit.as_str(), session.0), ());
        put.map_err(|error| self.store.error(error))?;
        for mark in marks(&link.mark) {
            let put = self.marks.insert((mark, link.commit.as_str()), ());
            put.map_err(|error| self.store.error(error))?;
        }
        Ok(())
    }

    /// Removes a link, and what its commit is found by if it was the last one.
    pub(super) fn remove_link(
        &mut self,
        session: SessionNumber,
        commit: &str,
    ) -> Result<(), StoreError> {
        let link = {
            let row = self.links.remove((session.0, commit));
            let Some(row) = row.map_err(|error| self.store.error(error))? else { return Ok(()) };
            decode_link(row.value()).map_err(|damage| self.store.damaged(place(session), damage))?
        };
        self.commits.remove((commit, session.0)).map_err(|error| self.store.error(error))?;
        let others = self.commits.range((commit, 0)..=(commit, u32::MAX));
        let is_last = others.map_err(|error| self.store.error(error))?.next().is_none();
        if is_last {
            for mark in marks(&link.mark) {
                self.marks.remove((mark, commit)).map_err(|error| self.store.error(error))?;
            }
        }
        Ok(())
    }

    /// As [`View::places`].
    pub(crate) fn all_places(&self) -> Result<Vec<(String, Place)>, StoreError> {
        read_places(self.store, &self.places)
    }

    /// Notes the repository that a directory lies in.
    pub(crate) fn put_place(&mut self, directory: &str, place: &Place) -> Result<(), StoreError> {
        let put = self.places.insert(directory, encode(place).as_slice());
        put.map_err(|error| self.store.error(error))?;
        Ok(())
    }
}

/// The links of a session, by commit.
pub(super) fn read_links(
    store: &Store,
    links: &impl ReadableTable<(u32, &'static str), &'static [u8]>,
    number: SessionNumber,
) -> Result<Vec<Link>, StoreError> {
    let mut found = Vec::new();
    for row in links.range((number.0, "")..).map_err(|error| store.error(error))? {
        let (key, link) = row.map_err(|error| store.error(error))?;
        if key.value().0 != number.0 {
            break;
        }
        let link = decode_link(link.value());
        found.push(link.map_err(|damage| store.damaged(place(number), damage))?);
    }
    Ok(found)
}

fn read_places(
    store: &Store,
    places: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Vec<(String, Place)>, StoreError> {
    let rows = places.iter().map_err(|error| store.error(error))?;
    rows.map(|row| {
        let (directory, bytes) = row.map_err(|error| store.error(error))?;
        let directory = directory.value().to_owned();
        let place = decode(bytes.value())
            .map_err(|damage| store.damaged(format_args!("place `{directory}`"), damage))?;
        Ok((directory, place))
    })
    .collect()
}
