//! Importing: from files to the store and the index.
//!
//! ```text
//! discover ─► jobs ─► parse (a thread a core, an instance a source) ─► apply (one thread) ─► store
//!                                                                          └─► index, after each commit
//! ```
//!
//! Every stage waits for the next: a source has at most two batches on their way, and only a few
//! sources are being parsed, so memory does not grow with the archive. A transaction takes in about
//! 8 MiB or half a second, checkpoints included; what is killed in between is done again.

mod apply;
pub(crate) mod discover;
mod prepare;
mod report;
mod session;
mod surroundings;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::api::{ImportReport, ImportRequest, Places, Progress};
use crate::indexing::{ForIndex, Indexing, IndexingError};
use crate::model::{Digest, MachineId, Timestamp};
use crate::plugin::Plugin;
use crate::store::{Source, Stamp, Store, StoreError, Surroundings, View};
use apply::Applying;
use discover::{Candidate, Discovered};
pub(crate) use prepare::fingerprint;
use prepare::{Job, Parsed};
use report::Reporting;
pub(crate) use session::take_in;

/// Bytes of sources after which a transaction is committed.
const TRANSACTION_BYTES: u64 = 8 << 20;

/// Time after which a transaction is committed, so that others see what there is.
const TRANSACTION_TIME: Duration = Duration::from_millis(500);

/// Batches of one source that may wait to be applied.
const WAITING_BATCHES: usize = 2;

/// Candidates up to which the sources are looked up one by one.
const FEW: usize = 100;

/// What an import works with.
pub(crate) struct Importing<'e> {
    pub(crate) store: &'e Store,
    /// The plugins that may be used, in the order in which they are tried.
    pub(crate) plugins: Vec<Plugin>,
    /// Directory for decompressed copies.
    pub(crate) scratch: &'e Path,
    pub(crate) workers: usize,
    pub(crate) machine: MachineId,
    pub(crate) now: Timestamp,
}

impl Importing<'_> {
    /// Imports; `index` takes in what is committed.
    pub(crate) fn run(
        &self,
        request: &ImportRequest,
        index: &mut Indexing<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<ImportReport, ImportError> {
        let Discovered { candidates, problems } = if let Some(changed) = &request.changed {
            discover::changed(&self.plugins, changed, &self.store.view()?)?
        } else if request.paths.is_empty() {
            let places = with_known_projects(&request.places, &self.store.view()?, self.machine)?;
            discover::in_locations(&self.plugins, &places)
        } else if request.scan {
            discover::scan(&request.paths, &self.plugins, progress)
        } else {
            discover::in_paths(&request.paths, &self.plugins)
        };
        let mut report = Reporting::default();
        let jobs = self.changed(candidates, request.force, &mut report)?;
        report.progress.total_sources = jobs.len() as u64;
        report.progress.total_bytes = jobs.iter().map(|job| job.left()).sum();
        if !jobs.is_empty() {
            self.read(jobs, request, &mut report, index, progress)?;
        }
        Ok(report.finish(problems, request.dry_run))
    }

    /// The sources that have to be read. For one that has not changed, a look at the directory was
    /// all there is to do.
    fn changed(
        &self,
        candidates: Vec<Candidate>,
        force: bool,
        report: &mut Reporting,
    ) -> Result<VecDeque<Todo>, StoreError> {
        let digests: HashMap<&str, Digest> = self
            .plugins
            .iter()
            .map(|plugin| (plugin.info().tool.as_str(), plugin.digest()))
            .collect();
        let mut known = self.known(&candidates)?;
        let mut todo = VecDeque::new();
        for candidate in candidates {
            let (known, around) = known.remove(&candidate.path).unzip();
            let around = around.flatten();
            match known {
                Some(source)
                    if !force
                        && is_unchanged(&source, candidate.stamp, &digests)
                        && surroundings::are_unchanged(
                            &candidate,
                            around.as_ref().unwrap_or(&Surroundings::default()),
                        ) =>
                {
                    report.unchanged(&source.tool);
                    if let Some(around) = &around {
                        report.read_beside(&candidate.base, around);
                    }
                }
                known => todo.push_back(Todo {
                    candidate,
                    known: known.filter(|_| !force),
                    surroundings: around,
                }),
            }
        }
        Ok(todo)
    }

    /// What is known of the sources among these files: of few, theirs is looked up.
    fn known(&self, candidates: &[Candidate]) -> Result<Known, StoreError> {
        let view = self.store.view()?;
        if candidates.len() > FEW {
            let mut surroundings = view.surroundings()?;
            let sources = view.sources()?.into_iter();
            let known = sources.map(|source| {
                let around = surroundings.remove(&source.id);
                (source.path(), (source, around))
            });
            return Ok(known.collect());
        }
        let mut known = Known::new();
        for Candidate { path, .. } in candidates {
            if let Some(source) = view.source_at(path)? {
                let around = view.surroundings_of(source.id)?;
                known.insert(path.clone(), (source, around));
            }
        }
        Ok(known)
    }

    fn read(
        &self,
        mut todo: VecDeque<Todo>,
        request: &ImportRequest,
        report: &mut Reporting,
        index: &mut Indexing<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ImportError> {
        let dry_run = request.dry_run;
        // What lies in a tool's own location is only shown to that tool's plugin.
        let only_own = request.paths.is_empty();
        let (jobs, waiting_jobs) = unbounded::<Job>();
        std::thread::scope(|scope| {
            for _ in 0..self.workers {
                let waiting_jobs = waiting_jobs.clone();
                scope.spawn(move || prepare::work(&waiting_jobs, self.scratch));
            }
            // Dropped at the end of this closure, whatever the end is: then the workers stop.
            let jobs = jobs;
            let mut under_way: VecDeque<(Applying, Receiver<Parsed>)> = VecDeque::new();
            loop {
                let mut for_index = ForIndex::default();
                let indexed = index.committed();
                let mut transaction = |tables: &mut crate::store::Tables<'_>| {
                    tables.clear_outbox(indexed)?;
                    let (begun, bytes) = (Instant::now(), report.progress.bytes);
                    loop {
                        while under_way.len() <= self.workers
                            && let Some(next) = todo.pop_front()
                        {
                            under_way.push_back(self.begin(next, only_own, &jobs));
                        }
                        let Some((applying, parsed)) = under_way.front_mut() else {
                            return Ok(true);
                        };
                        match parsed.recv() {
                            Ok(Parsed::Begin { tool, plugin, resumed }) => {
                                applying.begin(tables, &tool, plugin, resumed)?;
                            }
                            Ok(Parsed::Batch(batch)) => {
                                applying.batch(tables, *batch, report, &mut for_index)?;
                            }
                            Ok(Parsed::End(ending)) => {
                                applying.end(tables, ending, report, &mut for_index)?;
                                report.progress.sources += 1;
                                under_way.pop_front();
                            }
                            Err(_) => return Err(ImportError::Worker),
                        }
                        progress(report.progress);
                        let enough = report.progress.bytes - bytes >= TRANSACTION_BYTES
                            || begun.elapsed() >= TRANSACTION_TIME;
                        if dry_run {
                            // One transaction, since what it numbers is known to nobody else.
                            for_index.messages.clear();
                        } else if enough {
                            if let Some((applying, _)) = under_way.front_mut() {
                                applying.save(tables, &mut for_index)?;
                            }
                            return Ok(false);
                        }
                    }
                };
                if dry_run {
                    if self.store.try_out(&mut transaction)? {
                        return Ok(());
                    }
                } else {
                    let finished = self.store.write(&mut transaction)?;
                    index.take_in(self.store, for_index)?;
                    if finished {
                        return Ok(());
                    }
                }
            }
        })
    }

    fn begin(
        &self,
        todo: Todo,
        only_own: bool,
        jobs: &Sender<Job>,
    ) -> (Applying, Receiver<Parsed>) {
        let Todo { candidate, known, surroundings } = todo;
        let (out, parsed) = bounded(WAITING_BATCHES);
        let known_tool = known.as_ref().map(|known| known.tool.as_str());
        let tool = candidate.tool.as_deref().filter(|_| only_own).or(known_tool);
        let tool = tool.or(candidate.tool.as_deref());
        let mut plugins = self.plugins.clone();
        let is_likely = |plugin: &Plugin| tool == Some(&plugin.info().tool);
        if only_own {
            plugins.retain(is_likely);
        } else {
            plugins.sort_by_key(|plugin| !is_likely(plugin));
        }
        let applying = Applying::new(candidate.clone(), self.machine, self.now);
        // The workers live as long as jobs can be sent.
        let _ = jobs.send(Job { candidate, known, surroundings, plugins, out });
        (applying, parsed)
    }
}

impl From<IndexingError> for ImportError {
    fn from(error: IndexingError) -> Self {
        match error {
            IndexingError::Store(error) => Self::Store(error),
            IndexingError::Index(error) => Self::Index(error),
        }
    }
}

/// Sources and what their readings depended on, by path.
type Known = HashMap<PathBuf, (Source, Option<Surroundings>)>;

/// A source that has to be read.
struct Todo {
    candidate: Candidate,
    known: Option<Source>,
    /// What its last reading depended on.
    surroundings: Option<Surroundings>,
}

impl Todo {
    /// Bytes that are left to be read, as far as the directory tells.
    fn left(&self) -> u64 {
        let done = self.known.as_ref().map_or(0, |known| known.position);
        self.candidate.stamp.size.saturating_sub(done)
    }
}

/// The places, with the directories that this machine's sessions worked in, and the repositories
/// that these lie in.
pub(crate) fn with_known_projects(
    places: &Places,
    view: &View<'_>,
    machine: MachineId,
) -> Result<Places, StoreError> {
    let mut projects: BTreeSet<PathBuf> = places.projects.iter().cloned().collect();
    view.newest_sessions(|session| {
        if session.machine == machine
            && let Some(directory) = session.directory
            && Path::new(&directory).is_absolute()
        {
            projects.insert(PathBuf::from(directory));
        }
        true
    })?;
    let is_repository = |directory: &&Path| directory.join(".git").exists();
    let repositories: Vec<PathBuf> = projects
        .iter()
        .filter_map(|project| project.ancestors().find(is_repository).map(Path::to_owned))
        .collect();
    projects.extend(repositories);
    Ok(Places { projects: projects.into_iter().collect(), ..places.clone() })
}

fn is_unchanged(source: &Source, stamp: Stamp, digests: &HashMap<&str, Digest>) -> bool {
    let plugin = digests.get(source.tool.as_str());
    let is_same_plugin = plugin.is_none_or(|&digest| digest == source.plugin);
    // What another plugin could not read, this one may.
    let may_be_read_better =
        source.problem_count > 0 || source.failure.is_some() || source.unknown_records() > 0;
    source.stamp == stamp && !source.rereading && (is_same_plugin || !may_be_read_better)
}

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index; what was read is in the store.
    #[error(transparent)]
    Index(#[from] crate::index::IndexError),
    /// A thread that reads sources ended.
    #[error("a thread that reads sources ended unexpectedly")]
    Worker,
}
