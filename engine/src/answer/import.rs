//! Imports, with the plugins that the request allows.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::repository::global_config;
use crate::Engine;
use crate::api::{ApiError, ImportReport, ImportRequest, Progress};
use crate::git::{Identity, Repository};
use crate::import::{ImportError, Importing};
use crate::indexing::Indexing;
use crate::store::Place;

pub(crate) fn import(
    engine: &Engine,
    request: &ImportRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ApiError> {
    let loaded = engine.plugins();
    if let Some(tool) = &request.tool
        && !loaded.plugins.iter().any(|loaded| &loaded.plugin.info().tool == tool)
    {
        let known: Vec<&str> =
            loaded.plugins.iter().map(|loaded| loaded.plugin.info().tool.as_str()).collect();
        let known = known.join("`, `");
        return Err(ApiError::Invalid(format!("no plugin reads `{tool}`; there are `{known}`")));
    }
    let plugins = loaded.wanted(request.tool.as_deref(), request.enabled.as_deref());
    let _turn = engine.write_turn();
    if !request.dry_run {
        // Else this import's commit would say that the index holds what an earlier one left out.
        engine.mend_index(progress)?;
    }
    let (store, index) = (engine.store(), engine.index());
    let scratch = engine.options().layout.scratch();
    make_private(&scratch).map_err(|error| {
        ApiError::Store(format!("the directory `{}` cannot be made: {error}", scratch.display()))
    })?;
    let options = engine.options();
    let importing = Importing {
        store: &store,
        plugins,
        scratch: &scratch,
        workers: options.workers.max(1),
        machine: options.machine,
        now: (options.now)(),
    };
    let mut indexing = match request.changed {
        Some(_) => Indexing::following(&index),
        None => Indexing::new(&index),
    };
    let report = importing.run(request, &mut indexing, progress);
    // What was stored before an error is searchable, too.
    let indexed = indexing.finish(&store);
    let mut report = report?;
    if !request.dry_run && report.tools.iter().any(|tool| tool.new_messages > 0) {
        let known = request.changed.is_some().then(|| new_directories(&report));
        note_places(engine, known)?;
    }
    indexed?;
    report.failed_plugins = loaded.failed();
    Ok(report)
}

/// The directories of the sessions that an import found first.
fn new_directories(report: &ImportReport) -> Vec<String> {
    let sessions = report.tools.iter().flat_map(|tool| &tool.sessions);
    sessions.filter(|session| session.new).filter_map(|new| new.directory.clone()).collect()
}

/// Notes the repositories that these directories, or those of all sessions, lie in, while they are
/// where the sessions say: a clone may be moved later.
fn note_places(engine: &Engine, directories: Option<Vec<String>>) -> Result<(), ApiError> {
    let config = global_config(engine);
    let store = engine.store();
    let view = store.view()?;
    let known: HashSet<String> =
        view.places()?.into_iter().map(|(directory, _)| directory).collect();
    let directories = match directories {
        Some(directories) => directories,
        None => view
            .all_sessions()?
            .into_iter()
            .filter(|session| session.machine == engine.options().machine)
            .filter_map(|session| session.directory)
            .collect(),
    };
    let directories: BTreeSet<String> = directories
        .into_iter()
        .filter(|directory| !known.contains(directory) && Path::new(directory).is_dir())
        .collect();
    let mut identities: HashMap<PathBuf, Identity> = HashMap::new();
    let mut places = Vec::new();
    for directory in directories {
        // What is no repository, or cannot be read, is looked at again the next time.
        let Ok(repository) = Repository::discover(Path::new(&directory), &config) else { continue };
        let common_dir = repository.common_dir().to_owned();
        let identity = match identities.entry(common_dir) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => match repository.identity() {
                Ok(identity) => vacant.insert(identity),
                Err(_) => continue,
            },
        };
        let place = Place {
            root: repository.root().to_string_lossy().into_owned(),
            first_commit: identity.first_commit.map(|id| id.to_string()),
            remotes: identity.remotes.clone(),
        };
        places.push((directory, place));
    }
    if places.is_empty() {
        return Ok(());
    }
    Ok(store.write(|tables| {
        places.iter().try_for_each(|(directory, place)| tables.put_place(directory, place))
    })?)
}

/// Makes a directory for its user alone.
fn make_private(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Store(error) => error.into(),
            ImportError::Index(error) => error.into(),
            error => Self::Internal(error.to_string()),
        }
    }
}
