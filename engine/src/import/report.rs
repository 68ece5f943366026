//! Keeps count of what an import does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::session::Merged;
use crate::api::{ImportReport, Problem, Progress, SessionChange, ToolReport};
use crate::model::{Session, SessionId};
use crate::plugin::Outcome;
use crate::store::Surroundings;

/// Problems and sessions that a report names; the others are counted.
const NAMED_PROBLEMS: usize = 10_000;
const NAMED_SESSIONS: usize = 1000;

/// What an import did so far.
#[derive(Default)]
pub(super) struct Reporting {
    pub(super) progress: Progress,
    tools: BTreeMap<String, ToolReport>,
    problems: Vec<Problem>,
    /// Files that were read with a source.
    beside: HashSet<PathBuf>,
    /// Sessions that were counted: where they are named, and whether as new ones.
    counted: HashMap<SessionId, Option<usize>>,
}

impl Reporting {
    pub(super) fn tool(&mut self, tool: &str) -> &mut ToolReport {
        if !self.tools.contains_key(tool) {
            let report = ToolReport { tool: tool.to_owned(), ..ToolReport::default() };
            self.tools.insert(tool.to_owned(), report);
        }
        self.tools.entry(tool.to_owned()).or_default()
    }

    pub(super) fn merged(&mut self, tool: &str, merged: Merged) {
        match merged {
            Merged::New { .. } => {
                self.tool(tool).new_messages += 1;
                self.progress.messages += 1;
            }
            Merged::Changed => self.tool(tool).changed_messages += 1,
            Merged::Copy => self.tool(tool).copies += 1,
            Merged::Unchanged => {}
        }
    }

    pub(super) fn records(&mut self, tool: &str, kind: &str, outcome: Outcome, records: u64) {
        *self.tool(tool).records.entry((kind.to_owned(), outcome)).or_default() += records;
    }

    pub(super) fn bytes(&mut self, tool: &str, bytes: u64) {
        self.tool(tool).bytes += bytes;
        self.progress.bytes += bytes;
    }

    /// A source was read.
    pub(super) fn source(&mut self, tool: &str) {
        self.tool(tool).sources += 1;
    }

    /// A source had not changed.
    pub(super) fn unchanged(&mut self, tool: &str) {
        let report = self.tool(tool);
        report.sources += 1;
        report.unchanged += 1;
    }

    pub(super) fn problem(
        &mut self,
        tool: &str,
        path: &Path,
        offset: Option<u64>,
        message: String,
    ) {
        self.progress.problems += 1;
        let report = self.tool(tool);
        report.problem_count += 1;
        if report.problems.len() < NAMED_PROBLEMS {
            report.problems.push(Problem { path: shown(path), offset, message });
        }
    }

    /// What was read with a source is no file that nobody recognises.
    pub(super) fn read_beside(&mut self, base: &Path, surroundings: &Surroundings) {
        let opened = surroundings.opened.iter().filter(|(_, stamp)| stamp.is_some());
        self.beside.extend(opened.map(|(path, _)| shown(&base.join(path))));
    }

    /// A path that is no tool's.
    pub(super) fn unrecognised(&mut self, path: &Path, offset: Option<u64>, message: String) {
        self.progress.problems += 1;
        if self.problems.len() < NAMED_PROBLEMS {
            self.problems.push(Problem { path: shown(path), offset, message });
        }
    }

    /// A source has spoken of a session.
    pub(super) fn session(&mut self, tool: &str, session: &Session, new: bool, new_messages: u32) {
        if session.message_count == 0 || (new_messages == 0 && !new) {
            return;
        }
        let report = self.tools.entry(tool.to_owned()).or_default();
        match self.counted.get(&session.id) {
            Some(Some(place)) => {
                if let Some(change) = report.sessions.get_mut(*place) {
                    change.new_messages += new_messages;
                    let new_messages = change.new_messages + new_messages;
                    *change = change_of(session, change.new, new_messages);
                }
            }
            Some(None) => {}
            None => {
                self.progress.sessions += 1;
                *(if new { &mut report.new_sessions } else { &mut report.changed_sessions }) += 1;
                let named =
                    (report.sessions.len() < NAMED_SESSIONS).then_some(report.sessions.len());
                if named.is_some() {
                    report.sessions.push(change_of(session, new, new_messages));
                }
                self.counted.insert(session.id, named);
            }
        }
    }

    pub(super) fn finish(self, problems: Vec<Problem>, dry_run: bool) -> ImportReport {
        let mut all = problems;
        let is_known = |problem: &Problem| self.beside.contains(&problem.path);
        all.extend(self.problems.into_iter().filter(|problem| !is_known(problem)));
        let tools = self.tools.into_values().collect();
        ImportReport { tools, problems: all, failed_plugins: Vec::new(), dry_run }
    }
}

fn change_of(session: &Session, new: bool, new_messages: u32) -> SessionChange {
    SessionChange {
        id: session.id,
        new,
        message_count: session.message_count,
        new_messages,
        directory: session.directory.clone(),
        title: session.title.clone(),
        branch: session.branch().map(str::to_owned),
        last_activity: session.last_activity,
        ended: session.ended,
    }
}

/// A path as it can be written anywhere; what is no Unicode in it is replaced.
pub(super) fn shown(path: &Path) -> PathBuf {
    PathBuf::from(path.to_string_lossy().into_owned())
}
