//! Version 0.1.0 of the contract: converts, and does nothing else.

use wasmtime::component::{Component, HasSelf, Linker, Resource, ResourceAny};
use wasmtime::{Engine, Store};

use self::bindings::exports::lore::watcher::parser as exported;
use self::bindings::lore::watcher::{source, types};
use super::database::Value;
use super::empty_wasi;
use super::grant::Grant;
use super::reading::Refusal;
use super::record::{
    Batch, Content, Count, Event, Growth, Location, MemoryRecord, MessageRecord, Outcome,
    PluginInfo, SessionRecord,
};
use super::source::SourceFile;
use crate::model::{Block, EditKind, FileEdit, Role, Timestamp, ToolResult, ToolUse, Usage};

/// The version.
pub(super) const VERSION: &str = "0.1.0";

/// All that it gives.
pub(super) const IMPORTS: [&str; 2] = ["lore:watcher/types@0.1.0", "lore:watcher/source@0.1.0"];

mod bindings {
    wasmtime::component::bindgen!({
        path: "../plugin-sdk/wit/lore-watcher@0.1.0",
        world: "watcher",
        imports: { default: trappable },
        with: { "lore:watcher/source.file": crate::plugin::SourceFile },
    });
}

/// A compiled plugin, its imports provided.
#[derive(Clone)]
pub(super) struct Prepared(bindings::WatcherPre<Grant>);

impl Prepared {
    /// Provides the imports.
    ///
    /// # Errors
    /// If the component's types are not the contract's.
    pub(super) fn new(engine: &Engine, component: &Component) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(engine);
        bindings::Watcher::add_to_linker::<_, HasSelf<Grant>>(&mut linker, |grant| grant)?;
        empty_wasi::provide(&mut linker, component)?;
        Ok(Self(bindings::WatcherPre::new(linker.instantiate_pre(component)?)?))
    }

    /// Asks the plugin what it is.
    pub(super) fn describe(&self, store: &mut Store<Grant>) -> wasmtime::Result<PluginInfo> {
        let plugin = self.0.instantiate(&mut *store)?;
        Ok(info(plugin.call_describe(store)?))
    }

    /// Makes a fresh instance that reads one source.
    pub(super) fn begin(
        &self,
        store: &mut Store<Grant>,
        source: SourceFile,
        checkpoint: Option<&[u8]>,
    ) -> wasmtime::Result<Reader> {
        let plugin = self.0.instantiate(&mut *store)?;
        let source = store.data_mut().hand_over(source).map_err(wasmtime::Error::msg)?;
        let checkpoint = checkpoint.map(<[u8]>::to_vec);
        let reader = plugin.lore_watcher_parser().reader().call_constructor(
            store,
            source,
            checkpoint.as_deref(),
        )?;
        Ok(Reader { plugin, reader })
    }
}

/// An instance that reads a source.
pub(super) struct Reader {
    plugin: bindings::Watcher,
    reader: ResourceAny,
}

impl Reader {
    /// Asks for the next batch.
    pub(super) fn next(
        &self,
        store: &mut Store<Grant>,
    ) -> wasmtime::Result<Result<Batch, Refusal>> {
        let parser = self.plugin.lore_watcher_parser().reader();
        Ok(match parser.call_next(store, self.reader)? {
            Ok(returned) => Ok(batch(returned)),
            Err(types::ParseError::NotMine) => Err(Refusal::NotMine),
            Err(types::ParseError::StaleCheckpoint) => Err(Refusal::StaleCheckpoint),
            Err(types::ParseError::Read(reason)) => Err(Refusal::Source(reason)),
            Err(types::ParseError::Other(reason)) => Err(Refusal::Plugin(reason)),
        })
    }
}

impl types::Host for Grant {}

impl source::Host for Grant {
    fn open(&mut self, path: String) -> wasmtime::Result<Result<Resource<SourceFile>, String>> {
        Grant::open(self, &path)
    }

    fn find(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<String>, String>> {
        Grant::find(self, &pattern)
    }
}

impl source::HostFile for Grant {
    fn path(&mut self, file: Resource<SourceFile>) -> wasmtime::Result<String> {
        Ok(self.file(&file)?.path().to_owned())
    }

    fn size(&mut self, file: Resource<SourceFile>) -> wasmtime::Result<u64> {
        Ok(self.file(&file)?.size())
    }

    fn modified(&mut self, file: Resource<SourceFile>) -> wasmtime::Result<i64> {
        Ok(self.file(&file)?.modified().0)
    }

    fn read(
        &mut self,
        file: Resource<SourceFile>,
        offset: u64,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        Grant::read(self, &file, offset, max)
    }

    fn query(
        &mut self,
        file: Resource<SourceFile>,
        sql: String,
        params: Vec<source::Value>,
    ) -> wasmtime::Result<Result<Vec<Vec<source::Value>>, String>> {
        let parameters: Vec<Value> = params.into_iter().map(parameter).collect();
        let rows = Grant::query(self, &file, &sql, &parameters)?;
        Ok(rows
            .map(|rows| rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect()))
    }

    fn drop(&mut self, file: Resource<SourceFile>) -> wasmtime::Result<()> {
        self.close(file)
    }
}

fn parameter(value: source::Value) -> Value {
    match value {
        source::Value::Null => Value::Null,
        source::Value::Integer(integer) => Value::Integer(integer),
        source::Value::Real(real) => Value::Real(real),
        source::Value::Text(text) => Value::Text(text),
        source::Value::Blob(bytes) => Value::Blob(bytes),
    }
}

fn value(value: Value) -> source::Value {
    match value {
        Value::Null => source::Value::Null,
        Value::Integer(integer) => source::Value::Integer(integer),
        Value::Real(real) => source::Value::Real(real),
        Value::Text(text) => source::Value::Text(text),
        Value::Blob(bytes) => source::Value::Blob(bytes),
    }
}

fn info(info: types::WatcherInfo) -> PluginInfo {
    let locations = info.locations.into_iter().map(|location| Location {
        base: location.base,
        env: location.env,
        pattern: location.pattern,
        os: location.os,
        growth: match location.growth {
            types::Growth::AppendOnly => Growth::AppendOnly,
            types::Growth::Rewritten => Growth::Rewritten,
            types::Growth::Database => Growth::Database,
        },
        rank: location.rank,
        content: match location.content {
            types::Content::Sessions => Content::Sessions,
            types::Content::Memories => Content::Memories,
        },
    });
    PluginInfo {
        tool: info.tool,
        title: info.title,
        version: info.version,
        locations: locations.collect(),
    }
}

fn batch(batch: exported::Batch) -> Batch {
    let counts = batch.counts.into_iter().map(|count| Count {
        kind: count.kind,
        outcome: match count.outcome {
            types::Outcome::Kept => Outcome::Kept,
            types::Outcome::Skipped => Outcome::Skipped,
            types::Outcome::Unknown => Outcome::Unknown,
        },
        records: count.records,
    });
    Batch {
        events: batch.events.into_iter().map(event).collect(),
        counts: counts.collect(),
        position: batch.position,
        checkpoint: batch.checkpoint,
        done: batch.done,
    }
}

fn event(event: types::Event) -> Event {
    match event {
        types::Event::Session(session) => Event::Session(SessionRecord {
            id: session.id,
            parent: session.parent,
            lineage: session.lineage,
            title: session.title,
            started: session.started.map(Timestamp),
            ended: session.ended.map(Timestamp),
            directory: session.directory,
            branch: session.branch,
            commit: session.commit,
            repository: session.repository,
            tool_version: session.tool_version,
            model: session.model,
        }),
        types::Event::Message(message) => Event::Message(MessageRecord {
            session: message.session,
            key: message.key,
            parent: message.parent,
            role: match message.role {
                types::Role::User => Role::User,
                types::Role::Assistant => Role::Assistant,
                types::Role::System => Role::System,
            },
            injected: message.injected,
            sidechain: message.sidechain,
            at: message.at.map(Timestamp),
            model: message.model,
            directory: message.directory,
            branch: message.branch,
            content: message.content.into_iter().map(block).collect(),
            usage: message.usage.map(|usage| Usage {
                input: usage.input,
                output: usage.output,
                cache_read: usage.cache_read,
                cache_write: usage.cache_write,
            }),
        }),
        types::Event::Problem(problem) => {
            Event::Problem { offset: problem.offset, message: problem.message }
        }
        types::Event::Memory(memory) => Event::Memory(MemoryRecord {
            name: memory.name,
            description: memory.description,
            kind: memory.kind,
            content: memory.content,
        }),
    }
}

fn block(block: types::Block) -> Block {
    match block {
        types::Block::Text(text) => Block::Text(text),
        types::Block::Thinking(text) => Block::Thinking(text),
        types::Block::ToolUse(tool) => Block::ToolUse(ToolUse {
            id: tool.id,
            name: tool.name,
            input: tool.input,
            edits: tool.edits.into_iter().map(edit).collect(),
            reads: tool.reads,
            command: tool.command,
        }),
        types::Block::ToolResult(result) => Block::ToolResult(ToolResult {
            id: result.id,
            content: result.content,
            is_error: result.is_error,
            exit_status: result.exit_status,
        }),
        types::Block::Other(json) => Block::Other(json),
    }
}

fn edit(edit: types::Edit) -> FileEdit {
    FileEdit {
        path: edit.path,
        kind: match edit.kind {
            types::EditKind::Create => EditKind::Create,
            types::EditKind::Replace => EditKind::Replace,
            types::EditKind::Delete => EditKind::Delete,
            types::EditKind::Rename => EditKind::Rename,
        },
        before: edit.before,
        after: edit.after,
        to: edit.to,
    }
}
