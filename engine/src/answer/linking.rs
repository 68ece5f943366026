//! Links between sessions and commits.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::foreign::is_foreign;
use super::repository::{detail_of, global_config, resolve};
use super::sessions::detail;
use crate::Engine;
use crate::api::{ApiError, Linked, LinkedCommit, MovedBy, MovedLink, NewLink, SessionDetail};
use crate::git::{CommitId, Repository};
use crate::link::{Rewritten, commit_id, find_moved, mark, relocate};
use crate::model::{CommitMark, Link, SessionId, SessionNumber, Timestamp};
use crate::origin::{Home, Territory};
use crate::store::View;

/// Time for which a session that has ended still counts as active, in milliseconds.
const JUST_ENDED: i64 = 5 * 60_000;

pub(crate) fn linked(
    engine: &Engine,
    place: &Path,
    reference: &str,
) -> Result<LinkedCommit, ApiError> {
    let config = global_config(engine);
    let repository = Repository::discover(place, &config);
    let id = repository.as_ref().ok().and_then(|repository| repository.resolve(reference).ok());
    let store = engine.store();
    let view = store.view()?;
    let mut answer = LinkedCommit { commit: None, linked: Vec::new() };
    match (repository, id) {
        (Ok(repository), Some(id)) => {
            answer.commit = Some(detail_of(&repository, &repository.commit(id)?));
            let mut territory = Territory::new(&repository, &config, &view)?;
            answer.linked = linked_to(engine, &view, &repository, &mut territory, id)?;
        }
        // What git does not know is taken for the first digits of an id.
        (repository, _) => {
            let digits = reference.trim().to_ascii_lowercase();
            if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                let repository = repository?;
                let root = repository.root().to_owned();
                return Err(ApiError::NoSuchCommit { reference: reference.to_owned(), root });
            }
            for (commit, number) in view.linked(&digits)? {
                answer.linked.extend(linked_by(engine, &view, &commit, number, None)?);
            }
        }
    }
    answer.linked.sort_by_key(|linked| Reverse(linked.session.session.started));
    Ok(answer)
}

/// The links of a commit, and those of the commits that it was before it was rewritten.
pub(super) fn linked_to(
    engine: &Engine,
    view: &View<'_>,
    repository: &Repository,
    territory: &mut Territory<'_>,
    id: CommitId,
) -> Result<Vec<Linked>, ApiError> {
    let mut found = Vec::new();
    for (commit, number) in view.linked(&id.to_string())? {
        found.extend(linked_by(engine, view, &commit, number, None)?);
    }
    let commit = repository.commit(id)?;
    let changes = repository.changes(id)?;
    for moved in find_moved(view, repository, territory, &commit, &changes)? {
        for (from, number) in view.linked(&moved.commit)? {
            let is_known = |linked: &Linked| linked.session.session.number == number;
            if !found.iter().any(is_known) {
                found.extend(linked_by(engine, view, &from, number, Some(moved.by))?);
            }
        }
    }
    Ok(found)
}

fn linked_by(
    engine: &Engine,
    view: &View<'_>,
    commit: &str,
    number: SessionNumber,
    moved: Option<MovedBy>,
) -> Result<Option<Linked>, ApiError> {
    let (Some(link), Some(session)) = (view.link(number, commit)?, view.session(number)?) else {
        return Ok(None);
    };
    Ok(Some(Linked { link, session: detail(engine, view, session)?, moved }))
}

pub(crate) fn active(engine: &Engine, place: &Path) -> Result<Vec<SessionDetail>, ApiError> {
    let config = global_config(engine);
    let repository = Repository::discover(place, &config)?;
    let store = engine.store();
    let view = store.view()?;
    let mut territory = Territory::new(&repository, &config, &view)?;
    let now = (engine.options().now)();
    let mut active = Vec::new();
    for session in view.all_sessions()? {
        let last = session.ended.or(session.last_activity);
        let just_ended = last.is_some_and(|last| now.0.saturating_sub(last.0) < JUST_ENDED);
        if is_foreign(engine, &session)
            || session.message_count == 0
            || (session.ended.is_some() && !just_ended)
        {
            continue;
        }
        let detail = detail(engine, &view, session)?;
        if (detail.active || just_ended)
            && matches!(territory.home(&detail.session), Home::Here { is_clone: false, .. })
        {
            active.push(detail);
        }
    }
    active.sort_by_key(|detail| Reverse(detail.session.last_activity));
    Ok(active)
}

pub(crate) fn link(engine: &Engine, links: &[NewLink]) -> Result<Vec<bool>, ApiError> {
    let config = global_config(engine);
    let mut repositories: HashMap<&Path, Repository> = HashMap::new();
    let mut commits: HashMap<&Path, BTreeSet<&str>> = HashMap::new();
    for new in links {
        let place = new.place.as_path();
        if !repositories.contains_key(place) {
            repositories.insert(place, Repository::discover(place, &config)?);
        }
        commits.entry(place).or_default().insert(&new.commit);
    }
    let mut marks: HashMap<(&Path, &str), CommitMark> = HashMap::new();
    for (place, repository) in &repositories {
        let commits = commits.remove(place).unwrap_or_default();
        let ids = commits.iter().map(|commit| resolve(repository, commit));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
        let found = marks_of(repository, &ids)?;
        marks.extend(commits.into_iter().map(|commit| (*place, commit)).zip(found));
    }
    let now = (engine.options().now)();
    let _turn = engine.write_turn();
    let store = engine.store();
    let view = store.view()?;
    let mut rows = Vec::with_capacity(links.len());
    for new in links {
        let Some(number) = view.session_number(new.session)? else {
            let prefix = new.session.to_string();
            return Err(ApiError::NoSuchSession { prefix, empty: false });
        };
        let mark = marks.get(&(new.place.as_path(), new.commit.as_str())).cloned();
        let (confidence, evidence) = new.judgement.clone().unzip();
        rows.push((
            number,
            Link {
                session: new.session,
                commit: new.commit.clone(),
                created_by: new.created_by,
                created_at: now,
                confidence,
                evidence,
                mark: mark.unwrap_or_default(),
                earlier: Vec::new(),
            },
        ));
    }
    let linked = store.write(|tables| {
        let new = rows.into_iter().map(|(number, link)| tables.link(number, link, now));
        new.collect::<Result<Vec<_>, _>>()
    });
    Ok(linked?)
}

/// What commits are found again by.
fn marks_of(repository: &Repository, ids: &[CommitId]) -> Result<Vec<CommitMark>, ApiError> {
    let commits = ids.iter().map(|&id| repository.commit(id)).collect::<Result<Vec<_>, _>>()?;
    // One walk for all of them.
    let since = commits.iter().map(|commit| commit.committed).min().unwrap_or_default();
    let walked = repository.commits_since(since)?.into_iter();
    let mut branches: HashMap<CommitId, Vec<String>> =
        walked.map(|walked| (walked.commit.id, walked.branches)).collect();
    let head = repository.head_branch();
    let marks = commits.iter().map(|commit| {
        let branches = branches.remove(&commit.id).unwrap_or_default();
        Ok(mark(commit, &repository.changes(commit.id)?, made_on(branches, head.as_ref())))
    });
    marks.collect()
}

/// The branch that a commit was made on, as far as that can be told: the one that is checked out if
/// it has the commit, else the only one that has it.
fn made_on(mut branches: Vec<String>, head: Option<&String>) -> Option<String> {
    let head = head.filter(|head| branches.contains(head)).cloned();
    head.or_else(|| branches.pop().filter(|_| branches.is_empty()))
}

pub(crate) fn unlink(
    engine: &Engine,
    session: SessionId,
    commit: Option<&str>,
) -> Result<Vec<Link>, ApiError> {
    let now = (engine.options().now)();
    let _turn = engine.write_turn();
    let store = engine.store();
    let view = store.view()?;
    let Some(number) = view.session_number(session)? else {
        return Err(ApiError::NoSuchSession { prefix: session.to_string(), empty: false });
    };
    let prefix = commit.unwrap_or_default().to_ascii_lowercase();
    let links = view.links(number)?.into_iter().filter(|link| link.commit.starts_with(&prefix));
    let links: Vec<Link> = links.collect();
    store.write(|tables| {
        links.iter().try_for_each(|link| tables.unlink(number, &link.commit, now).map(drop))
    })?;
    Ok(links)
}

pub(crate) fn rewritten(
    engine: &Engine,
    place: &Path,
    commits: &[(String, String)],
) -> Result<u64, ApiError> {
    let repository = Repository::discover(place, &global_config(engine))?;
    let _turn = engine.write_turn();
    let store = engine.store();
    let view = store.view()?;
    let mut moves = Vec::new();
    for (from, to) in commits {
        let linked = view.linked(from)?;
        let linked = linked.into_iter().filter(|(commit, _)| commit == from);
        let numbers: Vec<SessionNumber> = linked.map(|(_, number)| number).collect();
        if let (false, Ok(id)) = (numbers.is_empty(), repository.resolve(to)) {
            let mark = marks_of(&repository, &[id])?.pop().unwrap_or_default();
            moves.push((from, numbers, Rewritten { id: id.to_string(), mark }));
        }
    }
    let mut moved = 0;
    let now = (engine.options().now)();
    store.write(|tables| {
        for (from, numbers, to) in &moves {
            for &number in numbers {
                moved += u64::from(relocate(tables, number, from, to, now)?);
            }
        }
        Ok::<_, ApiError>(())
    })?;
    Ok(moved)
}

pub(crate) fn repair(
    engine: &Engine,
    place: &Path,
    dry_run: bool,
) -> Result<Vec<MovedLink>, ApiError> {
    let config = global_config(engine);
    let repository = Repository::discover(place, &config)?;
    let _turn = engine.write_turn();
    let store = engine.store();
    let view = store.view()?;
    let mut territory = Territory::new(&repository, &config, &view)?;
    let lost = lost_links(&view, &repository, &mut territory)?;
    let Some(since) = lost.iter().map(|(_, since, _)| *since).min() else { return Ok(Vec::new()) };
    // Of each commit that is there, which of the lost ones it was: the surest, the oldest first.
    let mut became: HashMap<String, (CommitId, MovedBy, f32)> = HashMap::new();
    for walked in repository.commits_since(since)?.into_iter().rev() {
        let commit = walked.commit;
        if commit.parents.len() > 1 {
            continue;
        }
        let changes = repository.changes(commit.id)?;
        for found in find_moved(&view, &repository, &mut territory, &commit, &changes)? {
            let is_better = |known: &(CommitId, MovedBy, f32)| {
                (found.by == MovedBy::Patch && known.1 != MovedBy::Patch)
                    || (found.by == known.1 && found.share > known.2)
            };
            if became.get(&found.commit).is_none_or(is_better) {
                became.insert(found.commit, (commit.id, found.by, found.share));
            }
        }
    }
    let mut moved = Vec::new();
    let mut rewritten: BTreeMap<CommitId, Rewritten> = BTreeMap::new();
    for (_, _, link) in &lost {
        let became = became.get(&link.commit);
        let to = match became {
            Some((id, _, _)) => {
                let commit = repository.commit(*id)?;
                if !rewritten.contains_key(id) {
                    let mark = marks_of(&repository, &[*id])?.pop().unwrap_or_default();
                    rewritten.insert(*id, Rewritten { id: id.to_string(), mark });
                }
                Some(detail_of(&repository, &commit))
            }
            None => None,
        };
        moved.push(MovedLink {
            session: link.session,
            from: link.commit.clone(),
            to,
            subject: link.mark.subject.clone(),
            by: became.map(|(_, by, _)| *by),
        });
    }
    if !dry_run {
        let now = (engine.options().now)();
        store.write(|tables| {
            for (number, _, link) in &lost {
                if let Some((id, _, _)) = became.get(&link.commit)
                    && let Some(to) = rewritten.get(id)
                {
                    relocate(tables, *number, &link.commit, to, now)?;
                }
            }
            Ok::<_, ApiError>(())
        })?;
    }
    Ok(moved)
}

/// A link with its session's number and start.
type LostLink = (SessionNumber, Timestamp, Link);

/// The links of the repository's sessions to commits that no branch leads to any more.
fn lost_links(
    view: &View<'_>,
    repository: &Repository,
    territory: &mut Territory<'_>,
) -> Result<Vec<LostLink>, ApiError> {
    let mut links = Vec::new();
    for session in view.all_sessions()? {
        let session_links = view.links(session.number)?;
        if session_links.is_empty() {
            continue;
        }
        let start = session.started.or(session.last_activity).unwrap_or_default();
        let is_here = territory.home(&session) != Home::Elsewhere;
        for link in session_links {
            // A person may link a session of anywhere.
            let is_known = commit_id(&link.commit).is_some_and(|id| repository.contains(id));
            if is_here || is_known {
                links.push((session.number, start, link));
            }
        }
    }
    let ids: Vec<CommitId> =
        links.iter().filter_map(|(_, _, link)| commit_id(&link.commit)).collect();
    let there = repository.reachable(&ids)?;
    links.retain(|(_, _, link)| commit_id(&link.commit).is_none_or(|id| !there.contains(&id)));
    Ok(links)
}
