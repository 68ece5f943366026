//! The full-text index: derived from the store, may be deleted at any moment.
//!
//! ```text
//! <directory>/index-v2/   a tantivy index; the version of its contents is in the folder's name
//! ```
//!
//! Another version is never read or migrated: the index is built anew, from the store. A commit
//! carries the number of the last outbox entry that it holds, so that after a crash the index
//! catches up from there.
//!
//! # Damage
//! Opening reads small files as a whole and of large ones only the ends, for it has to be quick.
//! What else is damaged is found when it is read, as
//! [`IndexError::Damaged`], or by [`Index::check`], which reads everything.

mod collect;
mod compile;
mod document;
mod error;
mod excluded;
mod folder;
mod hit;
mod label;
mod lines;
mod merge;
mod payload;
mod schema;
mod space;
mod writer;

pub use error::IndexError;
pub use hit::{Found, Hit, Place};
pub use lines::LineFound;
pub use writer::IndexWriter;

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tantivy::collector::Count;
use tantivy::index::SegmentComponent;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Directory, HasLen, IndexReader, ReloadPolicy, SegmentReader};

use crate::model::SessionNumber;
use crate::search::Query;
use collect::{Best, Order};
use compile::Compiler;
use error::guarded;
use folder::{Folder, SEGMENTS, SMALL_FILE};
use label::Owner;

/// The folder of this version; those of others begin with the same letters.
const FOLDER: &str = "index-v2";
const FOLDERS: &str = "index-v";

/// The files that every segment has.
const COMPONENTS: [SegmentComponent; 6] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
    SegmentComponent::Store,
];

/// The index, for searching.
pub struct Index {
    path: PathBuf,
    index: tantivy::Index,
    reader: IndexReader,
    committed: AtomicU64,
    /// The writer of small changes, between two of them.
    kept: Mutex<Option<IndexWriter>>,
}

impl Index {
    /// Opens the index of this build's version in `directory`.
    ///
    /// # Errors
    /// [`IndexError::Missing`] if there is none of this version, [`IndexError::Damaged`] if it
    /// cannot be read: both mean that it is to be built anew.
    pub fn open(directory: &Path) -> Result<Index, IndexError> {
        let path = directory.join(FOLDER);
        let exists = path.join(SEGMENTS).try_exists();
        if !exists.map_err(|error| IndexError::io(&path, error))? {
            return Err(IndexError::Missing { path });
        }
        guarded(&path, || {
            let index = Folder::open(&path).and_then(tantivy::Index::open);
            Self::with(&path, index.map_err(|error| IndexError::new(&path, error))?)
        })
    }

    /// Makes an empty index in `directory`, in place of what is there, other versions included.
    ///
    /// # Errors
    /// [`IndexError::Io`] if the system refuses.
    pub fn create(directory: &Path) -> Result<Index, IndexError> {
        let path = directory.join(FOLDER);
        let prepare = || {
            fs::create_dir_all(directory)?;
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(FOLDERS) {
                    remove(&entry.path())?;
                }
            }
            fs::create_dir(&path)
        };
        prepare().map_err(|error| IndexError::io(&path, error))?;
        let index = Folder::open(&path).and_then(|folder| {
            tantivy::Index::create(folder, schema::schema(), tantivy::IndexSettings::default())
        });
        Self::with(&path, index.map_err(|error| IndexError::new(&path, error))?)
    }

    fn with(path: &Path, mut index: tantivy::Index) -> Result<Index, IndexError> {
        let error = |error| IndexError::new(path, error);
        let damaged =
            |detail: &str| IndexError::Damaged { path: path.to_owned(), detail: detail.to_owned() };
        if index.schema() != schema::schema() {
            return Err(damaged("its fields are not those of this version"));
        }
        index.set_tokenizers(schema::splitters());
        let damaged_files = damaged_files(&index, SMALL_FILE).map_err(error)?;
        if !damaged_files.is_empty() {
            return Err(checksums(path, &damaged_files));
        }
        // Before the segments: these may only be newer.
        let committed = committed(&index, path)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual);
        let reader: IndexReader = reader.try_into().map_err(error)?;
        for segment in reader.searcher().segment_readers() {
            let documents = segment.fast_fields().u64(schema::PLACE).map_err(error)?.num_docs();
            if documents != segment.max_doc() {
                return Err(damaged("a segment has another number of documents than it should"));
            }
        }
        Ok(Index {
            path: path.to_owned(),
            index,
            reader,
            committed: committed.into(),
            kept: Mutex::default(),
        })
    }

    /// The last outbox entry that the index holds, 0 if none: as of opening, or of the last
    /// [`Index::reload`].
    pub fn committed(&self) -> u64 {
        self.committed.load(Ordering::Acquire)
    }

    /// Takes the index's only writer, with so many indexing threads that fill `memory_bytes`
    /// together before they write a segment; each takes at least 15 MB. The one that is kept is given
    /// up.
    ///
    /// # Errors
    /// [`IndexError::Busy`] if someone has it.
    pub fn writer(&self, threads: usize, memory_bytes: usize) -> Result<IndexWriter, IndexError> {
        drop(self.kept().take());
        let threads = threads.clamp(1, 8);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread((memory_bytes / threads).clamp(15_000_000, 1 << 30))
            .num_merge_threads(1)
            .build();
        let writer = self.index.writer_with_options(options);
        let writer = writer.map_err(|error| IndexError::new(&self.path, error))?;
        Ok(IndexWriter::new(writer, self.reader.searcher(), self.path.clone()))
    }

    /// The writer for small changes that follow one another: the one that is kept, or a new one.
    ///
    /// # Errors
    /// [`IndexError::Busy`] if someone has it.
    pub(crate) fn resume(&self) -> Result<IndexWriter, IndexError> {
        let kept = self.kept().take();
        match kept {
            Some(writer) => Ok(writer.resumed(self.reader.searcher())),
            None => self.writer(1, 0),
        }
    }

    /// Keeps a writer for the next change: segments are merged meanwhile, and nobody waits for it.
    pub(crate) fn keep(&self, writer: IndexWriter) {
        *self.kept() = Some(writer);
    }

    fn kept(&self) -> MutexGuard<'_, Option<IndexWriter>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The best `limit` messages for `query`, and the sessions whose title, tool, directory or
    /// branches match it; the best first. A query without words finds the newest messages, and no
    /// sessions.
    pub fn search(&self, query: &Query, limit: usize) -> Result<Found, IndexError> {
        guarded(&self.path, || {
            self.search_unguarded(query, limit).map_err(|error| IndexError::new(&self.path, error))
        })
    }

    fn search_unguarded(&self, query: &Query, limit: usize) -> tantivy::Result<Found> {
        let searcher = self.reader.searcher();
        let has_text = !query.texts().is_empty();
        let order = if has_text { Order::Relevance { now: query.now() } } else { Order::Newest };
        let best = Best { limit, order };
        let find = |owner| {
            let compiled = Compiler { searcher: &searcher, owner }.compile(query.root())?;
            searcher.search(&compiled, &best)
        };
        let mut found = find(Owner::Message)?;
        if has_text && !query.root().is_of_messages() {
            found.hits.extend(find(Owner::Session)?.hits);
            found.hits.sort_by(|one, other| other.score.total_cmp(&one.score));
        }
        Ok(Found { total: found.total, hits: found.hits })
    }

    /// Makes what was committed since the last time visible.
    pub fn reload(&self) -> Result<(), IndexError> {
        guarded(&self.path, || {
            let committed = committed(&self.index, &self.path)?;
            self.reader.reload().map_err(|error| IndexError::new(&self.path, error))?;
            self.committed.store(committed, Ordering::Release);
            Ok(())
        })
    }

    /// Messages in the index.
    pub fn message_count(&self) -> Result<u64, IndexError> {
        guarded(&self.path, || {
            let searcher = self.reader.searcher();
            let messages = Compiler { searcher: &searcher, owner: Owner::Message }.everything();
            let count = searcher.search(&messages, &Count);
            count.map(|count| count as u64).map_err(|error| IndexError::new(&self.path, error))
        })
    }

    /// Messages of each session.
    pub fn messages_by_session(&self) -> Result<HashMap<SessionNumber, u64>, IndexError> {
        guarded(&self.path, || {
            let mut counts = HashMap::new();
            for segment in self.reader.searcher().segment_readers() {
                count_messages(segment, &mut counts)
                    .map_err(|error| IndexError::new(&self.path, error))?;
            }
            Ok(counts)
        })
    }

    /// Bytes that it takes on disk.
    pub fn size_bytes(&self) -> Result<u64, IndexError> {
        let size = || {
            let mut size = 0;
            for entry in fs::read_dir(&self.path)? {
                match entry?.metadata() {
                    Ok(metadata) => size += metadata.len(),
                    // A segment that was merged meanwhile.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(size)
        };
        size().map_err(|error| IndexError::io(&self.path, error))
    }

    /// Reads every file to the end and compares the checksums.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] names the files that do not fit.
    pub fn check(&self) -> Result<(), IndexError> {
        guarded(&self.path, || {
            let error = |error| IndexError::new(&self.path, error);
            let damaged = damaged_files(&self.index, u64::MAX).map_err(error)?;
            if damaged.is_empty() { Ok(()) } else { Err(checksums(&self.path, &damaged)) }
        })
    }
}

/// The last outbox entry that was committed.
fn committed(index: &tantivy::Index, path: &Path) -> Result<u64, IndexError> {
    let metas = index.load_metas().map_err(|error| IndexError::new(path, error))?;
    match metas.payload {
        None => Ok(0),
        Some(payload) => payload::read(&payload).ok_or_else(|| IndexError::Damaged {
            path: path.to_owned(),
            detail: "the last commit does not say what it holds".to_owned(),
        }),
    }
}

/// Adds the messages of `segment` to `counts`.
fn count_messages(
    segment: &SegmentReader,
    counts: &mut HashMap<SessionNumber, u64>,
) -> tantivy::Result<()> {
    let places = segment.fast_fields().u64(schema::PLACE)?.first_or_default_col(0);
    for document in segment.doc_ids_alive() {
        if let (session, Place::Message(_)) = schema::unpack(places.get_val(document)) {
            *counts.entry(session).or_default() += 1;
        }
    }
    Ok(())
}

/// The files of up to `limit` bytes whose checksum does not fit, or that are missing.
fn damaged_files(index: &tantivy::Index, limit: u64) -> tantivy::Result<Vec<PathBuf>> {
    let folder = index.directory();
    let mut damaged = Vec::new();
    for segment in index.searchable_segment_metas()? {
        let deletions = segment.has_deletes().then_some(SegmentComponent::Delete);
        for component in COMPONENTS.into_iter().chain(deletions) {
            let file = segment.relative_path(component);
            let fits = folder.open_read(&file).and_then(|content| {
                Ok(content.len() as u64 > limit || folder.validate_checksum(&file)?)
            });
            if !fits.unwrap_or(false) {
                damaged.push(file);
            }
        }
    }
    damaged.sort_unstable();
    Ok(damaged)
}

fn checksums(path: &Path, damaged: &[PathBuf]) -> IndexError {
    let files: Vec<String> = damaged.iter().map(|file| file.display().to_string()).collect();
    let detail = format!("checksums do not fit: {}", files.join(", "));
    IndexError::Damaged { path: path.to_owned(), detail }
}

/// Removes an index. Its list of segments goes first: what is left if this is interrupted is no
/// index.
fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_file(folder.join(SEGMENTS)) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(folder)
}
