//! The rows that a session's children lie in, read in a transaction of either kind.

use std::collections::BTreeMap;

use redb::ReadableTable;

use super::super::view::place;
use super::super::{Damage, Store, StoreError, decode};
use super::{Child, ChildKey, ChildValue};
use crate::model::{Annotation, Link, SessionNumber, Summary};

/// What hangs on a session.
pub(super) struct Contents {
    /// With the times at which they were put on.
    pub(super) tags: Vec<(String, i64)>,
    pub(super) links: Vec<Link>,
    pub(super) annotations: Vec<Annotation>,
    pub(super) summary: Option<Summary>,
}

impl Contents {
    /// The children: what has no stamp has its own time.
    pub(super) fn with(self, stamps: Vec<(ChildKey, i64)>) -> Vec<Child> {
        let tag = |(label, at)| (ChildKey::Tag(label), at, ChildValue::Tag);
        let link = |link: Link| {
            (ChildKey::Link(link.commit.clone()), link.created_at.0, ChildValue::Link(link))
        };
        let annotation = |note: Annotation| {
            (ChildKey::Annotation(note.id), note.created_at.0, ChildValue::Annotation(note))
        };
        let summary = |summary: Summary| {
            (ChildKey::Summary, summary.generated_at.0, ChildValue::Summary(summary))
        };
        let all = self.tags.into_iter().map(tag);
        let all = all.chain(self.links.into_iter().map(link));
        let all = all.chain(self.annotations.into_iter().map(annotation));
        let all = all.chain(self.summary.into_iter().map(summary));
        let mut children: BTreeMap<ChildKey, (i64, Option<ChildValue>)> =
            all.map(|(key, stamp, value)| (key, (stamp, Some(value)))).collect();
        for (key, stamp) in stamps {
            children.entry(key).or_default().0 = stamp;
        }
        let child = |(key, (stamp, value))| Child { key, stamp, value };
        children.into_iter().map(child).collect()
    }
}

pub(super) fn read_tags(
    store: &Store,
    tags: &impl ReadableTable<(u32, &'static str), i64>,
    number: SessionNumber,
) -> Result<Vec<(String, i64)>, StoreError> {
    let mut found = Vec::new();
    for row in tags.range((number.0, "")..).map_err(|error| store.error(error))? {
        let (key, at) = row.map_err(|error| store.error(error))?;
        let (session, label) = key.value();
        if session != number.0 {
            break;
        }
        found.push((label.to_owned(), at.value()));
    }
    Ok(found)
}

pub(super) fn read_annotations(
    store: &Store,
    annotations: &impl ReadableTable<(u32, u128), &'static [u8]>,
    number: SessionNumber,
) -> Result<Vec<Annotation>, StoreError> {
    let rows = annotations.range((number.0, 0)..=(number.0, u128::MAX));
    let rows = rows.map_err(|error| store.error(error))?.map(|row| {
        let (_, bytes) = row.map_err(|error| store.error(error))?;
        decode(bytes.value()).map_err(|damage| store.damaged(place(number), damage))
    });
    let mut found: Vec<Annotation> = rows.collect::<Result<_, StoreError>>()?;
    found.sort_by_key(|annotation| (annotation.created_at, annotation.id));
    Ok(found)
}

pub(super) fn read_summary(
    store: &Store,
    summaries: &impl ReadableTable<u32, &'static [u8]>,
    number: SessionNumber,
) -> Result<Option<Summary>, StoreError> {
    let row = summaries.get(number.0).map_err(|error| store.error(error))?;
    let decoded = row.map(|row| decode(row.value()));
    decoded.transpose().map_err(|damage| store.damaged(place(number), damage))
}

pub(super) fn read_stamps(
    store: &Store,
    children: &impl ReadableTable<(u32, &'static [u8]), i64>,
    number: SessionNumber,
) -> Result<Vec<(ChildKey, i64)>, StoreError> {
    let mut found = Vec::new();
    let rows = children.range((number.0, [].as_slice())..);
    for row in rows.map_err(|error| store.error(error))? {
        let (key, stamp) = row.map_err(|error| store.error(error))?;
        let (session, key) = key.value();
        if session != number.0 {
            break;
        }
        let unreadable = |_| Damage("a child's key that cannot be read");
        let key = postcard::from_bytes(key).map_err(unreadable);
        let key = key.map_err(|damage| store.damaged(place(number), damage))?;
        found.push((key, stamp.value()));
    }
    Ok(found)
}
