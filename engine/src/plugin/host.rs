//! Loads plugins and keeps the sandbox that they run in.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use wasmtime::component::Component;
use wasmtime::{Config, Engine, OptLevel, Store, Trap};

use super::cache::Cache;
use super::grant::Grant;
use super::record::PluginInfo;
use super::source::{Folder, SourceFile};
use super::ticker::Ticker;
use super::{Exceeded, Limits, LoadError, Place, ReadError, Reading, checks, inspect, v0_1};
use crate::model::Digest;

/// Loads plugins.
///
/// It costs nothing until the first one is loaded. Share it as it is: all of it works through `&self`.
pub struct PluginHost {
    cache: Option<Cache>,
    limits: Limits,
    sandbox: OnceLock<Result<Arc<Sandbox>, String>>,
}

/// A plugin, ready to read any number of sources, several at a time.
///
/// What it is was learnt when it was loaded for the first time; its code is loaded when it is to
/// read something.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

struct Loaded {
    component: Cow<'static, [u8]>,
    digest: Digest,
    info: PluginInfo,
    sandbox: Arc<Sandbox>,
    cache: Option<Cache>,
    prepared: OnceLock<Result<v0_1::Prepared, String>>,
}

impl PluginHost {
    /// A host that keeps compiled code in the directory `cache`, which it makes private to the user,
    /// or nowhere.
    pub fn new(cache: Option<&Path>, limits: Limits) -> Self {
        Self { cache: cache.map(Cache::new), limits, sandbox: OnceLock::new() }
    }

    /// Makes a plugin of the bytes of a component, compiling it unless that was done before.
    ///
    /// # Errors
    /// If it is no plugin of a known contract, or does not say what it is.
    pub fn load(&self, component: impl Into<Cow<'static, [u8]>>) -> Result<Plugin, LoadError> {
        let (sandbox, component) = (self.sandbox()?, component.into());
        let digest = Digest::of(&component);
        if let Some(info) = self.cache.as_ref().and_then(|cache| cache.info(digest)) {
            return self.load_known(component, digest, info);
        }
        inspect(&component)?.check()?;
        let prepared = sandbox.prepare(&component, digest, self.cache.as_ref())?;
        let info = sandbox
            .run(&mut sandbox.store(None), |store| prepared.describe(store))
            .map_err(|fault| LoadError::Failed(fault.to_string()))?;
        checks::description(&info).map_err(LoadError::Description)?;
        if let Some(cache) = &self.cache {
            cache.put_info(digest, &info);
        }
        let plugin = self.load_known(component, digest, info)?;
        plugin.0.prepared.get_or_init(|| Ok(prepared));
        Ok(plugin)
    }

    /// As [`PluginHost::load`], for a component of which digest and description are known: nothing
    /// of it is looked at before it is to read something.
    ///
    /// # Errors
    /// If the machine has no sandbox.
    pub fn load_known(
        &self,
        component: Cow<'static, [u8]>,
        digest: Digest,
        info: PluginInfo,
    ) -> Result<Plugin, LoadError> {
        let (sandbox, cache, prepared) = (self.sandbox()?, self.cache.clone(), OnceLock::new());
        Ok(Plugin(Arc::new(Loaded { component, digest, info, sandbox, cache, prepared })))
    }

    fn sandbox(&self) -> Result<Arc<Sandbox>, LoadError> {
        self.sandbox
            .get_or_init(|| Sandbox::new(self.limits).map(Arc::new).map_err(|e| format!("{e:#}")))
            .clone()
            .map_err(LoadError::Sandbox)
    }
}

impl Plugin {
    /// What it is and what it may read.
    pub fn info(&self) -> &PluginInfo {
        &self.0.info
    }

    /// SHA-256 of its component.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The version of the contract that it speaks.
    pub fn contract(&self) -> &'static str {
        v0_1::VERSION
    }

    /// Begins to read a source, in a fresh instance, from its start or from a checkpoint.
    ///
    /// # Errors
    /// If the plugin fails before the first batch.
    pub fn read(
        &self,
        source: SourceFile,
        checkpoint: Option<&[u8]>,
    ) -> Result<Reading, ReadError> {
        let Loaded { component, digest, info, sandbox, cache, prepared } = &*self.0;
        let prepared = prepared.get_or_init(|| {
            let prepared = sandbox.prepare(component, *digest, cache.as_ref());
            prepared.map_err(|error| error.to_string())
        });
        match prepared {
            Ok(prepared) => {
                Reading::begin(sandbox.clone(), prepared, &info.tool, source, checkpoint)
            }
            Err(reason) => {
                let (plugin, path) = (info.tool.clone(), source.path().to_owned());
                let place = Place { plugin, path, position: 0 };
                Err(ReadError::Trap { place, reason: reason.clone() })
            }
        }
    }
}

/// The machine that plugins run on.
pub(super) struct Sandbox {
    engine: Engine,
    ticker: Ticker,
    limits: Limits,
}

/// Why a plugin's code did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("{0}")]
    Limit(Exceeded),
    #[error("{0}")]
    Trap(String),
}

impl Sandbox {
    fn new(limits: Limits) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .max_wasm_stack(limits.stack)
            .cranelift_opt_level(OptLevel::Speed)
            // Plugins are stripped, so there are no names to show.
            .wasm_backtrace_max_frames(None)
            // The same bytes give the same records, on every machine.
            .cranelift_nan_canonicalization(true)
            .wasm_relaxed_simd(false)
            // Nothing that compilers for plugins need.
            .wasm_memory64(false)
            .wasm_multi_memory(false);
        Ok(Self { engine: Engine::new(&config)?, ticker: Ticker::default(), limits })
    }

    /// Compiles a component, or takes what was compiled before, and provides its imports.
    fn prepare(
        &self,
        component: &[u8],
        digest: Digest,
        cache: Option<&Cache>,
    ) -> Result<v0_1::Prepared, LoadError> {
        let failed = |error: wasmtime::Error| LoadError::Compile(format!("{error:#}"));
        let compiled = match cache.and_then(|cache| cache.get(&self.engine, digest)) {
            Some(compiled) => compiled,
            None => {
                let compiled = Component::from_binary(&self.engine, component).map_err(failed)?;
                if let Some(cache) = cache {
                    cache.put(&self.engine, digest, &compiled);
                }
                compiled
            }
        };
        v0_1::Prepared::new(&self.engine, &compiled).map_err(failed)
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Room for one instance.
    pub(super) fn store(&self, folder: Option<Arc<Folder>>) -> Store<Grant> {
        let mut store = Store::new(&self.engine, Grant::new(&self.limits, folder));
        store.limiter(|grant| &mut grant.meter);
        store.set_hostcall_fuel(self.limits.batch);
        store
    }

    /// Runs a plugin's code for one batch.
    pub(super) fn run<T>(
        &self,
        store: &mut Store<Grant>,
        code: impl FnOnce(&mut Store<Grant>) -> wasmtime::Result<T>,
    ) -> Result<T, Fault> {
        let _running = self.ticker.run(&self.engine).map_err(|error| {
            Fault::Trap(format!("the thread that keeps its time cannot be started: {error}"))
        })?;
        store.data_mut().begin_batch();
        store.set_epoch_deadline(Ticker::epochs(self.limits.deadline));
        code(store).map_err(|error| self.explain(store, &error))
    }

    fn explain(&self, store: &mut Store<Grant>, error: &wasmtime::Error) -> Fault {
        let limits = &self.limits;
        let reason = format!("{error:#}");
        match error.downcast_ref::<Trap>() {
            Some(Trap::Interrupt) => Fault::Limit(Exceeded::Deadline(limits.deadline)),
            Some(Trap::StackOverflow) => Fault::Limit(Exceeded::Stack(limits.stack)),
            // This error has no type of its own.
            _ if reason.contains("fuel allocated for hostcalls") => {
                Fault::Limit(Exceeded::Batch(limits.batch))
            }
            _ => match store.data_mut().meter.take_refused() {
                Some(limit) => Fault::Limit(limit),
                None => Fault::Trap(checks::words(&reason)),
            },
        }
    }
}
