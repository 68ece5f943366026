//! What there is, and how it is.

use std::collections::{BTreeMap, HashMap};

use super::sessions::sessions;
use crate::Engine;
use crate::api::{
    ApiError, FailedPlugin, Places, PluginStatus, SessionFilter, Stats, Status, ToolStats,
};
use crate::engine::{LoadFailure, LoadedPlugin};
use crate::import::discover;

/// Sessions that an overview shows.
const RECENT: usize = 5;

pub(crate) fn status(engine: &Engine, places: &Places) -> Result<Status, ApiError> {
    let recent = sessions(engine, &SessionFilter { limit: RECENT, ..SessionFilter::default() })?;
    let mut met: HashMap<String, (u64, u64)> = HashMap::new();
    for source in engine.store().view()?.sources()? {
        let unknown = source.unknown_records();
        let problems = source.problem_count + u64::from(source.failure.is_some());
        let (all_unknown, all_problems) = met.entry(source.tool).or_default();
        *all_unknown += unknown;
        *all_problems += problems;
    }
    let loaded = engine.plugins();
    let plugins = loaded.plugins.iter().map(|LoadedPlugin { plugin, built_in }| {
        let info = plugin.info();
        let found = discover::in_locations(std::slice::from_ref(plugin), places);
        let here = || discover::locations_here(plugin, places);
        let mut directories: Vec<_> = here()
            .flat_map(|location| discover::directories(location, places))
            .map(|directory| directory.to_string_lossy().into_owned().into())
            .collect();
        directories.dedup();
        let (unknown_records, problems) = met.get(&info.tool).copied().unwrap_or_default();
        PluginStatus {
            tool: info.tool.clone(),
            title: info.title.clone(),
            version: info.version.clone(),
            built_in: *built_in,
            locations: here()
                .map(|location| format!("{}/{}", location.base, location.pattern))
                .collect(),
            directories,
            source_files: found.candidates.len() as u64,
            unknown_records,
            problems,
        }
    });
    let failed_plugins = loaded.failures.iter().map(|LoadFailure { name, built_in, error }| {
        FailedPlugin { tool: name.clone(), built_in: *built_in, reason: error.to_string() }
    });
    Ok(Status {
        plugins: plugins.collect(),
        failed_plugins: failed_plugins.collect(),
        stats: stats(engine)?,
        recent,
    })
}

pub(crate) fn stats(engine: &Engine) -> Result<Stats, ApiError> {
    let store = engine.store();
    let view = store.view()?;
    let mut stats = Stats {
        store_bytes: std::fs::metadata(store.path()).map_or(0, |file| file.len()),
        index_bytes: engine.index().size_bytes()?,
        tables: view.tables()?,
        format: (store.format().major, store.format().minor),
        ..Stats::default()
    };
    let sources = stats.tables.iter().find(|table| table.name == "sources");
    stats.sources = sources.map_or(0, |table| table.rows);
    let mut tools: BTreeMap<String, ToolStats> = BTreeMap::new();
    view.newest_sessions(|session| {
        stats.sessions += 1;
        stats.messages += u64::from(session.message_count);
        let start = session.started.or(session.last_activity);
        stats.newest = stats.newest.max(start);
        stats.oldest = match (stats.oldest, start) {
            (Some(oldest), Some(start)) => Some(oldest.min(start)),
            (oldest, start) => oldest.or(start),
        };
        let tool = tools.entry(session.tool.clone()).or_default();
        tool.sessions += 1;
        tool.messages += u64::from(session.message_count);
        tool.tool = session.tool;
        true
    })?;
    stats.tools = tools.into_values().collect();
    Ok(stats)
}
