//! `lore_get_linked_sessions`: the sessions that made a commit.

use lore_engine::api::Linked;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Tool, said};
use crate::mcp::budget::{Budget, shortened};
use crate::mcp::desk::Desk;
use crate::mcp::failure::Failure;
use crate::mcp::shapes::{CommitInfo, LeftOut, SessionInfo, confidence};

/// Bytes of a reference where it is repeated.
const REFERENCE: usize = 80;
/// Bytes of a summary.
const SUMMARY: usize = 500;

pub(super) struct GetLinkedSessions;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The commit's id or its first digits; a branch or a tag will do as well.
    commit_sha: String,
    /// A directory in its repository; the one that the server was started in if not given.
    repo: Option<String>,
    /// Passes over so many sessions: what an earlier answer gave as `next`.
    from: Option<u32>,
    /// The answer's size in tokens, from 500; 8000 if not given.
    max_tokens: Option<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    commit_sha: String,
    /// Null if the repository does not have it any more.
    commit: Option<CommitInfo>,
    /// The newest first.
    sessions: Vec<LinkedSession>,
    /// `from` of the next call; null at the end.
    next: Option<u32>,
    left_out: Option<LeftOut>,
}

/// A session that had a part in the commit.
#[derive(Debug, Serialize, JsonSchema)]
struct LinkedSession {
    #[serde(flatten)]
    session: SessionInfo,
    /// How sure it is, from 0 to 1; null if a person said so.
    confidence: Option<f64>,
    /// Lines of the commit that the session wrote, and all that it adds; null if not known.
    lines: Option<u32>,
    added_lines: Option<u32>,
    /// What somebody wrote down about it.
    summary: Option<String>,
}

impl LinkedSession {
    fn new(linked: &Linked, most: usize) -> Self {
        let evidence = linked.link.evidence.as_ref();
        let summary = linked.session.summary.as_ref().filter(|_| most > 0);
        Self {
            session: (&linked.session).into(),
            confidence: confidence(&linked.link),
            lines: evidence.map(|evidence| evidence.lines),
            added_lines: evidence.map(|evidence| evidence.added),
            summary: summary.map(|summary| shortened(&summary.content, most)),
        }
    }
}

impl Tool for GetLinkedSessions {
    const NAME: &'static str = "lore_get_linked_sessions";
    const TITLE: &'static str = "Sessions behind a commit";
    const DESCRIPTION: &'static str = "Finds the AI sessions that made a commit, with how sure that \
        is, also after a rebase, an amend or a squash. Use it to learn why a commit was made; \
        lore_get_session reads the conversation. For single lines, lore_why is more exact.";
    type Input = Input;
    type Output = Output;

    fn answer(desk: &Desk, input: Input) -> Result<Output, Failure> {
        said("commit_sha", &input.commit_sha)?;
        let place = desk.place(input.repo.as_deref());
        let found = desk.client()?.linked(&place, input.commit_sha.trim())?;
        let known = found.commit.as_ref().map(|commit| commit.id.as_str());
        let only = found.linked.first().map(|linked| linked.link.commit.as_str());
        let sha = known.or(only).unwrap_or(&input.commit_sha);
        let mut output = Output {
            commit_sha: shortened(sha, REFERENCE),
            commit: found.commit.as_ref().map(CommitInfo::from),
            sessions: Vec::new(),
            next: None,
            left_out: None,
        };
        let mut budget = Budget::new(input.max_tokens);
        budget.spend(&output)?;
        let from = input.from.unwrap_or(0);
        for linked in found.linked.iter().skip(from as usize) {
            let build = |most| LinkedSession::new(linked, most);
            if !budget.add(&mut output.sessions, SUMMARY, build)? {
                break;
            }
        }
        let next = from.saturating_add(output.sessions.len() as u32);
        if (next as usize) < found.linked.len() {
            output.next = Some(next);
            let how = format!("call lore_get_linked_sessions again with from={next}");
            output.left_out = Some(LeftOut { how, ..LeftOut::default() });
        }
        Ok(output)
    }
}
