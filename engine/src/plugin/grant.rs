//! What an instance of a plugin holds and may ask for: its source, and what lies beside it.
//!
//! One `Grant` belongs to one instance. Each version of the contract offers it in its own words.

use std::sync::Arc;

use wasmtime::component::{Resource, ResourceTable};

use super::limits::Meter;
use super::source::{Folder, SourceFile};
use super::{Exceeded, Limits};

/// The first bytes of every SQLite database.
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The state of one instance.
pub(super) struct Grant {
    pub(super) meter: Meter,
    /// None while a plugin only describes itself.
    folder: Option<Arc<Folder>>,
    files: ResourceTable,
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
            calls: limits.calls,
            calls_left: limits.calls,
        }
    }

    /// Begins a batch: what was counted for the last one no longer counts.
    pub(super) fn begin_batch(&mut self) {
        self.calls_left = self.calls;
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

    /// Why a file cannot be queried.
    pub(super) fn refuse_query(&mut self, file: &Resource<SourceFile>) -> wasmtime::Result<String> {
        self.count_call()?;
        let file = self.file(file)?;
        let path = file.path();
        Ok(match file.read(0, SQLITE.len() as u32) {
            Ok(head) if head == SQLITE => {
                format!("`{path}` is an SQLite database, and this release reads none")
            }
            Ok(_) => format!("`{path}` is not an SQLite database"),
            Err(error) => error.to_string(),
        })
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
