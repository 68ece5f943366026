//! The sessions that are linked to a commit.

use std::io::Write as _;

use lore_engine::api::{Linked, LinkedCommit, SessionDetail};
use lore_engine::model::{Link, SessionId};
use serde::Serialize;

use super::super::current_directory;
use super::{Context, ShowFormat};
use crate::client::Access;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::table::Table;
use crate::output::{HEADING, ID, number::grouped, plain, short_commit, time};

#[derive(Serialize)]
struct CommitJson<'a> {
    commit_sha: &'a str,
    ref_name: &'a str,
    commit_summary: Option<&'a str>,
    commit_timestamp: Option<Utc>,
    sessions: Vec<LinkedJson>,
}

#[derive(Serialize)]
struct LinkedJson {
    session_id: SessionId,
    started_at: Option<Utc>,
    message_count: u32,
    confidence: Option<f32>,
}

/// Writes the commit and its sessions. What git does not know is taken for the first digits of an id.
pub(super) fn write(
    context: &mut Context,
    reference: &str,
    format: ShowFormat,
) -> Result<(), CliError> {
    let place = current_directory()?;
    let LinkedCommit { commit, linked } =
        context.client(Access::Read)?.linked(&place, reference)?;
    let digits = commit.as_ref().map_or(reference, |commit| &commit.id);
    let mut commits: Vec<&str> = match commit {
        Some(_) => Vec::new(),
        None => linked.iter().map(|linked| linked.link.commit.as_str()).collect(),
    };
    commits.sort_unstable();
    commits.dedup();
    if commits.len() > 1 {
        let shown: Vec<&str> = commits.iter().map(|commit| short_commit(commit)).collect();
        let shown = shown.join(", ");
        context.output.note(&format!("`{reference}` fits several commits: {shown}"))?;
    }
    let id = commits.first().copied().unwrap_or(digits);
    let at = commit.as_ref().map(|commit| commit.committed);
    if format == ShowFormat::Json {
        return context.output.json(&CommitJson {
            commit_sha: id,
            ref_name: reference,
            commit_summary: commit.as_ref().map(|commit| commit.subject.as_str()),
            commit_timestamp: at.map(Utc),
            sessions: linked.iter().map(json).collect(),
        });
    }
    writeln!(context.output, "{HEADING}Commit {}{HEADING:#}", short_commit(id))?;
    if let (Some(commit), Some(at)) = (&commit, at) {
        writeln!(context.output, "  {}  ({})", plain(&commit.subject), time::local(at))?;
    }
    if linked.is_empty() {
        return context.output.note("No session is linked to it; `lore link` links one.");
    }
    writeln!(context.output)?;
    let headings = ["ID", "STARTED", "MESSAGES", "CONFIDENCE"];
    let mut table = Table::with_headings(headings).right(2).right(3).style(0, ID);
    for Linked { link, session: SessionDetail { session, .. }, .. } in &linked {
        table.row([
            session.id.short(),
            time::local_or_dash(session.started),
            grouped(session.message_count.into()),
            confidence(link),
        ]);
    }
    Ok(table.write(&mut context.output)?)
}

/// How sure a link is, in per cent; a person's is sure.
pub(super) fn confidence(link: &Link) -> String {
    link.confidence.map_or("-".to_owned(), |sure| format!("{:.0}%", sure * 100.0))
}

fn json(Linked { link, session: detail, .. }: &Linked) -> LinkedJson {
    LinkedJson {
        session_id: detail.session.id,
        started_at: detail.session.started.map(Utc),
        message_count: detail.session.message_count,
        confidence: link.confidence,
    }
}
