//! Imports, with the plugins that the request allows.

use std::path::Path;

use crate::Engine;
use crate::api::{ApiError, ImportReport, ImportRequest, Progress};
use crate::import::{ImportError, Importing};
use crate::indexing::Indexing;
use crate::plugin::Plugin;

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
    let is_wanted = |plugin: &&Plugin| {
        let tool = &plugin.info().tool;
        match (&request.tool, &request.enabled) {
            (Some(wanted), _) => wanted == tool,
            (None, Some(enabled)) => enabled.contains(tool),
            (None, None) => true,
        }
    };
    let plugins =
        loaded.plugins.iter().map(|loaded| &loaded.plugin).filter(is_wanted).cloned().collect();
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
    let mut indexing = Indexing::new(&index);
    let report = importing.run(request, &mut indexing, progress);
    // What was stored before an error is searchable, too.
    let indexed = indexing.finish(&store);
    let mut report = report?;
    indexed?;
    report.failed_plugins = loaded.failed();
    Ok(report)
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
