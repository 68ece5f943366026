//! Asks the engine: in this process, or in the one that holds the store.
//!
//! Whoever takes the store's lock to write serves the others over a socket ([`holder`]) as long as it
//! holds the lock. Readers share the lock. Whoever finds it taken asks at the socket ([`remote`]); if
//! nobody answers there either, the holder is about to come or to go, and both are tried again. So no
//! command fails because another one is running.

mod holder;
mod remote;
mod wire;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lore_engine::api::{
    ApiError, BlameAnswer, BlameRequest, CommitDetail, FileHistory, FileHistoryRequest,
    ImportReport, ImportRequest, LinkedCommit, MemoriesAnswer, MemoriesRequest, MovedLink, NewLink,
    Places, Progress, Proposals, ProposeRequest, Request, Response, ReviewAnswer, ReviewRequest,
    SearchAnswer, SearchRequest, SessionDetail, SessionFilter, Stats, Status, SyncDone,
    SyncExclusion, SyncPlace, SyncRequest, SyncRound, SyncStatus, Verification, WatchPlan,
    WatchRequest,
};
use lore_engine::model::{Annotation, Link, MachineId, Message, SessionId, Timestamp};
use lore_engine::plugin::Limits;
use lore_engine::{Engine, Layout, OpenError, Options, store};
use tempfile::TempDir;
use uuid::Uuid;

use crate::config::{Config, ConfigError};
use crate::home::Home;
use crate::installed;
use crate::socket;
use holder::Holder;
use remote::{Refusal, Remote};

/// How long to wait for a holder that neither answers nor goes away. Bringing an index up to the
/// store, before a holder can answer, takes about ten seconds a gigabyte.
const PATIENCE: Duration = Duration::from_secs(600);

/// The longest pause between two tries, where a command waits.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Asks the engine.
pub(crate) struct Client {
    home: Home,
    access: Access,
    patience: Duration,
    connection: Connection,
}

/// What the command is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Creates nothing: where there is no store, answers are those of an empty one.
    Read,
    /// Creates the store if there is none.
    Write,
}

enum Connection {
    Local {
        // Dropped in this order: hang up, close the store, remove the empty one.
        holder: Option<Holder>,
        engine: Arc<Engine>,
        _empty: Option<TempDir>,
    },
    Remote(Remote),
}

/// Why the engine cannot be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The settings cannot be read or written.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The archive cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The directory, or the socket in it, cannot be used.
    #[error("cannot use `{}`: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    /// The holder is of another version.
    #[error(
        "the store is held by a process of lore {theirs}{}, this is lore {}",
        if theirs == env!("CARGO_PKG_VERSION") { " of another build" } else { "" },
        env!("CARGO_PKG_VERSION")
    )]
    Version { theirs: String },
    /// The holder does not answer.
    #[error("another process holds the store `{}` and does not answer: stop it", .path.display())]
    Unanswered { path: PathBuf },
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// The engine's answer.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The holder went away, and none can be reached in its place.
    #[error(transparent)]
    Lost(#[from] ConnectError),
    /// The answer is not to what was asked.
    #[error("the process that holds the store answered something else")]
    Confused,
}

macro_rules! ask {
    ($self:ident, $request:expr, $progress:expr, $answer:pat => $value:expr) => {
        match $self.ask($request, $progress)? {
            $answer => Ok($value),
            _ => Err(ClientError::Confused),
        }
    };
}

impl Client {
    /// Opens the archive, or finds the process that holds it.
    pub(crate) fn connect(home: &Home, access: Access) -> Result<Client, ConnectError> {
        Self::connect_within(home, access, PATIENCE)
    }

    /// The same, but waits only so long for a holder that neither answers nor goes away.
    pub(crate) fn connect_within(
        home: &Home,
        access: Access,
        patience: Duration,
    ) -> Result<Client, ConnectError> {
        let connection = reach(home, access, patience)?;
        Ok(Client { home: home.clone(), access, patience, connection })
    }

    /// Opens the archive to hold it and to serve the others. While others hold it, waits as long as
    /// `goes_on` says yes; nothing if it says no.
    pub(crate) fn hold(
        home: &Home,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Client>, ConnectError> {
        home.create().map_err(|error| io_error(home.root(), error))?;
        let machine = Config::machine_id(home)?;
        let mut pause = Duration::from_millis(1);
        loop {
            let options = options(home, home.root(), machine)?;
            match Engine::open(options, store::Access::Write, &mut |_| ()) {
                Ok(engine) => {
                    let (access, patience) = (Access::Write, PATIENCE);
                    let connection = serve(home, engine)?;
                    return Ok(Some(Client { home: home.clone(), access, patience, connection }));
                }
                Err(error) if error.is_busy() => {}
                Err(error) => return Err(error.into()),
            }
            if !goes_on() {
                return Ok(None);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether another process is being answered.
    pub(crate) fn is_answering(&self) -> bool {
        match &self.connection {
            Connection::Local { holder: Some(holder), .. } => holder.is_answering(),
            _ => false,
        }
    }

    /// Works with the plugins that are installed now, if the engine is in this process; another one
    /// looks by itself.
    pub(crate) fn renew_plugins(&self) {
        if let Connection::Local { engine, .. } = &self.connection {
            engine.set_plugins(installed::components(&self.home));
        }
    }

    pub(crate) fn import(
        &mut self,
        request: ImportRequest,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ClientError> {
        ask!(self, Request::Import(request), progress, Response::Import(report) => report)
    }

    pub(crate) fn sessions(
        &mut self,
        filter: SessionFilter,
    ) -> Result<Vec<SessionDetail>, ClientError> {
        ask!(self, Request::Sessions(filter), &mut |_| (), Response::Sessions(list) => list)
    }

    /// The one session whose id begins with these digits.
    pub(crate) fn session(&mut self, prefix: &str) -> Result<SessionDetail, ClientError> {
        let request = Request::Session { prefix: prefix.to_owned() };
        ask!(self, request, &mut |_| (), Response::Session(session) => *session)
    }

    /// Some messages of a session, by their place in it; the engine may give fewer than `limit`.
    pub(crate) fn messages(
        &mut self,
        session: SessionId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Message>, ClientError> {
        let request = Request::Messages { session, from, limit };
        ask!(self, request, &mut |_| (), Response::Messages(messages) => messages)
    }

    pub(crate) fn search(&mut self, request: SearchRequest) -> Result<SearchAnswer, ClientError> {
        ask!(self, Request::Search(request), &mut |_| (), Response::Search(answer) => answer)
    }

    /// Puts a tag on a session or takes it off; returns whether something changed.
    pub(crate) fn tag(
        &mut self,
        session: SessionId,
        label: &str,
        present: bool,
    ) -> Result<bool, ClientError> {
        let request = Request::Tag { session, label: label.to_owned(), present };
        ask!(self, request, &mut |_| (), Response::Tag(changed) => changed)
    }

    /// The commit that a reference names in the repository around `place`.
    pub(crate) fn commit(
        &mut self,
        place: &Path,
        reference: &str,
    ) -> Result<CommitDetail, ClientError> {
        let request = Request::Commit { place: place.to_owned(), reference: reference.to_owned() };
        ask!(self, request, &mut |_| (), Response::Commit(commit) => commit)
    }

    /// The sessions that are linked to a commit.
    pub(crate) fn linked(
        &mut self,
        place: &Path,
        reference: &str,
    ) -> Result<LinkedCommit, ClientError> {
        let request = Request::Linked { place: place.to_owned(), reference: reference.to_owned() };
        ask!(self, request, &mut |_| (), Response::Linked(linked) => linked)
    }

    /// The sessions of a repository that are active, or were a moment ago.
    pub(crate) fn active(&mut self, place: &Path) -> Result<Vec<SessionDetail>, ClientError> {
        let request = Request::Active { place: place.to_owned() };
        ask!(self, request, &mut |_| (), Response::Active(sessions) => sessions)
    }

    /// What could be linked.
    pub(crate) fn propose(&mut self, request: ProposeRequest) -> Result<Proposals, ClientError> {
        let request = Request::Propose(request);
        ask!(self, request, &mut |_| (), Response::Propose(proposals) => proposals)
    }

    /// Links sessions to commits; returns of each whether it was not linked before.
    pub(crate) fn link(&mut self, links: Vec<NewLink>) -> Result<Vec<bool>, ClientError> {
        ask!(self, Request::Link(links), &mut |_| (), Response::Link(new) => new)
    }

    /// Removes a session's links to the commits whose ids begin so, or all; returns them.
    pub(crate) fn unlink(
        &mut self,
        session: SessionId,
        commit: Option<String>,
    ) -> Result<Vec<Link>, ClientError> {
        let request = Request::Unlink { session, commit };
        ask!(self, request, &mut |_| (), Response::Unlink(removed) => removed)
    }

    /// Finds the commits again that were rewritten.
    pub(crate) fn repair(
        &mut self,
        place: &Path,
        dry_run: bool,
    ) -> Result<Vec<MovedLink>, ClientError> {
        let request = Request::Repair { place: place.to_owned(), dry_run };
        ask!(self, request, &mut |_| (), Response::Repair(moved) => moved)
    }

    /// Moves the links of commits that git says it rewrote; returns how many.
    pub(crate) fn rewritten(
        &mut self,
        place: &Path,
        commits: Vec<(String, String)>,
    ) -> Result<u64, ClientError> {
        let request = Request::Rewritten { place: place.to_owned(), commits };
        ask!(self, request, &mut |_| (), Response::Rewritten(moved) => moved)
    }

    /// Who wrote the lines of a file.
    pub(crate) fn blame(&mut self, request: BlameRequest) -> Result<BlameAnswer, ClientError> {
        ask!(self, Request::Blame(request), &mut |_| (), Response::Blame(answer) => answer)
    }

    /// What sessions did to a file.
    pub(crate) fn file_history(
        &mut self,
        request: FileHistoryRequest,
    ) -> Result<FileHistory, ClientError> {
        let request = Request::FileHistory(request);
        ask!(self, request, &mut |_| (), Response::FileHistory(history) => history)
    }

    /// Which sessions made commits.
    pub(crate) fn review(&mut self, request: ReviewRequest) -> Result<ReviewAnswer, ClientError> {
        ask!(self, Request::Review(request), &mut |_| (), Response::Review(answer) => answer)
    }

    /// Gives a session a summary.
    pub(crate) fn summarize(
        &mut self,
        session: SessionId,
        content: &str,
    ) -> Result<(), ClientError> {
        let request = Request::Summarize { session, content: content.to_owned() };
        ask!(self, request, &mut |_| (), Response::Summarize => ())
    }

    /// Puts a note on a session; returns it.
    pub(crate) fn annotate(
        &mut self,
        session: SessionId,
        note: &str,
        author: Option<String>,
    ) -> Result<Annotation, ClientError> {
        let request = Request::Annotate { session, content: note.to_owned(), author };
        ask!(self, request, &mut |_| (), Response::Annotate(annotation) => annotation)
    }

    /// Takes a note off a session; returns whether it was there.
    pub(crate) fn unannotate(
        &mut self,
        session: SessionId,
        annotation: Uuid,
    ) -> Result<bool, ClientError> {
        let request = Request::Unannotate { session, annotation };
        ask!(self, request, &mut |_| (), Response::Unannotate(removed) => removed)
    }

    /// Deletes a session for good.
    pub(crate) fn delete(&mut self, session: SessionId) -> Result<(), ClientError> {
        ask!(self, Request::Delete { session }, &mut |_| (), Response::Delete => ())
    }

    /// What tools remember of a project.
    pub(crate) fn memories(
        &mut self,
        request: MemoriesRequest,
    ) -> Result<MemoriesAnswer, ClientError> {
        ask!(self, Request::Memories(request), &mut |_| (), Response::Memories(answer) => answer)
    }

    /// The directories to watch for changes.
    pub(crate) fn watch(&mut self, request: WatchRequest) -> Result<WatchPlan, ClientError> {
        ask!(self, Request::Watch(request), &mut |_| (), Response::Watch(plan) => plan)
    }

    /// Merges what was fetched, and seals what the remote does not have.
    pub(crate) fn sync(
        &mut self,
        request: SyncRequest,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<SyncRound, ClientError> {
        let request = Request::Sync(Box::new(request));
        ask!(self, request, progress, Response::Sync(round) => *round)
    }

    /// Notes that a synchronisation came to its end.
    pub(crate) fn sync_done(&mut self, end: SyncDone) -> Result<(), ClientError> {
        let request = Request::SyncDone(Box::new(end));
        ask!(self, request, &mut |_| (), Response::SyncDone => ())
    }

    /// How it stands with a store.
    pub(crate) fn sync_status(
        &mut self,
        place: SyncPlace,
        store: Option<Uuid>,
    ) -> Result<SyncStatus, ClientError> {
        let request = Request::SyncStatus { place, store };
        ask!(self, request, &mut |_| (), Response::SyncStatus(status) => status)
    }

    /// Lets a store forget a session from the next round on; returns whether it was not yet.
    pub(crate) fn sync_forget(
        &mut self,
        store: Uuid,
        session: SessionId,
    ) -> Result<bool, ClientError> {
        let request = Request::SyncForget { store, session };
        ask!(self, request, &mut |_| (), Response::SyncForget(new) => new)
    }

    /// Keeps something out of all stores, or lets it in again; returns whether that changed anything.
    pub(crate) fn sync_exclude(
        &mut self,
        what: SyncExclusion,
        excluded: bool,
    ) -> Result<bool, ClientError> {
        let request = Request::SyncExclude { what, excluded };
        ask!(self, request, &mut |_| (), Response::SyncExclude(changed) => changed)
    }

    pub(crate) fn status(&mut self, places: Places) -> Result<Status, ClientError> {
        ask!(self, Request::Status(places), &mut |_| (), Response::Status(status) => status)
    }

    pub(crate) fn stats(&mut self) -> Result<Stats, ClientError> {
        ask!(self, Request::Stats, &mut |_| (), Response::Stats(stats) => stats)
    }

    pub(crate) fn verify(&mut self) -> Result<Verification, ClientError> {
        ask!(self, Request::Verify, &mut |_| (), Response::Verify(verification) => verification)
    }

    /// Builds the index anew; returns its messages.
    pub(crate) fn reindex(
        &mut self,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<u64, ClientError> {
        ask!(self, Request::Reindex, progress, Response::Reindex(messages) => messages)
    }

    /// Gives unused space back; returns the store's bytes before and after.
    pub(crate) fn compact(&mut self) -> Result<(u64, u64), ClientError> {
        let request = Request::Compact;
        ask!(self, request, &mut |_| (), Response::Compact { before, after } => (before, after))
    }

    /// Asks; if the holder goes away meanwhile, asks again. Every request may be asked twice.
    fn ask(
        &mut self,
        request: Request,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Response, ClientError> {
        loop {
            match &mut self.connection {
                Connection::Local { engine, .. } => return Ok(engine.handle(request, progress)?),
                Connection::Remote(remote) => {
                    if let Ok(answer) = remote.ask(&request, progress) {
                        return Ok(answer?);
                    }
                    self.connection = reach(&self.home, self.access, self.patience)?;
                }
            }
        }
    }
}

fn reach(home: &Home, access: Access, patience: Duration) -> Result<Connection, ConnectError> {
    if access == Access::Read && !home.store_path().exists() {
        let empty = tempfile::tempdir().map_err(|error| io_error(&std::env::temp_dir(), error))?;
        let options = options(home, empty.path(), MachineId(uuid::Uuid::nil()))?;
        let engine = Arc::new(Engine::open(options, store::Access::Write, &mut |_| ())?);
        return Ok(Connection::Local { holder: None, engine, _empty: Some(empty) });
    }
    let (engine_access, machine) = match access {
        Access::Read => {
            // Reading makes no id. Without one, no session is another machine's.
            let machine = Config::load(home)?.stored_machine_id();
            (store::Access::Read, machine.unwrap_or(MachineId(uuid::Uuid::nil())))
        }
        Access::Write => {
            home.create().map_err(|error| io_error(home.root(), error))?;
            (store::Access::Write, Config::machine_id(home)?)
        }
    };
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match Engine::open(options(home, home.root(), machine)?, engine_access, &mut |_| ()) {
            Ok(engine) => return serve(home, engine),
            Err(error) if error.is_busy() => {}
            Err(error) => return Err(error.into()),
        }
        let socket = socket::path(home.root(), socket::STORE)
            .map_err(|error| io_error(home.root(), error))?;
        match Remote::connect(&socket, patience.saturating_sub(begun.elapsed())) {
            Ok(remote) => return Ok(Connection::Remote(remote)),
            Err(Refusal::Version(theirs)) => return Err(ConnectError::Version { theirs }),
            Err(Refusal::Gone) if begun.elapsed() > patience => {
                return Err(ConnectError::Unanswered { path: home.store_path() });
            }
            Err(Refusal::Gone) => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Who holds the store alone serves the others.
fn serve(home: &Home, engine: Engine) -> Result<Connection, ConnectError> {
    let engine = Arc::new(engine);
    let holder = match engine.access() {
        store::Access::Read => None,
        store::Access::Write => {
            let started = socket::path(home.root(), socket::STORE)
                .and_then(|socket| Holder::start(Arc::clone(&engine), home, &socket));
            Some(started.map_err(|error| io_error(home.root(), error))?)
        }
    };
    Ok(Connection::Local { holder, engine, _empty: None })
}

fn options(home: &Home, root: &Path, machine: MachineId) -> Result<Options, ConnectError> {
    Ok(Options {
        layout: Layout::new(root),
        machine,
        plugins: installed::components(home),
        limits: Limits::default(),
        now: || Timestamp::from(jiff::Timestamp::now()),
        workers: std::thread::available_parallelism().map_or(2, usize::from),
        git_config: home.git_config(),
        session_idle_minutes: Config::load(home)?.session_idle_minutes(),
    })
}

fn io_error(path: &Path, error: io::Error) -> ConnectError {
    ConnectError::Io { path: path.to_owned(), error }
}
