//! What speaks for a session's part in a commit: in words, and as JSON.

use lore_engine::model::{Creator, Evidence, Link};
use serde::Serialize;

use crate::output::DIM;
use crate::output::json::Utc;
use crate::output::number::{count, grouped, percent};
use crate::output::table::Table;

/// The evidence as JSON.
#[derive(Serialize)]
pub(super) struct EvidenceJson {
    time: f32,
    files: f32,
    branch: Option<f32>,
    content: Option<f32>,
    lines: u32,
    added_lines: u32,
    other_author: bool,
}

impl From<&Evidence> for EvidenceJson {
    fn from(evidence: &Evidence) -> Self {
        Self {
            time: evidence.time,
            files: evidence.files,
            branch: evidence.branch,
            content: evidence.content,
            lines: evidence.lines,
            added_lines: evidence.added,
            other_author: evidence.other_author,
        }
    }
}

/// A link as JSON.
#[derive(Serialize)]
pub(super) struct LinkJson<'a> {
    commit_sha: &'a str,
    subject: &'a str,
    confidence: Option<f32>,
    created_by: Creator,
    created_at: Utc,
    evidence: Option<EvidenceJson>,
    earlier_shas: &'a [String],
}

impl<'a> From<&'a Link> for LinkJson<'a> {
    fn from(link: &'a Link) -> Self {
        Self {
            commit_sha: &link.commit,
            subject: &link.mark.subject,
            confidence: link.confidence,
            created_by: link.created_by,
            created_at: Utc(link.created_at),
            evidence: link.evidence.as_ref().map(EvidenceJson::from),
            earlier_shas: &link.earlier,
        }
    }
}

/// How sure a link is; a person's is sure.
pub(super) fn confidence(link: &Link) -> String {
    link.confidence.map_or("-".to_owned(), percent)
}

/// The evidence in a few words, a row for each factor.
pub(super) fn table(evidence: &Evidence) -> Table<3> {
    let mut table = Table::new().right(1).indent(6).style(0, DIM);
    let mut row = |name: &str, value: Option<f32>, words: String| {
        table.row([name.to_owned(), value.map_or("-".to_owned(), percent), words]);
    };
    let time = match evidence.time {
        1.0 => "within the session",
        0.0 => "far from the session",
        _ => "near the session",
    };
    row("time", Some(evidence.time), time.to_owned());
    row("files", Some(evidence.files), "of the commit's files".to_owned());
    let branch = match evidence.branch {
        None => "not known",
        Some(0.0) => "another branch",
        Some(_) => "the session's branch",
    };
    row("branch", evidence.branch, branch.to_owned());
    let content = match evidence.content {
        None => "not known".to_owned(),
        Some(_) => {
            let added = count(evidence.added.into(), "added line");
            format!("{} of {added}", grouped(evidence.lines.into()))
        }
    };
    row("content", evidence.content, content);
    if evidence.other_author {
        row("author", None, "somebody else".to_owned());
    }
    table
}
