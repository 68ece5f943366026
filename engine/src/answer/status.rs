//! What there is, and how it is.

use std::collections::BTreeMap;

use super::sessions::sessions;
use crate::Engine;
use crate::api::{ApiError, Drift, Places, PluginStatus, SessionFilter, Stats, Status, ToolStats};
use crate::engine::LoadedPlugin;
use crate::import::{discover, with_known_projects};
use crate::plugin::{Location, Outcome};
use crate::store::View;

/// Sessions that an overview shows.
const RECENT: usize = 5;

pub(crate) fn status(engine: &Engine, places: &Places) -> Result<Status, ApiError> {
    let recent = sessions(engine, &SessionFilter { limit: RECENT, ..SessionFilter::default() })?;
    let (store, machine) = (engine.store(), engine.options().machine);
    let view = store.view()?;
    let places = &with_known_projects(places, &view, machine)?;
    let mut drift = drift(&view)?;
    let mut found_directories = discover::Directories::new(places);
    let loaded = engine.plugins();
    let plugins = loaded.plugins.iter().map(|LoadedPlugin { plugin, built_in }| {
        let info = plugin.info();
        let found = discover::in_locations(std::slice::from_ref(plugin), places);
        let here = || discover::locations_here(plugin, places);
        // That there are projects does not say that the tool was ever used in one.
        let mut directories: Vec<_> = here()
            .filter(|location| !location.base.is_empty())
            .flat_map(|location| found_directories.of(location).to_vec())
            .map(|directory| directory.to_string_lossy().into_owned().into())
            .collect();
        directories.dedup();
        let drift = drift.remove(&info.tool).unwrap_or_default();
        PluginStatus {
            tool: info.tool.clone(),
            title: info.title.clone(),
            version: info.version.clone(),
            built_in: *built_in,
            locations: here().map(shown).collect(),
            memories: discover::memory_locations_here(plugin, places).map(shown).collect(),
            directories,
            source_files: found.candidates.len() as u64,
            unknown_records: drift.iter().flat_map(|drift| drift.unknown.values()).sum(),
            problems: drift.iter().map(|drift| drift.problems).sum(),
            drift,
        }
    });
    Ok(Status {
        plugins: plugins.collect(),
        failed_plugins: loaded.failed(),
        stats: stats(engine)?,
        recent,
    })
}

/// A location as people read it.
fn shown(location: &Location) -> String {
    match location.base.as_str() {
        "" => format!("<every project>/{}", location.pattern),
        base => format!("{base}/{}", location.pattern),
    }
}

/// What the plugins did not understand, by tool and its version.
fn drift(view: &View<'_>) -> Result<BTreeMap<String, Vec<Drift>>, ApiError> {
    let mut tools: BTreeMap<String, BTreeMap<Option<String>, Drift>> = BTreeMap::new();
    for source in view.sources()? {
        let problems = source.problem_count + u64::from(source.failure.is_some());
        if problems == 0 && source.unknown_records() == 0 {
            continue;
        }
        // Newer programs write what is not known; a source of several was read on last by the newest.
        let sessions = source.sessions.iter().rev();
        let sessions = sessions.filter_map(|&number| view.session(number).transpose());
        let version = sessions
            .filter_map(|session| session.map(|session| session.tool_version).transpose())
            .next()
            .transpose()?;
        let versions = tools.entry(source.tool).or_default();
        let drift = versions.entry(version.clone()).or_default();
        drift.version = version;
        drift.problems += problems;
        for ((kind, outcome), records) in source.records {
            if outcome == Outcome::Unknown {
                *drift.unknown.entry(kind).or_default() += records;
            }
        }
    }
    let versions = |(tool, versions): (_, BTreeMap<_, _>)| (tool, versions.into_values().collect());
    Ok(tools.into_iter().map(versions).collect())
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
