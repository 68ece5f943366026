//! Reads the sources of a case through the sandbox, as real files.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant, UNIX_EPOCH};

use lore_engine::plugin::{Plugin, SourceFile};
use lore_plugin_sdk::fixture::Case;
use lore_plugin_sdk::{Batch, ParseError};
use tempfile::TempDir;

use super::records;

/// The most that any reading took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peak {
    /// Bytes of memory.
    pub(crate) memory: usize,
    /// Calls of the engine for one batch.
    pub(crate) calls: u32,
    /// Time for one batch.
    pub(crate) batch_time: Duration,
    /// Bytes of the events of one batch, written as JSON.
    pub(crate) batch_bytes: usize,
}

/// The files of a case, laid out below a base.
pub(super) struct Sandboxed<'a> {
    plugin: &'a Plugin,
    case: &'a Case,
    base: TempDir,
    scratch: TempDir,
    /// The source that may not be whole at present.
    current: Option<String>,
    pub(super) peak: Peak,
}

impl<'a> Sandboxed<'a> {
    /// Lays out the files.
    pub(super) fn new(plugin: &'a Plugin, case: &'a Case) -> io::Result<Self> {
        let (base, scratch) = (tempfile::tempdir()?, tempfile::tempdir()?);
        for (path, bytes) in &case.files {
            put(&base.path().join(path), bytes)?;
        }
        Ok(Self { plugin, case, base, scratch, current: None, peak: Peak::default() })
    }

    /// Reads a source that has these bytes, in a fresh instance, to its end.
    pub(super) fn read(
        &mut self,
        path: &str,
        bytes: &[u8],
        checkpoint: Option<&[u8]>,
    ) -> Result<Batch, ParseError> {
        let unwritten =
            |error: io::Error| ParseError::Other(format!("no room for a test: {error}"));
        if let Some(last) = self.current.take_if(|last| last != path)
            && let Some(whole) = self.case.files.get(&last)
        {
            put(&self.base.path().join(last), whole).map_err(unwritten)?;
        }
        put(&self.base.path().join(path), bytes).map_err(unwritten)?;
        self.current = Some(path.to_owned());
        let source = SourceFile::open(self.base.path(), Path::new(path), self.scratch.path())
            .map_err(|error| ParseError::Other(error.to_string()))?;
        self.read_to_end(source, checkpoint)
    }

    fn read_to_end(
        &mut self,
        source: SourceFile,
        checkpoint: Option<&[u8]>,
    ) -> Result<Batch, ParseError> {
        let mut begun = Instant::now();
        let mut reading = self.plugin.read(source, checkpoint).map_err(records::error)?;
        let mut all: Option<Batch> = None;
        while let Some(batch) = reading.next() {
            let peak = &mut self.peak;
            peak.batch_time = peak.batch_time.max(begun.elapsed());
            let used = reading.used();
            peak.memory = peak.memory.max(used.memory);
            peak.calls = peak.calls.max(used.calls);
            let batch = records::batch(batch.map_err(records::error)?);
            let bytes = serde_json::to_vec(&batch.events).map_or(0, |json| json.len());
            peak.batch_bytes = peak.batch_bytes.max(bytes);
            match &mut all {
                None => all = Some(batch),
                Some(all) => {
                    all.events.extend(batch.events);
                    all.counts.extend(batch.counts);
                    (all.position, all.done) = (batch.position, batch.done);
                    all.checkpoint = batch.checkpoint;
                }
            }
            begun = Instant::now();
        }
        all.ok_or_else(|| ParseError::Other("it returned no batch".to_owned()))
    }
}

/// Writes a file as of the time that sources in memory have.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.set_modified(UNIX_EPOCH)
}
