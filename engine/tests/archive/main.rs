//! The engine through its door, with the plugins that ship: what holds whatever is imported in
//! whatever order, the stories of bugs that were found, and the store under the hand of others.

mod hanging;
mod laws;
mod sources;
mod store;
mod stories;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use lore_engine::api::{
    ApiError, Changed, ImportReport, ImportRequest, Places, Progress, Request, Response,
    SearchAnswer, SearchRequest, Verification, WatchRequest,
};
use lore_engine::model::{MachineId, Message, Session, SessionNumber, Timestamp};
use lore_engine::plugin::{Limits, Outcome, PluginHost};
use lore_engine::store::{Access, Store};
use lore_engine::{Component, Engine, Layout, OpenError, Options};
use tempfile::TempDir;

/// The components that ship.
static COMPONENTS: LazyLock<Vec<Component>> = LazyLock::new(|| {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    let dist = std::env::var_os("LORE_DIST").map_or(beside, PathBuf::from);
    let component = |name: &str| {
        let bytes = fs::read(dist.join(format!("{name}.wasm"))).unwrap();
        Component { name: name.to_owned(), bytes: Cow::Owned(bytes), known: None, built_in: true }
    };
    ["claude-code", "codex"].map(component).into()
});

/// The components, compiled once for all archives.
static COMPILED: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let host = PluginHost::new(Some(directory.path()), Limits::default());
    for component in COMPONENTS.iter() {
        host.load(component.bytes.clone()).unwrap();
    }
    directory
});

/// A person's home with an archive in it.
struct Archive {
    directory: TempDir,
    engine: Option<Engine>,
    /// Seconds; every file that is written is a second younger than the one before.
    clock: AtomicU64,
}

/// What an archive holds, without what depends on the order in which it came: numbers.
#[derive(Debug, PartialEq)]
struct Dump {
    sessions: BTreeMap<String, (Session, Vec<Message>, Vec<String>)>,
    sources: BTreeMap<PathBuf, Read>,
}

/// How far a source was read, and what became of its records.
#[derive(Debug, PartialEq)]
struct Read {
    tool: String,
    position: u64,
    records: BTreeMap<(String, Outcome), u64>,
    problems: Vec<(u64, String)>,
    failure: Option<String>,
}

impl Archive {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cache = directory.path().join("lore/cache");
        fs::create_dir_all(&cache).unwrap();
        for entry in fs::read_dir(COMPILED.path()).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), cache.join(entry.file_name())).unwrap();
        }
        fs::create_dir(directory.path().join("home")).unwrap();
        Self { directory, engine: None, clock: AtomicU64::new(0) }
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("home").canonicalize().unwrap()
    }

    fn layout(&self) -> Layout {
        Layout::new(self.directory.path().join("lore"))
    }

    /// Writes a file of the tools, younger than all before.
    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        let seconds = self.clock.fetch_add(1, Ordering::Relaxed);
        let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(1_770_000_000 + seconds);
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.home().join(path)).unwrap();
    }

    fn open(&self, access: Access) -> Result<Engine, OpenError> {
        let options = Options {
            layout: self.layout(),
            machine: MachineId(uuid::Uuid::from_u128(7)),
            plugins: COMPONENTS.clone(),
            limits: Limits::default(),
            now: || Timestamp(1_772_500_000_000),
            workers: 2,
            git_config: Vec::new(),
            session_idle_minutes: 30,
        };
        Engine::open(options, access, &mut |_| {})
    }

    /// The engine, opened when it is needed first.
    fn engine(&mut self) -> &Engine {
        let engine = self.engine.take().unwrap_or_else(|| self.open(Access::Write).unwrap());
        self.engine.insert(engine)
    }

    fn request(&self) -> ImportRequest {
        let places =
            Places { home: Some(self.home()), os: "linux".to_owned(), ..Places::default() };
        ImportRequest { places, ..ImportRequest::default() }
    }

    fn import(&mut self) -> ImportReport {
        self.import_as(|_| {})
    }

    fn import_as(&mut self, change: impl FnOnce(&mut ImportRequest)) -> ImportReport {
        let mut request = self.request();
        change(&mut request);
        self.try_import(request, &mut |_| {}).unwrap()
    }

    /// Imports what these files' changes concern, as a watcher does that told the engine of them.
    fn follow(&mut self, paths: &[&str]) -> ImportReport {
        let places = self.request().places;
        let request = Request::Watch(WatchRequest { places, enabled: None });
        let watched = match self.engine().handle(request, &mut |_| {}) {
            Ok(Response::Watch(plan)) => plan.watched,
            other => panic!("{other:?}"),
        };
        let paths = paths.iter().map(|path| self.home().join(path)).collect();
        self.import_as(|request| request.changed = Some(Changed { paths, watched }))
    }

    fn try_import(
        &mut self,
        request: ImportRequest,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ApiError> {
        match self.engine().handle(Request::Import(request), progress)? {
            Response::Import(report) => Ok(report),
            other => panic!("{other:?}"),
        }
    }

    fn search(&mut self, query: &str) -> SearchAnswer {
        let query = query.to_owned();
        let request = SearchRequest { query, limit: 10_000, ..SearchRequest::default() };
        match self.engine().handle(Request::Search(request), &mut |_| {}) {
            Ok(Response::Search(answer)) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Sessions and places of the messages that a search finds.
    fn found(&mut self, query: &str) -> BTreeSet<(String, u32)> {
        let sessions = self.search(query).sessions;
        let places = sessions.iter().flat_map(|found| {
            let id = found.session.id.to_string();
            found.matches.iter().map(move |message| (id.clone(), message.index))
        });
        places.collect()
    }

    fn verify(&mut self) -> Verification {
        match self.engine().handle(Request::Verify, &mut |_| {}) {
            Ok(Response::Verify(verification)) => verification,
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn assert_sound(&mut self) {
        assert_eq!(self.verify().findings, []);
    }

    /// What it holds. The engine is closed for it, so that only what lasts is seen.
    fn dump(&mut self) -> Dump {
        self.engine = None;
        let home = self.home();
        let store = Store::open(&self.layout().store(), Access::Read).unwrap();
        let view = store.view().unwrap();
        let mut dump = Dump { sessions: BTreeMap::new(), sources: BTreeMap::new() };
        for mut session in view.all_sessions().unwrap() {
            let number = std::mem::replace(&mut session.number, SessionNumber(0));
            session.sources.clear();
            let messages = view.messages(number, 0, u32::MAX).unwrap();
            let tags = view.tags(number).unwrap();
            dump.sessions.insert(session.id.to_string(), (session, messages, tags));
        }
        for source in view.sources().unwrap() {
            let path = source.path().strip_prefix(&home).unwrap().to_owned();
            let read = Read {
                tool: source.tool,
                position: source.position,
                records: source.records,
                problems: source.problems,
                failure: source.failure,
            };
            dump.sources.insert(path, read);
        }
        dump
    }
}

impl Dump {
    fn messages(&self) -> impl Iterator<Item = &Message> {
        self.sessions.values().flat_map(|(_, messages, _)| messages)
    }

    /// What is said, sorted.
    fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.messages().map(Message::text).collect();
        texts.retain(|text| !text.is_empty());
        texts.sort();
        texts
    }
}
