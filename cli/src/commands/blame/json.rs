//! Whose lines they are, as JSON: of one line, of some, or of a whole file.

use lore_engine::api::{BlameAnswer, BlameLine, BlameSession, Writer};
use lore_engine::model::{MessageId, SessionId};
use serde::Serialize;

use super::{Context, Known, Written};
use crate::error::CliError;
use crate::output::json::{CommitJson, PromptJson, Utc};
use crate::output::machine::MachineJson;
use crate::output::short_commit;

/// Bytes of a prompt that stand beside each of several lines.
const PROMPT_BYTES: usize = 200;

#[derive(Serialize)]
struct OneLineJson<'a> {
    line: u32,
    line_content: &'a str,
    commit_sha: Option<&'a str>,
    commit_short: Option<&'a str>,
    commit_summary: Option<&'a str>,
    commit_author: Option<&'a str>,
    commit_date: Option<Utc>,
    written_by: Writer,
    origin: Option<OriginJson<'a>>,
    changed_from: Option<ChangedJson<'a>>,
    #[serde(flatten)]
    all: LinesJson<'a>,
}

#[derive(Serialize)]
struct LinesJson<'a> {
    file: &'a str,
    lines: Vec<LineJson<'a>>,
    commits: Vec<CommitJson<'a>>,
    sessions: Vec<SessionJson<'a>>,
}

#[derive(Serialize)]
struct LineJson<'a> {
    line: u32,
    text: &'a str,
    commit: Option<&'a str>,
    written_by: Writer,
    origin: Option<OriginJson<'a>>,
    changed_from: Option<ChangedJson<'a>>,
}

#[derive(Serialize)]
struct OriginJson<'a> {
    session_id: SessionId,
    message_id: MessageId,
    message_index: u32,
    /// The engine does not keep the tools' own ids of messages.
    message_key: Option<&'a str>,
    tool_use_id: &'a str,
    tool_name: &'a str,
    at: Option<Utc>,
    path: &'a str,
    prompt: Option<PromptJson<'a>>,
    replaced: &'a [String],
}

#[derive(Serialize)]
struct ChangedJson<'a> {
    text: &'a str,
    origin: OriginJson<'a>,
}

#[derive(Serialize)]
struct SessionJson<'a> {
    session_id: SessionId,
    tool: &'a str,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    message_count: u32,
    origin: Option<MachineJson<'a>>,
    linked: bool,
    confidence: Option<f32>,
    relevant_excerpts: &'a [String],
}

/// How much of an edit is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    All,
    /// What would make a file's answer many times as long as the file is left out.
    Brief,
}

/// Writes what is known about the one line that was asked for.
pub(super) fn write_line(
    context: &mut Context,
    answer: &BlameAnswer,
    line: &BlameLine,
) -> Result<(), CliError> {
    let known = Known::new(answer, line);
    let line = LineJson::new(&known, Detail::All);
    let commit = known.commit;
    context.output.json(&OneLineJson {
        line: line.line,
        line_content: line.text,
        commit_sha: line.commit,
        commit_short: commit.map(|commit| short_commit(&commit.id)),
        commit_summary: commit.map(|commit| commit.subject.as_str()),
        commit_author: commit.map(|commit| commit.author.as_str()),
        commit_date: commit.map(|commit| Utc(commit.committed)),
        written_by: line.written_by,
        origin: line.origin,
        changed_from: line.changed_from,
        all: all(answer, Detail::All),
    })
}

/// Writes whose lines they are.
pub(super) fn write(context: &mut Context, answer: &BlameAnswer) -> Result<(), CliError> {
    context.output.json(&all(answer, Detail::Brief))
}

fn all(answer: &BlameAnswer, detail: Detail) -> LinesJson<'_> {
    let line = |line| LineJson::new(&Known::new(answer, line), detail);
    LinesJson {
        file: &answer.file,
        lines: answer.lines.iter().map(line).collect(),
        commits: answer.commits.iter().map(CommitJson::from).collect(),
        sessions: answer.sessions.iter().map(SessionJson::from).collect(),
    }
}

impl<'a> LineJson<'a> {
    fn new(known: &Known<'a>, detail: Detail) -> Self {
        let line = known.line;
        let changed_from = known.changed_from.as_ref();
        Self {
            line: line.line,
            text: &line.text,
            commit: known.commit.map(|commit| commit.id.as_str()),
            written_by: line.written_by,
            origin: known.origin.as_ref().map(|written| OriginJson::new(written, detail)),
            changed_from: changed_from.map(|(written, text)| ChangedJson {
                text,
                origin: OriginJson::new(written, detail),
            }),
        }
    }
}

impl<'a> OriginJson<'a> {
    fn new(written: &Written<'a>, detail: Detail) -> Self {
        let Written { origin, session } = *written;
        let limit = if detail == Detail::All { usize::MAX } else { PROMPT_BYTES };
        let prompt = origin.prompt.as_ref().map(|prompt| PromptJson::new(prompt, limit));
        Self {
            session_id: session.detail.session.id,
            message_id: origin.call.message,
            message_index: origin.call.message_index,
            message_key: None,
            tool_use_id: &origin.call.tool_use_id,
            tool_name: &origin.call.tool_name,
            at: origin.call.at.map(Utc),
            path: &origin.path,
            prompt,
            replaced: if detail == Detail::All { &origin.replaced } else { &[] },
        }
    }
}

impl<'a> From<&'a BlameSession> for SessionJson<'a> {
    fn from(BlameSession { detail, linked, excerpts }: &'a BlameSession) -> Self {
        let session = &detail.session;
        Self {
            session_id: session.id,
            tool: &session.tool,
            title: session.title.as_deref(),
            started_at: session.started.map(Utc),
            message_count: session.message_count,
            origin: detail.origin.as_ref().map(MachineJson::from),
            linked: linked.is_some(),
            confidence: linked.as_ref().and_then(|linked| linked.link.confidence),
            relevant_excerpts: excerpts,
        }
    }
}
