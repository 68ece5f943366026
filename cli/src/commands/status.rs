//! `lore status`: what there is, and how it is. Creates nothing.

use std::collections::BTreeMap;
use std::io::Write as _;

use clap::Args;
use lore_engine::api::{
    ApiError, CommitDetail, Drift, Linked, LinkedCommit, PluginStatus, SessionDetail, Stats,
    Status as Answer,
};
use lore_engine::model::SessionId;
use serde::Serialize;

use super::daemon::{self, DaemonJson, Presence};
use super::drift::{DriftJson, amounts, kinds};
use super::{Context, current_directory, sessions};
use crate::client::{Access, Client, ClientError};
use crate::config::Config;
use crate::error::CliError;
use crate::home::Home;
use crate::installed;
use crate::output::json::{FailedPluginJson, Utc};
use crate::output::machine::MachineJson;
use crate::output::number::{bytes, count, grouped};
use crate::output::plain::one_line;
use crate::output::table::Table;
use crate::output::{BAD, DIM, Format, HEADING, ID, plain, short_commit};

/// Show what is captured, and which tools are found
#[derive(Args)]
#[command(after_help = "Examples:
  lore status                          The overview
  lore status --format json            For scripts")]
pub(crate) struct Status {
    /// How to answer
    #[arg(short, long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct StatusJson<'a> {
    daemon: DaemonJson,
    watchers: Vec<WatcherJson<'a>>,
    failed_watchers: Vec<FailedPluginJson<'a>>,
    database: DatabaseJson,
    current_commit: Option<CurrentJson<'a>>,
    recent_sessions: Vec<RecentJson<'a>>,
}

#[derive(Serialize)]
struct WatcherJson<'a> {
    name: &'a str,
    title: &'a str,
    version: &'a str,
    available: bool,
    enabled: bool,
    session_files: u64,
    problems: u64,
    unknown_records: u64,
    drift: Vec<DriftJson<'a>>,
}

#[derive(Serialize)]
struct DatabaseJson {
    sessions: u64,
    messages: u64,
    links: Option<u64>,
    size_bytes: u64,
    store_bytes: u64,
    index_bytes: u64,
}

#[derive(Serialize)]
struct CurrentJson<'a> {
    sha: &'a str,
    summary: &'a str,
    linked_sessions: usize,
    session_ids: Vec<SessionId>,
}

#[derive(Serialize)]
struct RecentJson<'a> {
    id: SessionId,
    tool: &'a str,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    message_count: u32,
    branch: Option<&'a str>,
    directory: Option<&'a str>,
    origin: Option<MachineJson<'a>>,
}

impl Status {
    pub(super) fn run(self, context: &mut Context) -> Result<(), CliError> {
        let enabled = Config::load(&context.home)?.watchers();
        let places = context.places()?;
        let daemon = daemon::presence(&context.home)?;
        let mut client = context.client(Access::Read)?;
        let answer = client.status(places)?;
        let current = current_commit(context, &mut client)?;
        match self.format {
            Format::Json => {
                let json = json(&daemon, &answer, current.as_ref(), &enabled, &context.home);
                context.output.json(&json)
            }
            Format::Text => text(context, &daemon, &answer, current.as_ref(), &enabled),
        }
    }
}

/// The commit that is checked out here, and the sessions that are linked to it.
struct Current {
    commit: CommitDetail,
    linked: Vec<Linked>,
}

/// Nothing outside of repositories, and before the first commit.
fn current_commit(context: &mut Context, client: &mut Client) -> Result<Option<Current>, CliError> {
    match client.linked(&current_directory()?, "HEAD") {
        Ok(LinkedCommit { commit, linked }) => Ok(commit.map(|commit| Current { commit, linked })),
        Err(ClientError::Api(ApiError::NoRepository { .. } | ApiError::NoSuchCommit { .. })) => {
            Ok(None)
        }
        // A repository that cannot be read is no reason not to tell the rest.
        Err(ClientError::Api(error)) => {
            context.output.note(&format!("{}\n", plain(&error.to_string())))?;
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Links in the store, where the engine counts them.
fn links(stats: &Stats) -> Option<u64> {
    stats.tables.iter().find(|table| table.name == "links").map(|table| table.rows)
}

fn json<'a>(
    daemon: &Presence,
    answer: &'a Answer,
    current: Option<&'a Current>,
    enabled: &[String],
    home: &Home,
) -> StatusJson<'a> {
    let commit = |Current { commit, linked }: &'a Current| CurrentJson {
        sha: &commit.id,
        summary: &commit.subject,
        linked_sessions: linked.len(),
        session_ids: linked.iter().map(|linked| linked.session.session.id).collect(),
    };
    let watcher = |plugin: &'a PluginStatus| WatcherJson {
        name: &plugin.tool,
        title: &plugin.title,
        version: &plugin.version,
        available: !plugin.directories.is_empty(),
        enabled: enabled.contains(&plugin.tool),
        session_files: plugin.source_files,
        problems: plugin.problems,
        unknown_records: plugin.unknown_records,
        drift: plugin.drift.iter().map(DriftJson::from).collect(),
    };
    let failed = |failed| FailedPluginJson::new(failed, home);
    let recent = |SessionDetail { session, origin, .. }: &'a SessionDetail| RecentJson {
        id: session.id,
        tool: &session.tool,
        title: session.title.as_deref(),
        started_at: session.started.map(Utc),
        message_count: session.message_count,
        branch: session.branch(),
        directory: session.directory.as_deref(),
        origin: origin.as_ref().map(MachineJson::from),
    };
    let stats = &answer.stats;
    StatusJson {
        daemon: daemon.json(),
        watchers: answer.plugins.iter().map(watcher).collect(),
        failed_watchers: answer.failed_plugins.iter().map(failed).collect(),
        database: DatabaseJson {
            sessions: stats.sessions,
            messages: stats.messages,
            links: links(stats),
            size_bytes: stats.store_bytes + stats.index_bytes,
            store_bytes: stats.store_bytes,
            index_bytes: stats.index_bytes,
        },
        current_commit: current.map(commit),
        recent_sessions: answer.recent.iter().map(recent).collect(),
    }
}

fn text(
    context: &mut Context,
    daemon: &Presence,
    answer: &Answer,
    current: Option<&Current>,
    enabled: &[String],
) -> Result<(), CliError> {
    let stats = &answer.stats;
    let output = &mut context.output;
    writeln!(output, "{HEADING}Daemon{HEADING:#}")?;
    writeln!(output, "  {}", daemon.message())?;

    writeln!(output, "\n{HEADING}Watchers{HEADING:#}")?;
    let mut watchers = Table::<4>::new().right(2).indent(2);
    let is_found = |plugin: &&PluginStatus| {
        plugin.source_files > 0 || !plugin.directories.is_empty() || !plugin.drift.is_empty()
    };
    for plugin in answer.plugins.iter().filter(is_found) {
        let is_enabled = enabled.contains(&plugin.tool);
        watchers.row([
            plugin.tool.clone(),
            if is_enabled { "enabled" } else { "not enabled" }.to_owned(),
            count(plugin.source_files, "file"),
            remarks(plugin),
        ]);
    }
    watchers.write(output)?;
    let others = answer.plugins.iter().filter(|plugin| !is_found(plugin));
    let others: Vec<String> = others.map(|plugin| plain(&plugin.tool).into_owned()).collect();
    if !others.is_empty() {
        writeln!(output, "  {DIM}Not found here: {}{DIM:#}", others.join(", "))?;
    }
    for failed in &answer.failed_plugins {
        let line = installed::failure(&context.home, failed);
        writeln!(output, "  {BAD}{}{BAD:#}", plain(&line))?;
    }
    let drifting: Vec<_> =
        answer.plugins.iter().filter(|plugin| !plugin.drift.is_empty()).collect();
    if !drifting.is_empty() {
        writeln!(output, "\n{HEADING}Not understood{HEADING:#}")?;
        let mut table = Table::<3>::new().indent(2).style(2, DIM);
        for (plugin, drift) in
            drifting.iter().flat_map(|plugin| plugin.drift.iter().map(move |drift| (plugin, drift)))
        {
            let version = drift.version.as_deref().unwrap_or("unknown version");
            let name = format!("{} {}", plain(&plugin.tool), plain(version));
            table.row([name, amounts(drift), kinds(drift)]);
        }
        table.write(output)?;
    }

    writeln!(output, "\n{HEADING}Database{HEADING:#}")?;
    let mut database = Table::<2>::new().style(0, DIM).indent(2);
    database.row(["Sessions".to_owned(), grouped(stats.sessions)]);
    database.row(["Messages".to_owned(), grouped(stats.messages)]);
    if let Some(links) = links(stats) {
        database.row(["Links".to_owned(), grouped(links)]);
    }
    let (store, index) = (bytes(stats.store_bytes), bytes(stats.index_bytes));
    let size = bytes(stats.store_bytes + stats.index_bytes);
    database.row(["Size".to_owned(), format!("{size} (store {store}, index {index})")]);
    database.row(["Place".to_owned(), context.home.shorten(context.home.root())]);
    database.write(output)?;

    if let Some(Current { commit, linked }) = current {
        writeln!(output, "\n{HEADING}Current commit{HEADING:#}")?;
        let (id, subject) = (short_commit(&commit.id), one_line(&commit.subject));
        writeln!(output, "  {ID}{id}{ID:#}  {subject}")?;
        let sessions = linked.iter().map(|linked| linked.session.session.id.short());
        let sessions: Vec<String> = sessions.collect();
        match sessions.is_empty() {
            true => writeln!(output, "  {DIM}No session is linked to it{DIM:#}")?,
            false => writeln!(output, "  Linked sessions: {}", sessions.join(", "))?,
        }
    }

    if !answer.recent.is_empty() {
        writeln!(output, "\n{HEADING}Recent sessions{HEADING:#}")?;
        sessions::write(output, &answer.recent, 2)?;
    }
    let waiting = answer.plugins.iter().filter(|plugin| enabled.contains(&plugin.tool));
    let waiting: u64 = waiting.map(|plugin| plugin.source_files).sum();
    match (stats.sessions, waiting) {
        (0, 0) => output.note("\n`lore demo` shows what Lore does, with sample sessions."),
        (0, _) => output.note(&format!("\n`lore import` reads {}.", count(waiting, "file"))),
        _ => Ok(()),
    }
}

/// What could not be read, and what was not understood.
fn remarks(plugin: &PluginStatus) -> String {
    amounts(&Drift {
        version: None,
        problems: plugin.problems,
        unknown: BTreeMap::from([(String::new(), plugin.unknown_records)]),
    })
}
