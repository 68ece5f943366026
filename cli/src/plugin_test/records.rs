//! What a component returns, in the words of the SDK: those that fixtures are written in.
//!
//! A test reads this file as a module of its own: it uses nothing of the rest of the CLI.

use lore_engine::model::{self, ToolResult};
use lore_engine::plugin::{Batch, Event, Outcome, ReadError};
use lore_plugin_sdk as sdk;

/// A batch.
pub(super) fn batch(batch: Batch) -> sdk::Batch {
    let counts = batch.counts.into_iter().map(|count| sdk::Count {
        kind: count.kind,
        outcome: match count.outcome {
            Outcome::Kept => sdk::Outcome::Kept,
            Outcome::Skipped => sdk::Outcome::Skipped,
            Outcome::Unknown => sdk::Outcome::Unknown,
        },
        records: count.records,
    });
    sdk::Batch {
        counts: counts.collect(),
        events: batch.events.into_iter().map(event).collect(),
        position: batch.position,
        checkpoint: batch.checkpoint,
        done: batch.done,
    }
}

/// An error; one that no plugin returns itself (a limit, a crash) is told in the engine's words.
pub(super) fn error(error: ReadError) -> sdk::ParseError {
    match error {
        ReadError::NotMine(_) => sdk::ParseError::NotMine,
        ReadError::StaleCheckpoint(_) => sdk::ParseError::StaleCheckpoint,
        ReadError::Source { reason, .. } => sdk::ParseError::Read(reason),
        ReadError::Plugin { reason, .. } => sdk::ParseError::Other(reason),
        error => sdk::ParseError::Other(error.to_string()),
    }
}

fn event(event: Event) -> sdk::Event {
    match event {
        Event::Session(session) => sdk::Event::Session(sdk::Session {
            id: session.id,
            parent: session.parent,
            lineage: session.lineage,
            title: session.title,
            started: session.started.map(|time| time.0),
            ended: session.ended.map(|time| time.0),
            directory: session.directory,
            branch: session.branch,
            commit: session.commit,
            repository: session.repository,
            tool_version: session.tool_version,
            model: session.model,
        }),
        Event::Message(message) => sdk::Event::Message(sdk::Message {
            session: message.session,
            key: message.key,
            parent: message.parent,
            role: match message.role {
                model::Role::User => sdk::Role::User,
                model::Role::Assistant => sdk::Role::Assistant,
                model::Role::System => sdk::Role::System,
            },
            injected: message.injected,
            sidechain: message.sidechain,
            at: message.at.map(|time| time.0),
            model: message.model,
            directory: message.directory,
            branch: message.branch,
            content: message.content.into_iter().map(block).collect(),
            usage: message.usage.map(|usage| sdk::Usage {
                input: usage.input,
                output: usage.output,
                cache_read: usage.cache_read,
                cache_write: usage.cache_write,
            }),
        }),
        Event::Problem { offset, message } => sdk::Event::Problem(sdk::Problem { offset, message }),
        Event::Memory(memory) => sdk::Event::Memory(sdk::Memory {
            name: memory.name,
            description: memory.description,
            kind: memory.kind,
            content: memory.content,
        }),
    }
}

fn block(block: model::Block) -> sdk::Block {
    match block {
        model::Block::Text(text) => sdk::Block::Text(text),
        model::Block::Thinking(text) => sdk::Block::Thinking(text),
        model::Block::ToolUse(tool) => sdk::Block::ToolUse(sdk::ToolUse {
            id: tool.id,
            name: tool.name,
            input: tool.input,
            edits: tool.edits.into_iter().map(edit).collect(),
            reads: tool.reads,
            command: tool.command,
        }),
        model::Block::ToolResult(ToolResult { id, content, is_error, exit_status }) => {
            sdk::Block::ToolResult(sdk::ToolResult { id, content, is_error, exit_status })
        }
        model::Block::Other(json) => sdk::Block::Other(json),
    }
}

fn edit(edit: model::FileEdit) -> sdk::Edit {
    sdk::Edit {
        path: edit.path,
        kind: match edit.kind {
            model::EditKind::Create => sdk::EditKind::Create,
            model::EditKind::Replace => sdk::EditKind::Replace,
            model::EditKind::Delete => sdk::EditKind::Delete,
            model::EditKind::Rename => sdk::EditKind::Rename,
        },
        before: edit.before,
        after: edit.after,
        to: edit.to,
    }
}
