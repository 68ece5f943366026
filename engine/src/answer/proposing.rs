//! What could be linked.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::foreign::is_foreign;
use super::repository::{detail_of, global_config, resolve, tracer};
use super::sessions::is_active;
use crate::Engine;
use crate::api::{ApiError, Proposal, Proposals, ProposeRequest, Scanned};
use crate::git::{GlobalConfig, Repository};
use crate::link::Proposing;
use crate::model::{Session, SessionId};
use crate::store::{StoreError, View};

/// How long before a commit a session may have begun that is looked at because of its time alone, in
/// milliseconds: ninety days.
const LONGEST_SESSION: i64 = 90 * 86_400_000;

pub(crate) fn propose(engine: &Engine, request: &ProposeRequest) -> Result<Proposals, ApiError> {
    match request {
        ProposeRequest::Commit { place, reference } => for_commit(engine, place, reference),
        ProposeRequest::Backfill { place, threshold } => {
            backfill(engine, place.as_deref(), None, *threshold)
        }
        ProposeRequest::Ended { sessions, threshold } => {
            backfill(engine, None, Some(sessions), *threshold)
        }
    }
}

fn for_commit(engine: &Engine, place: &Path, reference: &str) -> Result<Proposals, ApiError> {
    let config = global_config(engine);
    let repository = Repository::discover(place, &config)?;
    let id = resolve(&repository, reference)?;
    let commit = repository.commit(id)?;
    let changes = repository.changes(id)?;
    let store = engine.store();
    let (view, index) = (store.view()?, engine.index());
    let mut around = Vec::new();
    view.newest_sessions(|session| {
        let start = session.started.or(session.last_activity);
        let is_recent = start.is_none_or(|start| start.0 > commit.committed.0 - LONGEST_SESSION);
        if !is_foreign(engine, &session) {
            around.push(Rc::new(session));
        }
        is_recent
    })?;
    let branches = repository.branches_containing(id)?;
    let mut proposing = Proposing::new(&repository, tracer(&repository, &config, &view, &index)?);
    let candidates = proposing.candidates(&commit, &branches, &changes, &around)?;
    let commit = detail_of(&repository, &commit);
    let proposals = candidates.into_iter().map(|candidate| Proposal {
        session: candidate.session.id,
        commit: commit.clone(),
        confidence: candidate.confidence,
        evidence: candidate.evidence,
    });
    let proposals = proposals.collect();
    let files = changes.files.len() as u32;
    Ok(Proposals { commit: Some(commit), files, proposals, scanned: Scanned::default() })
}

/// The commits of all sessions that have ended, or of those of them that are `wanted`.
fn backfill(
    engine: &Engine,
    place: Option<&Path>,
    wanted: Option<&[SessionId]>,
    threshold: f32,
) -> Result<Proposals, ApiError> {
    let config = global_config(engine);
    let store = engine.store();
    let (view, index) = (store.view()?, engine.index());
    let mut scanned = Scanned::default();
    let mut ended = Vec::new();
    for session in sessions_of(&view, wanted)? {
        if session.message_count > 0 && !is_active(engine, &session) {
            scanned.ended += 1;
            ended.push(Rc::new(session));
        }
    }
    let mut repositories = Repositories::new(&config, &view)?;
    let mut by_repository: BTreeMap<PathBuf, Vec<Rc<Session>>> = BTreeMap::new();
    let mut homeless = Vec::new();
    for session in &ended {
        match repositories.of(session) {
            Lies::Nowhere => homeless.push(Rc::clone(session)),
            Lies::OutsideGit => scanned.existing += 1,
            Lies::In(common_dir) => {
                scanned.existing += 1;
                scanned.in_repositories += 1;
                by_repository.entry(common_dir).or_default().push(Rc::clone(session));
            }
        }
    }
    // Sessions of a clone that was moved before they were read may be of the repository at hand.
    let here = place.and_then(|place| Repository::discover(place, &config).ok());
    if let Some(here) = here {
        let common_dir = here.common_dir().to_owned();
        by_repository.entry(common_dir.clone()).or_default().extend(homeless);
        repositories.found.entry(common_dir).or_insert(here);
    }
    let mut proposals = Vec::new();
    for (common_dir, sessions) in by_repository {
        let Some(repository) = repositories.found.get(&common_dir) else { continue };
        let start = |session: &Rc<Session>| session.started.or(session.last_activity);
        let Some(since) = sessions.iter().filter_map(start).min() else { continue };
        // What was done elsewhere at the same time says nothing; what it wrote does.
        let is_own = |session: &&Rc<Session>| !is_foreign(engine, session);
        let around: Vec<Rc<Session>> = sessions.iter().filter(is_own).map(Rc::clone).collect();
        let mut proposing = Proposing::new(repository, tracer(repository, &config, &view, &index)?);
        // A repository that cannot be read is passed over; the rest is done.
        let Ok(commits) = repository.commits_since(since) else { continue };
        for walked in commits.iter().filter(|walked| walked.commit.parents.len() < 2) {
            let commit = &walked.commit;
            let Ok(changes) = repository.changes(commit.id) else { continue };
            let candidates = proposing.candidates(commit, &walked.branches, &changes, &around)?;
            let id = commit.id.to_string();
            for candidate in candidates {
                let session = &candidate.session;
                if candidate.confidence >= threshold
                    && wanted.is_none_or(|wanted| wanted.contains(&session.id))
                    && !is_active(engine, session)
                    && view.link(session.number, &id)?.is_none()
                {
                    proposals.push((
                        session.started,
                        Proposal {
                            session: session.id,
                            commit: detail_of(repository, commit),
                            confidence: candidate.confidence,
                            evidence: candidate.evidence,
                        },
                    ));
                }
            }
        }
    }
    // Stable: of a session, the newest commit stays first.
    proposals.sort_by_key(|(started, _)| std::cmp::Reverse(*started));
    let proposals = proposals.into_iter().map(|(_, proposal)| proposal).collect();
    Ok(Proposals { commit: None, files: 0, proposals, scanned })
}

/// All sessions, or those that are wanted.
fn sessions_of(view: &View<'_>, wanted: Option<&[SessionId]>) -> Result<Vec<Session>, StoreError> {
    let Some(wanted) = wanted else { return view.all_sessions() };
    let numbers = wanted.iter().map(|&id| view.session_number(id));
    let numbers = numbers.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
    numbers.into_iter().filter_map(|number| view.session(number).transpose()).collect()
}

/// Where a session's directory lies.
#[derive(Clone)]
enum Lies {
    /// It is gone, and nobody knows where its repository is now.
    Nowhere,
    OutsideGit,
    /// In the repository with this common directory.
    In(PathBuf),
}

/// The repositories that sessions lie in, each found once.
struct Repositories<'c> {
    config: &'c GlobalConfig,
    places: HashMap<String, crate::store::Place>,
    known: HashMap<String, Lies>,
    found: BTreeMap<PathBuf, Repository>,
}

impl<'c> Repositories<'c> {
    fn new(config: &'c GlobalConfig, view: &View<'_>) -> Result<Self, ApiError> {
        let places = view.places()?.into_iter().collect();
        Ok(Self { config, places, known: HashMap::new(), found: BTreeMap::new() })
    }

    fn of(&mut self, session: &Session) -> Lies {
        let Some(directory) = session.directory.as_deref() else { return Lies::Nowhere };
        if let Some(lies) = self.known.get(directory) {
            return lies.clone();
        }
        let exists = Path::new(directory).is_dir();
        // The directory may be gone, a worktree or a folder in it, and its repository not.
        let root = self.places.get(directory).map(|place| PathBuf::from(&place.root));
        let place = if exists { Some(PathBuf::from(directory)) } else { root };
        let repository = place.and_then(|place| Repository::discover(&place, self.config).ok());
        let lies = match repository {
            Some(repository) => {
                let common_dir = repository.common_dir().to_owned();
                self.found.entry(common_dir.clone()).or_insert(repository);
                Lies::In(common_dir)
            }
            None if exists => Lies::OutsideGit,
            None => Lies::Nowhere,
        };
        self.known.insert(directory.to_owned(), lies.clone());
        lies
    }
}
