//! One round: merge what was fetched, then seal what the remote does not have.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use uuid::Uuid;
use zeroize::Zeroizing;

use super::content::{Head, decode};
use super::error::{Fault, SyncError};
use super::git_store::{GitStore, commit_id};
use super::manifest::Manifest;
use super::seal::Place;
use super::secret::Keys;
use super::tree::{Directory, HEAD, MACHINES, SessionTree, StoreTree, TOMBSTONES, Trouble};
use crate::Engine;
use crate::api::{
    ApiError, Progress, SyncDone, SyncPlace, SyncRequest, SyncRound, SyncScope, SyncStatus,
};
use crate::git::{GitError, GlobalConfig, ObjectId, Repository};
use crate::model::{Machine, SessionId, Timestamp};
use crate::origin::{Home, Territory};
use crate::redact::Redactor;
use crate::store::{Place as Where, Store, StoreError, SyncedSession, SyncedStore, View};

/// Why a round could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoundError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("{0}")]
    Index(String),
    #[error("{0}")]
    Invalid(String),
}

impl From<RoundError> for ApiError {
    fn from(error: RoundError) -> Self {
        match error {
            RoundError::Sync(error) => Self::Sync(error),
            RoundError::Store(error) => error.into(),
            RoundError::Git(error) => error.into(),
            RoundError::Index(reason) => Self::Index(reason),
            RoundError::Invalid(reason) => Self::Invalid(reason),
        }
    }
}

/// A round, and what has been found out in it so far.
pub(crate) struct Round<'r> {
    pub(super) engine: &'r Engine,
    pub(super) store: &'r Store,
    pub(super) request: &'r SyncRequest,
    pub(super) config: &'r GlobalConfig,
    pub(super) repository: &'r Repository,
    /// As many as the manifest has.
    pub(super) keys: Keys,
    pub(super) redactor: Option<Redactor>,
    /// The number of the key that everything but pages must at least be sealed with.
    oldest_key: u32,
    /// What the remote has; if it lost all of it, what this machine gave it last.
    pub(super) remote: Option<StoreTree<'r>>,
    /// What this machine gave a remote last, if that is something else.
    pub(super) local: Option<StoreTree<'r>>,
    pub(super) is_lost: bool,
    /// The manifest that the store is to have.
    pub(super) manifest: Manifest,
    /// Whether the store's directories are hidden now.
    pub(super) hidden: bool,
    pub(super) now: Timestamp,
    pub(super) known: SyncedStore,
    pub(super) rows: HashMap<SessionId, SyncedSession>,
    pub(super) heads: HashMap<Directory, Read>,
    pub(super) forgotten: BTreeMap<SessionId, i64>,
    pub(super) remote_forgotten: BTreeMap<SessionId, i64>,
    pub(super) machines: BTreeMap<Uuid, Machine>,
    pub(super) remote_machines: BTreeMap<Uuid, Machine>,
    /// The repository that carries the store, as others know it; found out when it is needed.
    pub(super) own_place: Option<Where>,
    pub(super) answer: SyncRound,
}

/// What was found in a session's directory.
pub(super) enum Read {
    /// Its head, and its blobs.
    Head(Box<Head>, SessionTree),
    /// Older than what this machine has seen.
    Stale,
    /// It cannot be read; what is known here takes its place.
    Damaged,
    /// A newer release wrote it; it is left alone.
    Newer,
}

impl<'r> Round<'r> {
    /// Makes a round; the caller has the turn to write.
    pub(crate) fn run(
        engine: &'r Engine,
        request: &'r SyncRequest,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncRound, RoundError> {
        let config = GlobalConfig::read(&engine.options().git_config);
        let git = GitStore::of(Repository::discover(&request.place.repository, &config)?);
        let store = engine.store();
        let mut round = Round::begin(engine, &store, request, &config, &git)?;
        round.pull(progress)?;
        round.push(progress)?;
        Ok(round.answer)
    }

    fn begin<'a>(
        engine: &'a Engine,
        store: &'a Store,
        request: &'a SyncRequest,
        config: &'a GlobalConfig,
        git: &'a GitStore,
    ) -> Result<Round<'a>, RoundError> {
        let repository = git.repository();
        let given = &request.keys;
        let view = store.view()?;
        let known = view.synced_store(given.store())?.unwrap_or_default();
        let read = |commit: Option<String>| -> Result<Option<StoreTree<'a>>, SyncError> {
            let Some(commit) = commit else { return Ok(None) };
            let tree = StoreTree::read(repository, commit_id(&commit)?)?;
            tree.manifest.check(given)?;
            Ok(Some(tree))
        };
        let remote = read(git.fetched(&request.place.remote)?)?;
        let mut local = read(git.local()?).ok().flatten();
        if local.as_ref().map(|tree| tree.commit) == remote.as_ref().map(|tree| tree.commit) {
            local = None;
        }
        let seen = Manifest::parse(known.manifest.as_bytes()).ok();
        let seen = seen.filter(|seen| seen.check(given).is_ok());
        let there = remote.as_ref().or(local.as_ref()).map(|tree| &tree.manifest);
        let newest = [there, seen.as_ref(), request.manifest.as_ref()].into_iter().flatten();
        let newest = newest.max_by_key(|manifest| manifest.revision()).cloned();
        let manifest = newest.ok_or(SyncError::NoStore)?;
        let keys = given.first(manifest.key_count());
        let mut answer = SyncRound {
            expected: remote.as_ref().map(|tree| tree.commit.to_string()),
            ..SyncRound::default()
        };
        if let (Some(tree), Some(seen)) = (&remote, &seen)
            && tree.manifest.revision() < seen.revision()
        {
            answer.rolled_back = Some("an older `lore.json`".to_owned());
        }
        if let (Some(tree), Some(wanted)) = (&remote, &request.manifest)
            && tree.manifest != *wanted
            && tree.manifest.revision() >= wanted.revision()
        {
            // Somebody else changed the passphrase at the same moment: theirs holds.
            return Err(SyncError::Rekeyed.into());
        }
        let is_lost = remote.is_none() && local.is_some();
        if is_lost {
            answer.rolled_back = Some("the whole store".to_owned());
        }
        let oldest_key = match (&request.manifest, &remote) {
            // The key is being replaced in this round.
            (Some(_), Some(tree)) => tree.manifest.key_count(),
            _ => keys.newest(),
        };
        let hidden = there.is_some_and(Manifest::hides_metadata);
        let redactor = request.redact.as_ref().map(Redactor::new).transpose();
        let redactor = redactor.map_err(|error| RoundError::Invalid(error.to_string()))?;
        let machines = view.machines()?.into_iter().map(|machine| (machine.id.0, machine));
        let mut rows: HashMap<_, SyncedSession> =
            view.synced_sessions(given.store())?.into_iter().collect();
        if seen.is_some_and(|seen| seen.hides_metadata() != hidden) {
            // Pages open in the directory only that they were sealed for.
            rows.values_mut().for_each(|row| row.pages.clear());
        }
        Ok(Round {
            engine,
            store,
            request,
            config,
            repository,
            keys,
            redactor,
            oldest_key,
            remote: if is_lost { local.take() } else { remote },
            local,
            is_lost,
            manifest,
            hidden,
            now: (engine.options().now)(),
            rows,
            known,
            heads: HashMap::new(),
            forgotten: view.forgotten(given.store())?.into_iter().collect(),
            remote_forgotten: BTreeMap::new(),
            machines: machines.collect(),
            remote_machines: BTreeMap::new(),
            own_place: None,
            answer,
        })
    }

    pub(super) fn id(&self) -> Uuid {
        self.keys.store()
    }

    /// The directory that a session has in the store as it is.
    pub(super) fn directory(&self, id: SessionId) -> Directory {
        Directory::of(id, &self.keys, self.hidden)
    }

    /// Opens a blob of the remote's tree; tells the number of its key as well.
    pub(super) fn open(
        &self,
        tree: &StoreTree<'_>,
        place: &Place,
        blob: ObjectId,
        is_page: bool,
    ) -> Result<(u32, Zeroizing<Vec<u8>>), Trouble> {
        let oldest = if is_page { 1 } else { self.oldest_key };
        tree.open(&self.keys, place, blob, oldest)
    }

    /// Reads the head of a session.
    pub(super) fn read_head(
        &self,
        tree: &StoreTree<'_>,
        directory: Directory,
        id: ObjectId,
    ) -> Result<(Head, SessionTree), Trouble> {
        let session = tree.session(id)?;
        let blob = session.head.ok_or(Fault::Missing)?;
        let (_, content) = self.open(tree, &directory.place(HEAD), blob, false)?;
        let head: Head = decode(&content)?;
        if Directory::of(head.facts.id, &self.keys, self.hidden) != directory {
            return Err(Fault::Altered.into());
        }
        head.check(head.facts.id)?;
        Ok((head, session))
    }

    /// Reads the lists that a store has once.
    pub(super) fn read_lists(&mut self) {
        let Some(tree) = self.remote.take() else { return };
        let read = |round: &Self, name: &str, blob: Option<ObjectId>| {
            let blob = blob?;
            Some(round.open(&tree, &Place::of(name), blob, false))
        };
        match read(self, TOMBSTONES, tree.tombstones).map(|read| Ok(decode(&read?.1)?)) {
            None => {}
            Some(Ok(list)) => {
                let list: Vec<(SessionId, i64)> = list;
                self.remote_forgotten = list.into_iter().collect();
            }
            Some(Err::<_, Trouble>(trouble)) => self.problem(TOMBSTONES, &trouble),
        }
        match read(self, MACHINES, tree.machines).map(|read| Ok(decode(&read?.1)?)) {
            None => {}
            Some(Ok(list)) => {
                let list: Vec<Machine> = list;
                self.remote_machines =
                    list.into_iter().map(|machine| (machine.id.0, machine)).collect();
            }
            Some(Err::<_, Trouble>(trouble)) => self.problem(MACHINES, &trouble),
        }
        self.remote = Some(tree);
    }

    pub(super) fn problem(&mut self, place: &str, trouble: &Trouble) {
        self.answer.problems.push(format!("`{place}` of the store: {trouble}"));
    }
}

/// Which sessions a store is for, and where they lie.
pub(super) struct Scope<'s> {
    kind: SyncScope,
    territory: Territory<'s>,
    places: HashMap<String, Where>,
    excluded: HashSet<String>,
    /// The whole repository is kept out.
    none: bool,
}

impl<'s> Scope<'s> {
    pub(super) fn new(
        place: &SyncPlace,
        repository: &'s Repository,
        config: &'s GlobalConfig,
        view: &View<'_>,
    ) -> Result<Self, RoundError> {
        let excluded: HashSet<String> = view.excluded()?.into_iter().collect();
        let none =
            place.scope == SyncScope::Repository && excluded.contains(&exclusion_of(repository));
        Ok(Self {
            kind: place.scope,
            territory: Territory::new(repository, config, view)?,
            places: view.places()?.into_iter().collect(),
            excluded,
            none,
        })
    }

    /// The top of the repository that a session was held in, and what that is known by; `None` if the
    /// store is not for the session.
    pub(super) fn home(
        &mut self,
        session: &crate::model::Session,
    ) -> Option<Option<(std::path::PathBuf, Option<Where>)>> {
        if self.none || session.message_count == 0 || self.is_excluded(session) {
            return None;
        }
        match self.kind {
            SyncScope::Repository => match self.territory.home(session) {
                Home::Here { root, .. } => Some(Some((root, None))),
                _ => None,
            },
            SyncScope::Everything => {
                let place = session.directory.as_ref().and_then(|at| self.places.get(at));
                Some(place.map(|place| (place.root.clone().into(), Some(place.clone()))))
            }
        }
    }

    fn is_excluded(&self, session: &crate::model::Session) -> bool {
        let place = session.directory.as_ref().and_then(|at| self.places.get(at));
        self.excluded.contains(&format!("session {}", session.id))
            || place.is_some_and(|place| {
                let name = place.first_commit.as_ref().unwrap_or(&place.root);
                self.excluded.contains(&format!("repository {name}"))
            })
    }
}

/// By what a repository is kept out: its first commit, or its top if it has none.
pub(crate) fn exclusion_of(repository: &Repository) -> String {
    let first = repository.identity().ok().and_then(|identity| identity.first_commit);
    let name = first.map(|id| id.to_string());
    let name = name.unwrap_or_else(|| repository.root().to_string_lossy().into_owned());
    format!("repository {name}")
}

/// How it stands with a store.
pub(crate) fn status(
    engine: &Engine,
    place: &SyncPlace,
    store_id: Option<Uuid>,
) -> Result<SyncStatus, RoundError> {
    let config = GlobalConfig::read(&engine.options().git_config);
    let repository = Repository::discover(&place.repository, &config)?;
    let store = engine.store();
    let view = store.view()?;
    let mut scope = Scope::new(place, &repository, &config, &view)?;
    let mut answer = SyncStatus::default();
    let mut rows: HashMap<SessionId, SyncedSession> = HashMap::new();
    let mut forgotten = BTreeSet::new();
    if let Some(id) = store_id {
        rows = view.synced_sessions(id)?.into_iter().collect();
        forgotten = view.forgotten(id)?.into_iter().map(|(id, _)| id).collect();
        let mut runs = view.synced_store(id)?.unwrap_or_default().log;
        runs.reverse();
        answer.runs = runs;
    }
    let changes: HashMap<_, _> = view.changes()?.into_iter().collect();
    for session in view.all_sessions()? {
        let row = rows.get(&session.id);
        let change = changes.get(&session.number).copied().unwrap_or(0);
        let is_synced = row.is_some_and(|row| row.change == Some(change));
        answer.synced += u64::from(row.is_some());
        if !is_synced && !forgotten.contains(&session.id) && scope.home(&session).is_some() {
            answer.pending += 1;
        }
    }
    Ok(answer)
}

/// Notes that a synchronisation came to its end; the caller has the turn to write.
pub(crate) fn done(engine: &Engine, end: &SyncDone) -> Result<(), RoundError> {
    let config = GlobalConfig::read(&engine.options().git_config);
    let git = GitStore::of(Repository::discover(&end.place.repository, &config)?);
    git.agree(&end.place.remote, &end.commit)?;
    let store = engine.store();
    let mut known = store.view()?.synced_store(end.store)?.unwrap_or_default();
    known.merged = Some(end.commit.clone());
    end.notes.manifest.clone_into(&mut known.manifest);
    known.remember(end.run.clone());
    store.write(|tables| {
        for (id, session) in &end.notes.sessions {
            tables.put_synced_session(end.store, *id, session.as_ref())?;
        }
        tables.put_synced_store(end.store, &known)?;
        Ok(())
    })
}
