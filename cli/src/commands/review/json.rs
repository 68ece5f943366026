//! The report as JSON.

use lore_engine::api::{LineShare, ReviewAnswer, ReviewCommit, ReviewFile, ReviewSession};
use lore_engine::model::SessionId;
use serde::Serialize;

use super::total;
use crate::output::json::{CommitJson, PromptJson, Utc};
use crate::output::machine::MachineJson;

/// What was asked for and what was found.
#[derive(Serialize)]
pub(super) struct ReviewJson<'a> {
    range: &'a str,
    redacted: bool,
    lines: LinesJson,
    commits: Vec<ReviewCommitJson<'a>>,
    sessions: Vec<SessionJson<'a>>,
    masked: Vec<MaskedJson<'a>>,
}

#[derive(Serialize)]
struct LinesJson {
    session: u32,
    hand: u32,
    unknown: u32,
}

#[derive(Serialize)]
struct ReviewCommitJson<'a> {
    #[serde(flatten)]
    commit: CommitJson<'a>,
    lines: LinesJson,
    sessions: Vec<PartJson>,
    files: Vec<FileJson<'a>>,
    prompts: Vec<AskedJson>,
}

/// A prompt, which stands with its session.
#[derive(Serialize)]
struct AskedJson {
    session_id: SessionId,
    message_index: u32,
}

/// A session's part.
#[derive(Serialize)]
struct PartJson {
    session_id: SessionId,
    lines: u32,
    /// Of its link to the commit; of a file always null.
    confidence: Option<f32>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    lines: LinesJson,
    sessions: Vec<PartJson>,
}

#[derive(Serialize)]
struct SessionJson<'a> {
    session_id: SessionId,
    tool: &'a str,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    origin: Option<MachineJson<'a>>,
    lines: u32,
    prompts: Vec<PromptJson<'a>>,
}

#[derive(Serialize)]
struct MaskedJson<'a> {
    kind: &'a str,
    count: u64,
}

impl<'a> ReviewJson<'a> {
    pub(super) fn new(range: &'a str, redacted: bool, answer: &'a ReviewAnswer) -> Self {
        let masked = answer.masked.iter();
        Self {
            range,
            redacted,
            lines: total(answer).into(),
            commits: answer
                .commits
                .iter()
                .map(|found| ReviewCommitJson::new(answer, found))
                .collect(),
            sessions: answer.sessions.iter().map(SessionJson::from).collect(),
            masked: masked.map(|(kind, count)| MaskedJson { kind, count: *count }).collect(),
        }
    }
}

impl<'a> ReviewCommitJson<'a> {
    fn new(answer: &ReviewAnswer, found: &'a ReviewCommit) -> Self {
        let ReviewCommit { commit, files, sessions, prompts, lines } = found;
        let asked = |&(session, prompt): &(u32, u32)| {
            let session = answer.sessions.get(session as usize)?;
            let message_index = session.prompts.get(prompt as usize)?.index;
            Some(AskedJson { session_id: session.detail.session.id, message_index })
        };
        Self {
            commit: CommitJson::from(commit),
            lines: (*lines).into(),
            sessions: parts(answer, sessions.iter().copied()),
            files: files.iter().map(|file| FileJson::new(answer, file)).collect(),
            prompts: prompts.iter().filter_map(asked).collect(),
        }
    }
}

impl<'a> FileJson<'a> {
    fn new(answer: &ReviewAnswer, file: &'a ReviewFile) -> Self {
        let sessions = file.sessions.iter().map(|(index, lines)| (*index, *lines, None));
        Self { path: &file.path, lines: file.lines.into(), sessions: parts(answer, sessions) }
    }
}

fn parts(
    answer: &ReviewAnswer,
    sessions: impl Iterator<Item = (u32, u32, Option<f32>)>,
) -> Vec<PartJson> {
    let part = |(index, lines, confidence): (u32, u32, Option<f32>)| {
        let session_id = answer.sessions.get(index as usize)?.detail.session.id;
        Some(PartJson { session_id, lines, confidence })
    };
    sessions.filter_map(part).collect()
}

impl<'a> From<&'a ReviewSession> for SessionJson<'a> {
    fn from(session: &'a ReviewSession) -> Self {
        let detail = &session.detail.session;
        Self {
            session_id: detail.id,
            tool: &detail.tool,
            title: detail.title.as_deref(),
            started_at: detail.started.map(Utc),
            origin: session.detail.origin.as_ref().map(MachineJson::from),
            lines: session.lines,
            prompts: session
                .prompts
                .iter()
                .map(|prompt| PromptJson::new(prompt, usize::MAX))
                .collect(),
        }
    }
}

impl From<LineShare> for LinesJson {
    fn from(LineShare { session, hand, unknown }: LineShare) -> Self {
        Self { session, hand, unknown }
    }
}
