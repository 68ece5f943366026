//! What an instance of a plugin holds and may ask for: its source, and what lies beside it.
//!
//! One `Grant` belongs to one instance. Each version of the contract offers it in its own words.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{Resource, ResourceTable};

use super::database::{Database, Query, QueryError, Value};
use super::limits::Meter;
use super::source::{Folder, SourceFile};
use super::{Exceeded, Limits};

/// The state of one instance.
pub(super) struct Grant {
    pub(super) meter: Meter,
    /// None while a plugin only describes itself.
    folder: Option<Arc<Folder>>,
    files: ResourceTable,
    /// The databases among the files, by the numbers of their handles.
    databases: BTreeMap<u32, Database>,
    /// Bytes of the rows of one query.
    rows: usize,
    deadline: Duration,
    /// When the current batch is late, and how many there were before.
    until: Instant,
    batch: u64,
    /// Calls that may be made for one batch, and those that still may be for the current one.
    calls: u32,
    calls_left: u32,
}

/// The limit was noted in the meter; this only stops the plugin.
#[derive(Debug, thiserror::Error)]
#[error("a limit was reached")]
struct Stopped;

impl Grant {
    pub(super) fn new(limits: &Limits, folder: Option<Arc<Folder>>) -> Self {
        let mut files = ResourceTable::new();
        files.set_max_capacity(limits.files);
        Self {
            meter: Meter::new(limits),
            folder,
            files,
            databases: BTreeMap::new(),
            rows: limits.rows,
            deadline: limits.deadline,
            until: Instant::now(),
            batch: 0,
            calls: limits.calls,
            calls_left: limits.calls,
        }
    }

    /// Begins a batch: what was counted for the last one no longer counts.
    pub(super) fn begin_batch(&mut self) {
        self.calls_left = self.calls;
        self.until = Instant::now() + self.deadline;
        self.batch += 1;
        self.meter.take_refused();
    }

    /// Hands a file over.
    ///
    /// # Errors
    /// If too many are open.
    pub(super) fn hand_over(&mut self, file: SourceFile) -> Result<Resource<SourceFile>, String> {
        self.files.push(file).map_err(|_| "too many files are open".to_owned())
    }

    /// A file that was handed over.
    pub(super) fn file(&self, file: &Resource<SourceFile>) -> wasmtime::Result<&SourceFile> {
        Ok(self.files.get(file)?)
    }

    /// Closes a file.
    pub(super) fn close(&mut self, file: Resource<SourceFile>) -> wasmtime::Result<()> {
        self.databases.remove(&file.rep());
        self.files.delete(file)?;
        Ok(())
    }

    /// Reads from a file.
    pub(super) fn read(
        &mut self,
        file: &Resource<SourceFile>,
        offset: u64,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.count_call()?;
        Ok(self.file(file)?.read(offset, max).map_err(|error| error.to_string()))
    }

    /// Opens a file beside the source.
    pub(super) fn open(
        &mut self,
        path: &str,
    ) -> wasmtime::Result<Result<Resource<SourceFile>, String>> {
        self.count_call()?;
        let opened = self.folder().and_then(|folder| folder.open(path).map_err(|e| e.to_string()));
        Ok(opened.and_then(|file| self.hand_over(file)))
    }

    /// Finds files beside the source.
    pub(super) fn find(&mut self, pattern: &str) -> wasmtime::Result<Result<Vec<String>, String>> {
        self.count_call()?;
        Ok(self.folder().and_then(|folder| folder.find(pattern).map_err(|e| e.to_string())))
    }

    /// Runs a statement on a file that is a database.
    pub(super) fn query(
        &mut self,
        file: &Resource<SourceFile>,
        sql: &str,
        parameters: &[Value],
    ) -> wasmtime::Result<Result<Vec<Vec<Value>>, String>> {
        self.count_call()?;
        let source = self.files.get(file)?;
        let path = source.path();
        if source.is_copy() {
            return Ok(Err(format!("`{path}` is compressed, and only a plain database is read")));
        }
        let database = self
            .databases
            .entry(file.rep())
            .or_insert_with(|| Database::new(source.folder(), path));
        let (limit, until, batch) = (self.rows, self.until, self.batch);
        match database.query(&Query { sql, parameters, limit, until, batch }) {
            Ok(rows) => Ok(Ok(rows)),
            Err(QueryError::Failed(reason)) => Ok(Err(reason)),
            Err(QueryError::Late) => {
                self.meter.refuse(Exceeded::Deadline(self.deadline));
                Err(Stopped.into())
            }
        }
    }

    fn folder(&self) -> Result<&Arc<Folder>, String> {
        self.folder.as_ref().ok_or_else(|| "there is no source yet".to_owned())
    }

    /// Calls that were made for the current batch.
    pub(super) fn calls(&self) -> u32 {
        self.calls - self.calls_left
    }

    /// Counts a call of the engine.
    pub(super) fn count_call(&mut self) -> wasmtime::Result<()> {
        match self.calls_left.checked_sub(1) {
            Some(left) => {
                self.calls_left = left;
                Ok(())
            }
            None => {
                self.meter.refuse(Exceeded::Calls(self.calls));
                Err(Stopped.into())
            }
        }
    }
}
