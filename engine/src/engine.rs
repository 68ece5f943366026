//! An open archive: store, index and plugins, behind one door.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::answer;
use crate::api::{ApiError, FailedPlugin, Progress, Request, Response};
use crate::index::{Index, IndexError};
use crate::indexing::{Indexing, IndexingError, Standing};
use crate::model::{Digest, MachineId, Timestamp};
use crate::plugin::{Limits, LoadError, Plugin, PluginHost, PluginInfo};
use crate::store::{Access, Store, StoreError};

/// Where an archive lies. All of it is private to its user.
///
/// ```text
/// <root>/lore.db        the store
/// <root>/index-v<N>/    the index, derived
/// <root>/cache/         compiled plugins, derived
/// <root>/scratch/       decompressed sources, gone after each import
/// ```
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// An archive in this directory, which must exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The store's file.
    pub fn store(&self) -> PathBuf {
        self.root.join("lore.db")
    }

    fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }
}

/// A plugin's component.
#[derive(Clone, Debug)]
pub struct Component {
    /// The tool that it is kept under. One that describes itself as another tool's is passed over.
    pub name: String,
    /// The component.
    pub bytes: Cow<'static, [u8]>,
    /// Its digest and what it says that it is, where that is known without looking at it.
    pub known: Option<(Digest, PluginInfo)>,
    /// Ships with the program.
    pub built_in: bool,
}

impl Component {
    /// Whether the other one is the same, without a look at bytes whose digest is known: those of the
    /// built-in ones would come into memory.
    fn is(&self, other: &Self) -> bool {
        let is_same = match (&self.known, &other.known) {
            (Some((digest, _)), Some((other, _))) => digest == other,
            _ => self.bytes == other.bytes,
        };
        is_same && (&self.name, self.built_in) == (&other.name, other.built_in)
    }
}

/// What an engine works with; nothing of it is looked up by the engine.
pub struct Options {
    /// Where the archive lies.
    pub layout: Layout,
    /// This machine.
    pub machine: MachineId,
    /// The plugins, in the order in which they are tried on a file of unknown origin. Of several for
    /// the same tool, the first that can be used is.
    pub plugins: Vec<Component>,
    /// Bounds of what a plugin may use.
    pub limits: Limits,
    /// Tells the time.
    pub now: fn() -> Timestamp,
    /// Threads that parse.
    pub workers: usize,
    /// The person's git configuration files, those that count more last.
    pub git_config: Vec<PathBuf>,
    /// Minutes without a new message after which a session is taken to be over.
    pub session_idle_minutes: u64,
}

/// Why an archive could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index could not be built anew.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl OpenError {
    /// Another process holds the archive; it may be asked, or waited for.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Store(StoreError::Busy { .. }) | Self::Index(IndexError::Busy { .. }))
    }
}

/// An open archive. Any number of threads may ask it at once; what writes waits for its turn.
pub struct Engine {
    options: Options,
    store: RwLock<Store>,
    index: RwLock<Index>,
    host: PluginHost,
    plugins: Mutex<Plugins>,
    writing: Mutex<()>,
}

/// The components, and the plugins made of them once they are needed.
struct Plugins {
    components: Vec<Component>,
    loaded: Option<Arc<Loaded>>,
}

/// The plugins that could be loaded, and why the others could not.
pub(crate) struct Loaded {
    pub(crate) plugins: Vec<LoadedPlugin>,
    failures: Vec<LoadFailure>,
}

/// A plugin, and where it comes from.
pub(crate) struct LoadedPlugin {
    pub(crate) plugin: Plugin,
    pub(crate) built_in: bool,
}

/// A component that is passed over.
struct LoadFailure {
    name: String,
    built_in: bool,
    error: LoadError,
}

impl Engine {
    /// Opens the archive. For reading it stays open to other readers, unless the store has to be
    /// mended or the index to be brought up to it; then this process is alone with it until the
    /// engine is dropped. `progress` hears of an index that is built anew.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::is_busy`] if another process holds the archive.
    pub fn open(
        mut options: Options,
        access: Access,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, OpenError> {
        let (store, index) = match open_parts(&options.layout, access, progress) {
            Ok(Some(parts)) => parts,
            Ok(None) => match open_parts(&options.layout, Access::Write, progress)? {
                Some(parts) => parts,
                None => unreachable!("a writer mends what it finds"),
            },
            Err(error) => return Err(error),
        };
        let host = PluginHost::new(Some(&options.layout.cache()), options.limits);
        let components = std::mem::take(&mut options.plugins);
        Ok(Self {
            options,
            store: RwLock::new(store),
            index: RwLock::new(index),
            host,
            plugins: Mutex::new(Plugins { components, loaded: None }),
            writing: Mutex::new(()),
        })
    }

    /// What the archive was opened for.
    pub fn access(&self) -> Access {
        self.store().access()
    }

    /// Works with these plugins from the next request on, in the place of those of its options.
    pub fn set_plugins(&self, components: Vec<Component>) {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        let old = &plugins.components;
        if old.len() != components.len() || !old.iter().zip(&components).all(|(a, b)| a.is(b)) {
            *plugins = Plugins { components, loaded: None };
        }
    }

    /// Answers a request. Whatever goes wrong inside, the engine stays usable.
    ///
    /// # Errors
    /// [`ApiError`].
    pub fn handle(
        &self,
        request: Request,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Response, ApiError> {
        let answer = catch_unwind(AssertUnwindSafe(|| match request {
            Request::Import(request) => {
                answer::import(self, &request, progress).map(Response::Import)
            }
            Request::Sessions(filter) => answer::sessions(self, &filter).map(Response::Sessions),
            Request::Session { prefix } => {
                answer::session(self, &prefix).map(|session| Response::Session(Box::new(session)))
            }
            Request::Messages { session, from, limit } => {
                answer::messages(self, session, from, limit).map(Response::Messages)
            }
            Request::Search(request) => answer::search(self, &request).map(Response::Search),
            Request::Tag { session, label, present } => {
                answer::tag(self, session, &label, present).map(Response::Tag)
            }
            Request::Commit { place, reference } => {
                answer::commit(self, &place, &reference).map(Response::Commit)
            }
            Request::Linked { place, reference } => {
                answer::linked(self, &place, &reference).map(Response::Linked)
            }
            Request::Active { place } => answer::active(self, &place).map(Response::Active),
            Request::Propose(request) => answer::propose(self, &request).map(Response::Propose),
            Request::Link(links) => answer::link(self, &links).map(Response::Link),
            Request::Unlink { session, commit } => {
                answer::unlink(self, session, commit.as_deref()).map(Response::Unlink)
            }
            Request::Repair { place, dry_run } => {
                answer::repair(self, &place, dry_run).map(Response::Repair)
            }
            Request::Rewritten { place, commits } => {
                answer::rewritten(self, &place, &commits).map(Response::Rewritten)
            }
            Request::Blame(request) => answer::blame(self, &request).map(Response::Blame),
            Request::FileHistory(request) => {
                answer::file_history(self, &request).map(Response::FileHistory)
            }
            Request::Review(request) => answer::review(self, &request).map(Response::Review),
            Request::Summarize { session, content } => {
                answer::summarize(self, session, &content).map(|()| Response::Summarize)
            }
            Request::Annotate { session, content, author } => {
                answer::annotate(self, session, &content, author).map(Response::Annotate)
            }
            Request::Unannotate { session, annotation } => {
                answer::unannotate(self, session, annotation).map(Response::Unannotate)
            }
            Request::Delete { session } => answer::delete(self, session).map(|()| Response::Delete),
            Request::Memories(request) => answer::memories(self, &request).map(Response::Memories),
            Request::Watch(request) => answer::watch(self, &request).map(Response::Watch),
            Request::Sync(request) => {
                answer::sync(self, &request, progress).map(|round| Response::Sync(Box::new(round)))
            }
            Request::SyncDone(end) => answer::sync_done(self, &end).map(|()| Response::SyncDone),
            Request::SyncStatus { place, store } => {
                answer::sync_status(self, &place, store).map(Response::SyncStatus)
            }
            Request::SyncForget { store, session } => {
                answer::sync_forget(self, store, session).map(Response::SyncForget)
            }
            Request::SyncExclude { what, excluded } => {
                answer::sync_exclude(self, &what, excluded).map(Response::SyncExclude)
            }
            Request::Status(places) => answer::status(self, &places).map(Response::Status),
            Request::Stats => answer::stats(self).map(Response::Stats),
            Request::Verify => answer::verify(self).map(Response::Verify),
            Request::Reindex => self.reindex(progress).map(Response::Reindex),
            Request::Compact => {
                let (before, after) = self.compact()?;
                Ok(Response::Compact { before, after })
            }
        }));
        answer.unwrap_or_else(|panic| Err(ApiError::Internal(panic_text(&*panic))))
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn to write.
    pub(crate) fn write_turn(&self) -> MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The plugins, loaded when they are needed first.
    pub(crate) fn plugins(&self) -> Arc<Loaded> {
        let mut plugins = self.plugins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &plugins.loaded {
            return Arc::clone(loaded);
        }
        let loaded = Arc::new(Loaded::new(&self.host, &plugins.components));
        plugins.loaded = Some(Arc::clone(&loaded));
        loaded
    }

    fn reindex(&self, progress: &mut dyn FnMut(Progress)) -> Result<u64, ApiError> {
        let _turn = self.write_turn();
        self.rebuild_index(progress)
    }

    fn rebuild_index(&self, progress: &mut dyn FnMut(Progress)) -> Result<u64, ApiError> {
        let store = self.store();
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        *index = Index::create(self.options.layout.root())?;
        Ok(Indexing::new(&index).rebuild(&store, progress)?)
    }

    /// Brings the index up with the store, where an import or a rebuild did not come to its end.
    /// The caller has the turn to write.
    pub(crate) fn mend_index(&self, progress: &mut dyn FnMut(Progress)) -> Result<(), ApiError> {
        let standing = Standing::of(&self.index(), &self.store())?;
        match standing {
            Standing::Current => Ok(()),
            Standing::Behind => Ok(Indexing::new(&self.index()).catch_up(&self.store())?),
            Standing::Foreign => self.rebuild_index(progress).map(|_| ()),
        }
    }

    fn compact(&self) -> Result<(u64, u64), ApiError> {
        let _turn = self.write_turn();
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let size = |store: &Store| std::fs::metadata(store.path()).map_or(0, |file| file.len());
        let before = size(&store);
        store.compact()?;
        Ok((before, size(&store)))
    }

    /// Proves the checksums of the store's file.
    pub(crate) fn check_store(&self) -> Result<(), StoreError> {
        self.store.write().unwrap_or_else(PoisonError::into_inner).check_integrity()
    }
}

impl Loaded {
    /// The components that are passed over.
    pub(crate) fn failed(&self) -> Vec<FailedPlugin> {
        let failed = |LoadFailure { name, built_in, error }: &LoadFailure| FailedPlugin {
            tool: name.clone(),
            built_in: *built_in,
            reason: error.to_string(),
        };
        self.failures.iter().map(failed).collect()
    }

    /// The plugin of one tool, else those of the enabled ones, else all.
    pub(crate) fn wanted(&self, tool: Option<&str>, enabled: Option<&[String]>) -> Vec<Plugin> {
        let is_wanted = |plugin: &&Plugin| {
            let name = &plugin.info().tool;
            match (tool, enabled) {
                (Some(wanted), _) => wanted == name,
                (None, Some(enabled)) => enabled.contains(name),
                (None, None) => true,
            }
        };
        self.plugins.iter().map(|loaded| &loaded.plugin).filter(is_wanted).cloned().collect()
    }

    fn new(host: &PluginHost, components: &[Component]) -> Self {
        let mut loaded = Self { plugins: Vec::new(), failures: Vec::new() };
        for Component { name, bytes, known, built_in } in components {
            let is_taken = |other: &LoadedPlugin| other.plugin.info().tool == *name;
            if loaded.plugins.iter().any(is_taken) {
                continue;
            }
            let plugin = match known {
                Some((digest, info)) => host.load_known(bytes.clone(), *digest, info.clone()),
                None => host.load(bytes.clone()),
            };
            let plugin = plugin.and_then(|plugin| match &plugin.info().tool {
                tool if tool == name => Ok(plugin),
                tool => Err(LoadError::OtherTool { found: tool.clone(), expected: name.clone() }),
            });
            match plugin {
                Ok(plugin) => loaded.plugins.push(LoadedPlugin { plugin, built_in: *built_in }),
                Err(error) => {
                    let (name, built_in) = (name.clone(), *built_in);
                    loaded.failures.push(LoadFailure { name, built_in, error });
                }
            }
        }
        loaded
    }
}

/// Opens store and index; nothing if only a writer can bring them to agree.
fn open_parts(
    layout: &Layout,
    access: Access,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<(Store, Index)>, OpenError> {
    let store = match Store::open(&layout.store(), access) {
        Err(StoreError::Missing { .. } | StoreError::NotClosed { .. }) => return Ok(None),
        store => store?,
    };
    let index = match Index::open(layout.root()) {
        Ok(index) => Some((Standing::of(&index, &store)?, index)),
        Err(IndexError::Missing { .. } | IndexError::Damaged { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    match index {
        Some((Standing::Current, index)) => Ok(Some((store, index))),
        _ if access == Access::Read => Ok(None),
        Some((Standing::Behind, index)) => {
            Indexing::new(&index).catch_up(&store)?;
            Ok(Some((store, index)))
        }
        Some((Standing::Foreign, _)) | None => {
            let index = Index::create(layout.root())?;
            Indexing::new(&index).rebuild(&store, progress)?;
            Ok(Some((store, index)))
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panicked".into())
}

impl From<IndexingError> for OpenError {
    fn from(error: IndexingError) -> Self {
        match error {
            IndexingError::Store(error) => Self::Store(error),
            IndexingError::Index(error) => Self::Index(error),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<IndexError> for ApiError {
    fn from(error: IndexError) -> Self {
        Self::Index(error.to_string())
    }
}

impl From<IndexingError> for ApiError {
    fn from(error: IndexingError) -> Self {
        match error {
            IndexingError::Store(error) => error.into(),
            IndexingError::Index(error) => error.into(),
        }
    }
}
