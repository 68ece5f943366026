//! What `lore link` answers as JSON: one shape, however the links were found.

use lore_engine::api::{Proposal, Scanned};
use lore_engine::model::SessionId;
use serde::Serialize;

use crate::commands::evidence::EvidenceJson;
use crate::output::json::CommitJson;

/// What was done, or would be.
#[derive(Serialize)]
pub(super) struct AnswerJson<'a> {
    pub(super) commit: Option<CommitJson<'a>>,
    pub(super) files_changed: Option<u32>,
    pub(super) threshold: Option<f32>,
    pub(super) dry_run: bool,
    pub(super) links: Vec<PairJson<'a>>,
    pub(super) scanned: Option<ScannedJson>,
}

/// A session and a commit.
#[derive(Serialize)]
pub(super) struct PairJson<'a> {
    pub(super) session_id: SessionId,
    pub(super) commit_sha: &'a str,
    pub(super) commit_summary: &'a str,
    pub(super) confidence: Option<f32>,
    pub(super) evidence: Option<EvidenceJson>,
    pub(super) outcome: Outcome,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It is made.
    Linked,
    /// It was there before.
    AlreadyLinked,
    /// It would be made.
    Proposed,
    /// Too little speaks for it.
    BelowThreshold,
}

impl Outcome {
    /// Of a link that was asked for: it was made, if it is new.
    pub(super) fn done(new: bool) -> Self {
        if new { Self::Linked } else { Self::AlreadyLinked }
    }

    /// Of a link that is not to be made, only shown.
    pub(super) fn planned(new: bool) -> Self {
        if new { Self::Proposed } else { Self::AlreadyLinked }
    }
}

impl<'a> PairJson<'a> {
    /// A proposal, and what became of it.
    pub(super) fn new(proposal: &'a Proposal, outcome: Outcome) -> Self {
        Self {
            session_id: proposal.session,
            commit_sha: &proposal.commit.id,
            commit_summary: &proposal.commit.subject,
            confidence: Some(proposal.confidence),
            evidence: Some(EvidenceJson::from(&proposal.evidence)),
            outcome,
        }
    }
}

/// What a backfill looked at.
#[derive(Serialize)]
pub(super) struct ScannedJson {
    ended: u64,
    existing: u64,
    in_repositories: u64,
}

impl From<Scanned> for ScannedJson {
    fn from(scanned: Scanned) -> Self {
        let Scanned { ended, existing, in_repositories } = scanned;
        Self { ended, existing, in_repositories }
    }
}
