//! The sessions that are linked to a commit.

use std::io::Write as _;

use lore_engine::api::{Linked, LinkedCommit, SessionDetail};
use lore_engine::model::{Creator, Link, SessionId};
use serde::Serialize;

use super::super::{current_directory, evidence};
use super::{Context, ShowFormat};
use crate::client::Access;
use crate::commands::evidence::EvidenceJson;
use crate::error::CliError;
use crate::output::json::Utc;
use crate::output::machine::{MachineJson, label};
use crate::output::table::Table;
use crate::output::{DIM, HEADING, ID, number::grouped, plain, short_commit, time};

#[derive(Serialize)]
struct CommitJson<'a> {
    commit_sha: &'a str,
    ref_name: &'a str,
    commit_summary: Option<&'a str>,
    commit_author: Option<&'a str>,
    commit_timestamp: Option<Utc>,
    sessions: Vec<LinkedJson<'a>>,
}

#[derive(Serialize)]
struct LinkedJson<'a> {
    session_id: SessionId,
    tool: &'a str,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    message_count: u32,
    origin: Option<MachineJson<'a>>,
    commit_sha: &'a str,
    confidence: Option<f32>,
    created_by: Creator,
    created_at: Utc,
    evidence: Option<EvidenceJson>,
    moved_from: Option<&'a str>,
}

/// Writes the commit and its sessions. What git does not know is taken for the first digits of an id.
pub(super) fn write(
    context: &mut Context,
    reference: &str,
    explain: bool,
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
            commit_author: commit.as_ref().map(|commit| commit.author.as_str()),
            commit_timestamp: at.map(Utc),
            sessions: linked.iter().map(|linked| json(linked, id)).collect(),
        });
    }
    let markdown = format == ShowFormat::Markdown;
    let output = &mut context.output;
    match markdown {
        true => writeln!(output, "# Commit {}", short_commit(id))?,
        false => writeln!(output, "{HEADING}Commit {}{HEADING:#}", short_commit(id))?,
    }
    if let (Some(commit), Some(at)) = (&commit, at) {
        let indent = if markdown { "\n" } else { "  " };
        writeln!(output, "{indent}{}  ({})", plain(&commit.subject), time::local(at))?;
    }
    if linked.is_empty() {
        return output.note("No session is linked to it; `lore link` links one.");
    }
    writeln!(output)?;
    if markdown {
        writeln!(output, "| Session | Started | Messages | Confidence | |\n|---|---|--:|--:|---|")?;
        for linked in &linked {
            writeln!(output, "| {} |", row(linked, id).join(" | "))?;
        }
        return Ok(());
    }
    let headings = ["ID", "STARTED", "MESSAGES", "CONFIDENCE", ""];
    let mut table = Table::with_headings(headings).right(2).right(3).style(0, ID).style(4, DIM);
    linked.iter().for_each(|linked| table.row(row(linked, id)));
    table.write(output)?;
    if explain {
        for Linked { link, session: SessionDetail { session, .. }, .. } in &linked {
            let confidence = evidence::confidence(link);
            writeln!(output, "\n{ID}{}{ID:#}  {confidence}  {}", session.id.short(), by(link))?;
            if let Some(evidence) = &link.evidence {
                evidence::table(evidence).write(output)?;
            }
        }
    }
    Ok(())
}

fn row(linked: &Linked, commit: &str) -> [String; 5] {
    let Linked { link, session: SessionDetail { session, origin, .. }, .. } = linked;
    let moved = if is_earlier(link, commit) {
        format!("moved to {}", short_commit(&link.commit))
    } else {
        let from = moved_from(linked, commit).map(short_commit);
        from.map_or(String::new(), |from| format!("moved from {from}"))
    };
    let origin = origin.as_ref().map(|origin| format!("on {}", label(origin)));
    let notes: Vec<String> =
        [Some(moved), origin].into_iter().flatten().filter(|note| !note.is_empty()).collect();
    [
        session.id.short(),
        time::local_or_dash(session.started),
        grouped(session.message_count.into()),
        evidence::confidence(link),
        notes.join(", "),
    ]
}

/// The id that the commit had when it was linked, if it is another one now.
fn moved_from<'a>(Linked { link, moved, .. }: &'a Linked, commit: &str) -> Option<&'a str> {
    match moved {
        _ if is_earlier(link, commit) => None,
        Some(_) if link.commit != commit => Some(&link.commit),
        _ => link.earlier.last().map(String::as_str),
    }
}

/// Whether the commit is what the link was to before it was moved.
fn is_earlier(link: &Link, commit: &str) -> bool {
    link.earlier.iter().any(|earlier| earlier == commit)
}

/// Who made a link, and when.
fn by(link: &Link) -> String {
    let by = match link.created_by {
        Creator::User => "a person",
        Creator::Auto => "lore",
        Creator::Hook => "a git hook",
    };
    format!("linked by {by}, {}", time::local(link.created_at))
}

fn json<'a>(linked: &'a Linked, commit: &str) -> LinkedJson<'a> {
    let Linked { link, session: SessionDetail { session, origin, .. }, .. } = linked;
    LinkedJson {
        session_id: session.id,
        tool: &session.tool,
        title: session.title.as_deref(),
        started_at: session.started.map(Utc),
        message_count: session.message_count,
        origin: origin.as_ref().map(MachineJson::from),
        commit_sha: &link.commit,
        confidence: link.confidence,
        created_by: link.created_by,
        created_at: Utc(link.created_at),
        evidence: link.evidence.as_ref().map(EvidenceJson::from),
        moved_from: moved_from(linked, commit),
    }
}
