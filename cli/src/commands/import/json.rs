//! What an import did, as JSON.

use lore_engine::api::{ImportReport, Problem, SessionChange, ToolReport};
use lore_engine::model::SessionId;
use lore_engine::plugin::Outcome;
use serde::Serialize;

use crate::home::Home;
use crate::output::json::{FailedPluginJson, PathJson};

/// What an import did.
#[derive(Serialize)]
pub(super) struct ImportJson<'a> {
    dry_run: bool,
    tools: Vec<ToolJson<'a>>,
    /// Of paths that nothing reads.
    problems: Vec<ProblemJson<'a>>,
    failed_plugins: Vec<FailedPluginJson<'a>>,
}

#[derive(Serialize)]
struct ToolJson<'a> {
    tool: &'a str,
    sources: u64,
    unchanged: u64,
    new_sessions: u64,
    changed_sessions: u64,
    new_messages: u64,
    changed_messages: u64,
    copies: u64,
    bytes: u64,
    records: Vec<RecordsJson<'a>>,
    /// The first 1,000.
    sessions: Vec<SessionJson<'a>>,
    problem_count: u64,
    /// The first 10,000.
    problems: Vec<ProblemJson<'a>>,
}

/// How many records of one kind became what.
#[derive(Serialize)]
struct RecordsJson<'a> {
    kind: &'a str,
    outcome: Outcome,
    count: u64,
}

#[derive(Serialize)]
struct SessionJson<'a> {
    id: SessionId,
    new: bool,
    message_count: u32,
    new_messages: u32,
    working_directory: Option<&'a str>,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    path: PathJson<'a>,
    offset: Option<u64>,
    message: &'a str,
}

impl<'a> ImportJson<'a> {
    pub(super) fn new(report: &'a ImportReport, home: &Home) -> Self {
        Self {
            dry_run: report.dry_run,
            tools: report.tools.iter().map(ToolJson::from).collect(),
            problems: report.problems.iter().map(ProblemJson::from).collect(),
            failed_plugins: report
                .failed_plugins
                .iter()
                .map(|failed| FailedPluginJson::new(failed, home))
                .collect(),
        }
    }
}

impl<'a> From<&'a ToolReport> for ToolJson<'a> {
    fn from(report: &'a ToolReport) -> Self {
        let records = report.records.iter();
        Self {
            tool: &report.tool,
            sources: report.sources,
            unchanged: report.unchanged,
            new_sessions: report.new_sessions,
            changed_sessions: report.changed_sessions,
            new_messages: report.new_messages,
            changed_messages: report.changed_messages,
            copies: report.copies,
            bytes: report.bytes,
            records: records
                .map(|((kind, outcome), count)| RecordsJson {
                    kind,
                    outcome: *outcome,
                    count: *count,
                })
                .collect(),
            sessions: report.sessions.iter().map(SessionJson::from).collect(),
            problem_count: report.problem_count,
            problems: report.problems.iter().map(ProblemJson::from).collect(),
        }
    }
}

impl<'a> From<&'a SessionChange> for SessionJson<'a> {
    fn from(change: &'a SessionChange) -> Self {
        Self {
            id: change.id,
            new: change.new,
            message_count: change.message_count,
            new_messages: change.new_messages,
            working_directory: change.directory.as_deref(),
        }
    }
}

impl<'a> From<&'a Problem> for ProblemJson<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { path: PathJson(&problem.path), offset: problem.offset, message: &problem.message }
    }
}
