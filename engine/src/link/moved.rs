//! Finds commits again that were rewritten.
//!
//! A commit that changes the same as one that is linked is taken for it; so is one that adds most of
//! the lines by which that one is known, as a squash does. What stands in the history of a commit is
//! not what it was made of.

use std::collections::{BTreeMap, BTreeSet};

use super::LinkError;
use super::marks::Added;
use crate::api::MovedBy;
use crate::git::{Changes, Commit, CommitId, Repository};
use crate::model::{CommitMark, Link, SessionNumber, Timestamp};
use crate::origin::{Home, Territory};
use crate::store::{Tables, View};

/// The share of a commit's kept lines by which it is known again.
const KNOWN_AGAIN: f32 = 0.6;

/// Lines of a commit that still stands somewhere that it takes to know it again: fewer may have been
/// written twice.
const SEVERAL: usize = 3;

/// A linked commit of which another one is a rewritten form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// The linked commit.
    pub(crate) commit: String,
    pub(crate) by: MovedBy,
    /// How much of it is in the other one.
    pub(crate) share: f32,
}

/// The linked commits of which this one is a rewritten form.
pub(crate) fn find_moved(
    view: &View<'_>,
    repository: &Repository,
    territory: &mut Territory<'_>,
    commit: &Commit,
    changes: &Changes,
) -> Result<Vec<Found>, LinkError> {
    let id = commit.id.to_string();
    let mut found: Vec<Found> = Vec::new();
    if !changes.files.is_empty() {
        for commit in view.marked_by_patch(changes.patch_id().0)? {
            found.push(Found { commit, by: MovedBy::Patch, share: 1.0 });
        }
    }
    let lines: BTreeSet<u64> = Added::of(changes).fingerprints();
    let mut few: Vec<CommitId> = Vec::new();
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for &line in &lines {
        for commit in view.marked(line)? {
            *met.entry(commit).or_default() += 1;
        }
    }
    for (commit, met) in met {
        if found.iter().any(|found| found.commit == commit) {
            continue;
        }
        let known = match view.linked(&commit)?.first() {
            Some((_, session)) => {
                view.link(*session, &commit)?.map_or(0, |link| link.mark.lines.len())
            }
            None => 0,
        };
        let share = met as f32 / known.max(1) as f32;
        if known > 0 && share >= KNOWN_AGAIN {
            few.extend(commit_id(&commit).filter(|_| known < SEVERAL));
            found.push(Found { commit, by: MovedBy::Content, share });
        }
    }
    let few = repository.reachable(&few)?;
    let is_one_of_few = |found: &Found| {
        found.by == MovedBy::Content && commit_id(&found.commit).is_some_and(|id| few.contains(&id))
    };
    found.retain(|found| found.commit != id && !is_one_of_few(found));
    let ids: Vec<CommitId> = found.iter().filter_map(|found| commit_id(&found.commit)).collect();
    let earlier = repository.ancestors_among(commit.id, &ids)?;
    found.retain(|found| commit_id(&found.commit).is_none_or(|id| !earlier.contains(&id)));
    let mut of_here = Vec::with_capacity(found.len());
    for found in found {
        if is_of(view, repository, territory, &found.commit)? {
            of_here.push(found);
        }
    }
    Ok(of_here)
}

/// Whether a linked commit is, or was, one of the repository: what looks the same in another one is
/// not what it became.
fn is_of(
    view: &View<'_>,
    repository: &Repository,
    territory: &mut Territory<'_>,
    commit: &str,
) -> Result<bool, LinkError> {
    if commit_id(commit).is_some_and(|id| repository.contains(id)) {
        return Ok(true);
    }
    for (_, number) in view.linked(commit)? {
        if let Some(session) = view.session(number)?
            && territory.home(&session) != Home::Elsewhere
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A commit that others became.
pub(crate) struct Rewritten {
    /// Its id.
    pub(crate) id: String,
    /// Its own mark.
    pub(crate) mark: CommitMark,
}

/// Moves a session's link to what its commit became; returns whether there was one.
pub(crate) fn relocate(
    tables: &mut Tables<'_>,
    session: SessionNumber,
    from: &str,
    to: &Rewritten,
    now: Timestamp,
) -> Result<bool, crate::store::StoreError> {
    if from == to.id {
        return Ok(false);
    }
    let Some(link) = tables.unlink(session, from, now)? else { return Ok(false) };
    let mut earlier = link.earlier.clone();
    earlier.push(link.commit.clone());
    let branch = to.mark.branch.clone().or(link.mark.branch.clone());
    let mark = CommitMark { branch, ..to.mark.clone() };
    let moved = Link { commit: to.id.clone(), mark, earlier, ..link };
    tables.link(session, moved, now)?;
    Ok(true)
}

/// The id that a link has.
pub(crate) fn commit_id(hex: &str) -> Option<CommitId> {
    CommitId::from_hex(hex.as_bytes()).ok()
}
