//! What hangs on a session (tags, links, notes, a summary), each as a register that two machines
//! merge alike: the last change wins.
//!
//! Contents lie in tables of their own; `children` has the time of each one's last change, its
//! *stamp*, also of what was taken off. What an older build put on has no stamp: its own time is
//! taken. A change that is made here is stamped later than what it replaces, whatever the clock says.

mod contents;

use redb::ReadableTable;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::links::{decode_link, read_links};
use super::view::{View, place};
use super::write::Tables;
use super::{StoreError, decode, encode, tables};
use crate::model::{Annotation, Link, SessionNumber, Summary, Timestamp};
use contents::{Contents, read_annotations, read_stamps, read_summary, read_tags};

/// Bytes of the longest tag.
pub(crate) const LONGEST_TAG: usize = 256;

/// Which of a session's children it is; the same on every machine. The order of the variants is part
/// of the formats that it is written in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ChildKey {
    /// The tag with this label.
    Tag(String),
    /// The link to this commit: its full id in lower-case hex.
    Link(String),
    /// The note with this id.
    Annotation(Uuid),
    /// The summary.
    Summary,
}

/// What hangs on a session. The order of the variants is part of the formats that it is written in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChildValue {
    /// A tag: all of it stands in the key.
    Tag,
    /// A link.
    Link(Link),
    /// A note.
    Annotation(Annotation),
    /// A summary.
    Summary(Summary),
}

/// The last change of what hangs, or hung, on a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Child {
    /// Which it is.
    pub key: ChildKey,
    /// When it was changed: milliseconds since the Unix epoch, or later than the change before.
    pub stamp: i64,
    /// What it is; nothing if it was taken off.
    pub value: Option<ChildValue>,
}

impl ChildKey {
    fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("plain data is always written to memory")
    }

    /// Whether a tag is a line of text, and a commit the id of one.
    fn is_sound(&self) -> bool {
        match self {
            Self::Tag(label) => {
                let is_line = !label.chars().any(char::is_control) && label.trim() == label;
                is_line && (1..=LONGEST_TAG).contains(&label.len())
            }
            Self::Link(commit) => {
                let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
                matches!(commit.len(), 40 | 64) && commit.bytes().all(is_digit)
            }
            Self::Annotation(_) | Self::Summary => true,
        }
    }
}

impl Child {
    /// What decides between two changes: of those of the same moment, what is there wins over what
    /// was taken off, and then what is written in the greater bytes.
    fn rank(&self) -> (i64, Option<Vec<u8>>) {
        let bytes = self.value.as_ref().map(|value| {
            postcard::to_stdvec(value).expect("plain data is always written to memory")
        });
        (self.stamp, bytes)
    }
}

impl View<'_> {
    /// What hangs on a session, and what was taken off it, by key: the same content gives the same
    /// list on every machine.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn children(&self, number: SessionNumber) -> Result<Vec<Child>, StoreError> {
        let contents = Contents {
            tags: read_tags(self.store, &self.table(tables::TAGS)?, number)?,
            links: self.links(number)?,
            annotations: self.annotations(number)?,
            summary: self.summary(number)?,
        };
        let stamps = match self.optional_table(tables::CHILDREN)? {
            Some(table) => read_stamps(self.store, &table, number)?,
            None => Vec::new(),
        };
        Ok(contents.with(stamps))
    }

    /// The tags of a session, sorted.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn tags(&self, number: SessionNumber) -> Result<Vec<String>, StoreError> {
        let tags = read_tags(self.store, &self.table(tables::TAGS)?, number)?;
        Ok(tags.into_iter().map(|(label, _)| label).collect())
    }

    /// The notes on a session, the oldest first.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn annotations(&self, number: SessionNumber) -> Result<Vec<Annotation>, StoreError> {
        match self.optional_table(tables::ANNOTATIONS)? {
            Some(table) => read_annotations(self.store, &table, number),
            None => Ok(Vec::new()),
        }
    }

    /// The summary of a session.
    ///
    /// # Errors
    /// Those of the disk, and [`StoreError::Damaged`].
    pub fn summary(&self, number: SessionNumber) -> Result<Option<Summary>, StoreError> {
        read_summary(self.store, &self.table(tables::SUMMARIES)?, number)
    }
}

impl Tables<'_> {
    /// As [`View::children`].
    pub(crate) fn children(&self, number: SessionNumber) -> Result<Vec<Child>, StoreError> {
        let contents = Contents {
            tags: read_tags(self.store, &self.tags, number)?,
            links: read_links(self.store, &self.links, number)?,
            annotations: read_annotations(self.store, &self.annotations, number)?,
            summary: read_summary(self.store, &self.summaries, number)?,
        };
        Ok(contents.with(read_stamps(self.store, &self.children, number)?))
    }

    /// Takes in a change that was made anywhere, if it is newer than what is known; returns whether
    /// it was. What makes no sense, as a link of another session, is not taken.
    pub(crate) fn merge_child(
        &mut self,
        number: SessionNumber,
        child: &Child,
    ) -> Result<bool, StoreError> {
        if !self.is_sound(number, child)? {
            return Ok(false);
        }
        let known = self.child(number, &child.key)?;
        if known.as_ref().is_some_and(|known| known.rank() >= child.rank()) {
            return Ok(false);
        }
        self.note_change(number)?;
        if known.is_some_and(|known| known.value.is_some()) {
            self.remove_content(number, &child.key)?;
        }
        if let Some(value) = &child.value {
            self.put_content(number, child, value)?;
        }
        let key = child.key.to_bytes();
        let put = self.children.insert((number.0, key.as_slice()), child.stamp);
        put.map_err(|error| self.store.error(error))?;
        Ok(true)
    }

    /// Puts a tag on a session or takes it off; returns whether something changed.
    pub(crate) fn tag(
        &mut self,
        session: SessionNumber,
        label: &str,
        present: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = ChildKey::Tag(label.to_owned());
        let known = self.child(session, &key)?.and_then(|child| child.value);
        if known.is_some() == present {
            return Ok(false);
        }
        self.change_child(session, key, present.then_some(ChildValue::Tag), now)
    }

    /// Gives a session a summary, in place of the one that it has.
    pub(crate) fn summarize(
        &mut self,
        session: SessionNumber,
        summary: Summary,
    ) -> Result<(), StoreError> {
        let now = summary.generated_at;
        let value = Some(ChildValue::Summary(summary));
        self.change_child(session, ChildKey::Summary, value, now).map(drop)
    }

    /// Puts a note on a session.
    pub(crate) fn annotate(
        &mut self,
        session: SessionNumber,
        annotation: Annotation,
    ) -> Result<(), StoreError> {
        let (key, now) = (ChildKey::Annotation(annotation.id), annotation.created_at);
        let value = Some(ChildValue::Annotation(annotation));
        self.change_child(session, key, value, now).map(drop)
    }

    /// Takes a note off a session; returns whether it was there.
    pub(crate) fn unannotate(
        &mut self,
        session: SessionNumber,
        id: Uuid,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = ChildKey::Annotation(id);
        if self.child(session, &key)?.and_then(|child| child.value).is_none() {
            return Ok(false);
        }
        self.change_child(session, key, None, now)
    }

    /// A change that is made here: later than what it replaces, whatever the clock says.
    pub(super) fn change_child(
        &mut self,
        number: SessionNumber,
        key: ChildKey,
        value: Option<ChildValue>,
        Timestamp(now): Timestamp,
    ) -> Result<bool, StoreError> {
        let known = self.child(number, &key)?;
        let stamp = known.map_or(now, |known| now.max(known.stamp.saturating_add(1)));
        self.merge_child(number, &Child { key, stamp, value })
    }

    /// What is known of one child.
    pub(super) fn child(
        &self,
        number: SessionNumber,
        key: &ChildKey,
    ) -> Result<Option<Child>, StoreError> {
        let stamp = self.children.get((number.0, key.to_bytes().as_slice()));
        let stamp = stamp.map_err(|error| self.store.error(error))?.map(|stamp| stamp.value());
        let (own_time, value) = self.content(number, key)?.unzip();
        Ok(stamp.or(own_time).map(|stamp| Child { key: key.clone(), stamp, value }))
    }

    /// What is there, and the time that it tells of itself.
    fn content(
        &self,
        number: SessionNumber,
        key: &ChildKey,
    ) -> Result<Option<(i64, ChildValue)>, StoreError> {
        let damaged = |damage| self.store.damaged(place(number), damage);
        Ok(match key {
            ChildKey::Tag(label) => {
                let row = self.tags.get((number.0, label.as_str()));
                let row = row.map_err(|error| self.store.error(error))?;
                row.map(|at| (at.value(), ChildValue::Tag))
            }
            ChildKey::Link(commit) => {
                let row = self.links.get((number.0, commit.as_str()));
                let row = row.map_err(|error| self.store.error(error))?;
                let link = row.map(|row| decode_link(row.value())).transpose().map_err(damaged)?;
                link.map(|link| (link.created_at.0, ChildValue::Link(link)))
            }
            ChildKey::Annotation(id) => {
                let row = self.annotations.get((number.0, id.as_u128()));
                let row = row.map_err(|error| self.store.error(error))?;
                let note = row.map(|row| decode(row.value())).transpose().map_err(damaged)?;
                note.map(|note: Annotation| (note.created_at.0, ChildValue::Annotation(note)))
            }
            ChildKey::Summary => read_summary(self.store, &self.summaries, number)?
                .map(|summary| (summary.generated_at.0, ChildValue::Summary(summary))),
        })
    }

    /// Removes all that hangs on a session, and what is known of what did.
    pub(super) fn remove_children(&mut self, number: SessionNumber) -> Result<(), StoreError> {
        for child in self.children(number)? {
            self.remove_content(number, &child.key)?;
            let removed = self.children.remove((number.0, child.key.to_bytes().as_slice()));
            removed.map_err(|error| self.store.error(error))?;
        }
        Ok(())
    }

    /// Whether a child that may come from anywhere is one of this session's.
    fn is_sound(&self, number: SessionNumber, child: &Child) -> Result<bool, StoreError> {
        let fits = match (&child.key, &child.value) {
            (_, None)
            | (ChildKey::Tag(_), Some(ChildValue::Tag))
            | (ChildKey::Summary, Some(ChildValue::Summary(_))) => true,
            (ChildKey::Link(commit), Some(ChildValue::Link(link))) => {
                let session = self.session(number)?;
                *commit == link.commit && session.is_some_and(|session| session.id == link.session)
            }
            (ChildKey::Annotation(id), Some(ChildValue::Annotation(annotation))) => {
                *id == annotation.id
            }
            _ => false,
        };
        Ok(fits && child.key.is_sound())
    }

    fn put_content(
        &mut self,
        number: SessionNumber,
        child: &Child,
        value: &ChildValue,
    ) -> Result<(), StoreError> {
        match (&child.key, value) {
            (ChildKey::Tag(label), _) => {
                let put = self.tags.insert((number.0, label.as_str()), child.stamp);
                put.map_err(|error| self.store.error(error))?;
            }
            (_, ChildValue::Link(link)) => self.put_link(number, link)?,
            (_, ChildValue::Annotation(annotation)) => {
                let key = (number.0, annotation.id.as_u128());
                let put = self.annotations.insert(key, encode(annotation).as_slice());
                put.map_err(|error| self.store.error(error))?;
            }
            (_, ChildValue::Summary(summary)) => {
                let put = self.summaries.insert(number.0, encode(summary).as_slice());
                put.map_err(|error| self.store.error(error))?;
            }
            (_, ChildValue::Tag) => {}
        }
        Ok(())
    }

    fn remove_content(&mut self, number: SessionNumber, key: &ChildKey) -> Result<(), StoreError> {
        match key {
            ChildKey::Tag(label) => {
                let removed = self.tags.remove((number.0, label.as_str()));
                removed.map_err(|error| self.store.error(error))?;
            }
            ChildKey::Link(commit) => self.remove_link(number, commit)?,
            ChildKey::Annotation(id) => {
                let removed = self.annotations.remove((number.0, id.as_u128()));
                removed.map_err(|error| self.store.error(error))?;
            }
            ChildKey::Summary => {
                let removed = self.summaries.remove(number.0);
                removed.map_err(|error| self.store.error(error))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
