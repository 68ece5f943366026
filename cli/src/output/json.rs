//! What sessions and messages look like in JSON.
//!
//! These shapes are promised in `docs/json.md`: keys may come, none goes, and an absent value is
//! `null`. The engine's own types do not define them.

use std::path::Path;

use lore_engine::api::{CommitDetail, FailedPlugin, Prompt, SessionDetail};
use lore_engine::model::{
    Annotation, Block, FileEdit, MachineId, Message, MessageId, SessionId, Timestamp, Usage,
};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::home::Home;
use crate::installed;
use crate::output::machine::MachineJson;
use crate::output::plain::cut;
use crate::output::short_commit;

/// A plugin that is passed over.
#[derive(Serialize)]
pub(crate) struct FailedPluginJson<'a> {
    name: &'a str,
    built_in: bool,
    error: String,
}

impl<'a> FailedPluginJson<'a> {
    pub(crate) fn new(failed: &'a FailedPlugin, home: &Home) -> Self {
        let error = installed::reason(home, failed);
        Self { name: &failed.tool, built_in: failed.built_in, error }
    }
}

/// A commit.
#[derive(Serialize)]
pub(crate) struct CommitJson<'a> {
    sha: &'a str,
    short: &'a str,
    summary: &'a str,
    author: &'a str,
    authored_at: Utc,
    committed_at: Utc,
    repository: PathJson<'a>,
}

impl<'a> From<&'a CommitDetail> for CommitJson<'a> {
    fn from(commit: &'a CommitDetail) -> Self {
        Self {
            sha: &commit.id,
            short: short_commit(&commit.id),
            summary: &commit.subject,
            author: &commit.author,
            authored_at: Utc(commit.authored),
            committed_at: Utc(commit.committed),
            repository: PathJson(&commit.root),
        }
    }
}

/// A session.
#[derive(Serialize)]
pub(crate) struct SessionJson<'a> {
    id: SessionId,
    tool: &'a str,
    tool_version: Option<&'a str>,
    title: Option<&'a str>,
    started_at: Option<Utc>,
    ended_at: Option<Utc>,
    last_activity_at: Option<Utc>,
    active: bool,
    model: Option<&'a str>,
    working_directory: Option<&'a str>,
    git_branch: Option<&'a str>,
    git_branches: &'a [String],
    git_commit: Option<&'a str>,
    repository_url: Option<&'a str>,
    source_path: Option<PathJson<'a>>,
    source_paths: Vec<PathJson<'a>>,
    message_count: u32,
    usage: Usage,
    parent_id: Option<SessionId>,
    native_id: &'a str,
    machine_id: MachineId,
    origin: Option<MachineJson<'a>>,
    tags: &'a [String],
}

impl<'a> From<&'a SessionDetail> for SessionJson<'a> {
    fn from(detail: &'a SessionDetail) -> Self {
        let session = &detail.session;
        Self {
            id: session.id,
            tool: &session.tool,
            tool_version: session.tool_version.as_deref(),
            title: session.title.as_deref(),
            started_at: session.started.map(Utc),
            ended_at: session.ended.map(Utc),
            last_activity_at: session.last_activity.map(Utc),
            active: detail.active,
            model: session.model.as_deref(),
            working_directory: session.directory.as_deref(),
            git_branch: session.branch(),
            git_branches: &session.branches,
            git_commit: session.commit.as_deref(),
            repository_url: session.repository.as_deref(),
            source_path: detail.source_paths.first().map(|path| PathJson(path)),
            source_paths: detail.source_paths.iter().map(|path| PathJson(path)).collect(),
            message_count: session.message_count,
            usage: session.usage,
            parent_id: session.parent,
            native_id: &session.native_id,
            machine_id: session.machine,
            origin: detail.origin.as_ref().map(MachineJson::from),
            tags: &detail.tags,
        }
    }
}

/// A note on a session.
#[derive(Serialize)]
pub(crate) struct AnnotationJson<'a> {
    id: Uuid,
    content: &'a str,
    created_at: Utc,
    author: Option<&'a str>,
}

impl<'a> From<&'a Annotation> for AnnotationJson<'a> {
    fn from(annotation: &'a Annotation) -> Self {
        Self {
            id: annotation.id,
            content: &annotation.content,
            created_at: Utc(annotation.created_at),
            author: annotation.author.as_deref(),
        }
    }
}

/// A message.
#[derive(Serialize)]
pub(crate) struct MessageJson<'a> {
    id: MessageId,
    session_id: SessionId,
    parent_id: Option<MessageId>,
    index: u32,
    timestamp: Option<Utc>,
    role: &'static str,
    content: Vec<BlockJson<'a>>,
    model: Option<&'a str>,
    git_branch: Option<&'a str>,
    cwd: Option<&'a str>,
    injected: bool,
    sidechain: bool,
    withdrawn: bool,
    usage: Option<Usage>,
}

impl<'a> MessageJson<'a> {
    /// The message that stands at `index` in its session.
    pub(crate) fn new(session: SessionId, index: u32, message: &'a Message) -> Self {
        Self {
            id: message.id,
            session_id: session,
            parent_id: message.parent,
            index,
            timestamp: message.at.map(Utc),
            role: message.role.name(),
            content: message.content.iter().map(BlockJson::from).collect(),
            model: message.model.as_deref(),
            git_branch: message.branch.as_deref(),
            cwd: message.directory.as_deref(),
            injected: message.injected,
            sidechain: message.sidechain,
            withdrawn: message.withdrawn,
            usage: message.usage,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockJson<'a> {
    Text {
        text: &'a str,
    },
    Thinking {
        thinking: &'a str,
    },
    ToolUse {
        id: &'a str,
        name: &'a str,
        input: Verbatim<'a>,
        edits: &'a [FileEdit],
        reads: &'a [String],
        command: Option<&'a str>,
    },
    ToolResult {
        tool_use_id: &'a str,
        content: &'a str,
        is_error: bool,
        exit_status: Option<i32>,
    },
    Other {
        value: Verbatim<'a>,
    },
}

impl<'a> From<&'a Block> for BlockJson<'a> {
    fn from(block: &'a Block) -> Self {
        match block {
            Block::Text(text) => Self::Text { text },
            Block::Thinking(thinking) => Self::Thinking { thinking },
            Block::ToolUse(tool_use) => Self::ToolUse {
                id: &tool_use.id,
                name: &tool_use.name,
                input: Verbatim(&tool_use.input),
                edits: &tool_use.edits,
                reads: &tool_use.reads,
                command: tool_use.command.as_deref(),
            },
            Block::ToolResult(result) => Self::ToolResult {
                tool_use_id: &result.id,
                content: &result.content,
                is_error: result.is_error,
                exit_status: result.exit_status,
            },
            Block::Other(value) => Self::Other { value: Verbatim(value) },
        }
    }
}

/// JSON as the tool wrote it; as text where it is none.
struct Verbatim<'a>(&'a str);

impl Serialize for Verbatim<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(self.0) {
            Ok(value) => value.serialize(serializer),
            Err(_) => self.0.serialize(serializer),
        }
    }
}

/// A time as RFC 3339 in UTC.
#[derive(Clone, Copy)]
pub(crate) struct Utc(pub(crate) Timestamp);

impl Serialize for Utc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A path, as far as it is text.
pub(crate) struct PathJson<'a>(pub(crate) &'a Path);

impl Serialize for PathJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.display())
    }
}

/// What a person asked for.
#[derive(Serialize)]
pub(crate) struct PromptJson<'a> {
    message_id: MessageId,
    message_index: u32,
    text: &'a str,
}

impl<'a> PromptJson<'a> {
    /// With at most so many bytes of its text.
    pub(crate) fn new(prompt: &'a Prompt, limit: usize) -> Self {
        let text = cut(&prompt.text, limit).0;
        Self { message_id: prompt.message, message_index: prompt.index, text }
    }
}
