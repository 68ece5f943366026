//! Reads one source through its plugin and turns the records into what the store takes in: the part
//! of an import that runs on several threads.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crossbeam_channel::Sender;

use super::discover::{Candidate, is_compressed};
use super::session::Incoming;
use super::surroundings;
use crate::model::{Digest, Message, MessageId, SessionId};
use crate::plugin::{
    Batch, Count, Event, Growth, MessageRecord, Place, Plugin, ReadError, Reading, SessionRecord,
    SourceFile,
};
use crate::store::page::{self, ContentHash};
use crate::store::{Fingerprint, Source, Surroundings};

/// Bytes at the head and at the tail of what was read that make a fingerprint.
const FINGERPRINTED: u64 = 4096;

/// A source that is to be read.
pub(super) struct Job {
    pub(super) candidate: Candidate,
    /// How far it was read before.
    pub(super) known: Option<Source>,
    /// What that reading depended on.
    pub(super) surroundings: Option<Surroundings>,
    /// The plugins that may be able to read it, the likeliest first.
    pub(super) plugins: Vec<Plugin>,
    pub(super) out: Sender<Parsed>,
}

/// What comes of a job, in this order: one `Begin`, any number of `Batch`, one `End`; or only an `End`.
pub(super) enum Parsed {
    Begin { tool: String, plugin: Digest, resumed: bool },
    Batch(Box<Prepared>),
    End(Ending),
}

/// How the reading of a source ended.
pub(super) enum Ending {
    /// At its end. A last line that is not complete yet begins at `unfinished`.
    Done { unfinished: Option<u64>, surroundings: Surroundings },
    /// No plugin takes it.
    NotRecognised,
    /// It was read no further.
    Failed { offset: Option<u64>, reason: String },
}

/// A batch, ready for the store.
pub(super) struct Prepared {
    pub(super) items: Vec<Item>,
    pub(super) counts: Vec<Count>,
    pub(super) position: u64,
    pub(super) checkpoint: Vec<u8>,
    pub(super) fingerprint: Fingerprint,
    /// Bytes of the source that it took in.
    pub(super) bytes: u64,
}

pub(super) enum Item {
    Session { id: SessionId, parent: Option<SessionId>, record: Box<SessionRecord> },
    Message { session: SessionId, native: String, incoming: Box<Incoming> },
    Problem { offset: u64, message: String },
}

/// Reads sources until there are no more jobs.
pub(super) fn work(jobs: &crossbeam_channel::Receiver<Job>, scratch: &Path) {
    for job in jobs {
        let ending = read_source(&job, scratch);
        // Whoever asked for it may have given up.
        let _ = job.out.send(Parsed::End(ending));
    }
}

fn read_source(job: &Job, scratch: &Path) -> Ending {
    let mut failure = None;
    for plugin in &job.plugins {
        let known = job.known.as_ref().filter(|known| can_go_on(job, known, plugin));
        let mut attempt = read_with(job, plugin, known, scratch);
        if let Err(ReadError::StaleCheckpoint(_)) = attempt {
            attempt = read_with(job, plugin, None, scratch);
        }
        match attempt {
            Ok(ending) => return ending,
            Err(ReadError::NotMine(_)) => {}
            Err(error) => {
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(error) => {
            let is_place = !matches!(error, ReadError::Memory(_));
            let offset = is_place.then_some(error.place().position);
            Ending::Failed { offset, reason: error.to_string() }
        }
        None => Ending::NotRecognised,
    }
}

/// Whether a checkpoint still holds: the same plugin wrote it, and the file begins with what was read.
fn can_go_on(job: &Job, known: &Source, plugin: &Plugin) -> bool {
    let Candidate { path, growth, stamp, .. } = &job.candidate;
    let holds = || match growth {
        // Written since, but not longer: between head and tail there may be something else now.
        // Not written since: something beside it has changed.
        Growth::AppendOnly => {
            (stamp.size != known.stamp.size || *stamp == known.stamp)
                && fingerprint(path, known.position)
                    .is_ok_and(|fingerprint| fingerprint == known.fingerprint)
        }
        Growth::Rewritten => false,
        // What changes in a database only its plugin can tell, unless it is another one.
        Growth::Database => stamp.inode == known.stamp.inode,
    };
    !known.rereading
        && !known.checkpoint.is_empty()
        && known.plugin == plugin.digest()
        && !is_compressed(path)
        && holds()
}

/// Reads with one plugin. An error before the first batch lets another plugin try.
fn read_with(
    job: &Job,
    plugin: &Plugin,
    known: Option<&Source>,
    scratch: &Path,
) -> Result<Ending, ReadError> {
    let candidate = &job.candidate;
    let file = match SourceFile::open(&candidate.base, &candidate.relative, scratch) {
        Ok(file) => file,
        Err(error) => return Ok(Ending::Failed { offset: None, reason: error.to_string() }),
    };
    let (size, witness) = (file.size(), file.witness());
    let log = surroundings::write_ahead_log(candidate);
    let checkpoint = known.map(|known| known.checkpoint.as_slice());
    let mut reading = plugin.read(file, checkpoint)?;
    let done = |unfinished| Ending::Done {
        unfinished,
        surroundings: {
            let earlier = job.surroundings.as_ref().filter(|_| known.is_some());
            surroundings::of_reading(candidate, witness.beside(), log, earlier)
        },
    };
    let Some(first) = reading.next().transpose()? else { return Ok(done(None)) };
    let tool = plugin.info().tool.clone();
    // Elsewhere, a file that says nothing does not say whose it is.
    let says_nothing = first.done && first.events.is_empty() && first.counts.is_empty();
    if says_nothing && candidate.tool.as_ref() != Some(&tool) && known.is_none() {
        let path = candidate.relative.to_string_lossy().into_owned();
        return Err(ReadError::NotMine(Place { plugin: tool, path, position: 0 }));
    }
    // What tools remember is no session, also where somebody names the file.
    if first.events.iter().any(|event| matches!(event, Event::Memory(_))) {
        let path = candidate.relative.to_string_lossy().into_owned();
        return Err(ReadError::Memory(Place { plugin: tool, path, position: 0 }));
    }
    let begin = Parsed::Begin { tool, plugin: plugin.digest(), resumed: known.is_some() };
    if job.out.send(begin).is_err() {
        return Ok(done(None));
    }
    let from = known.map_or(0, |known| known.position);
    Ok(match read_on(job, plugin, &mut reading, first, from, size) {
        Ok(unfinished) => done(unfinished),
        Err(error) => {
            Ending::Failed { offset: Some(error.place().position), reason: error.to_string() }
        }
    })
}

/// Reads to the end; returns where a last record begins that is not complete yet.
fn read_on(
    job: &Job,
    plugin: &Plugin,
    reading: &mut Reading,
    first: Batch,
    mut position: u64,
    size: u64,
) -> Result<Option<u64>, ReadError> {
    let path = &job.candidate.path;
    let mut preparing = Preparing { tool: &plugin.info().tool, last: None };
    let mut batch = first;
    loop {
        let is_appended = job.candidate.growth == Growth::AppendOnly;
        let fingerprint = if is_compressed(path) || !is_appended {
            Fingerprint::default()
        } else {
            // Without a fingerprint the next import begins at the start, which is only slower.
            fingerprint(path, batch.position).unwrap_or_default()
        };
        let bytes = batch.position.saturating_sub(position);
        position = batch.position;
        let prepared = preparing.prepare(batch, fingerprint, bytes);
        if job.out.send(Parsed::Batch(Box::new(prepared))).is_err() {
            return Ok(None);
        }
        batch = match reading.next().transpose()? {
            Some(batch) => batch,
            None => {
                // How far a database was read is no place in its file.
                let may_be_cut = job.candidate.growth != Growth::Database && position < size;
                return Ok((may_be_cut && !is_blank(path, position)).then_some(position));
            }
        };
    }
}

struct Preparing<'p> {
    tool: &'p str,
    /// The session id seen last, since messages of a session stand together.
    last: Option<(String, SessionId)>,
}

impl Preparing<'_> {
    fn prepare(&mut self, batch: Batch, fingerprint: Fingerprint, bytes: u64) -> Prepared {
        let Batch { events, counts, position, checkpoint, done: _ } = batch;
        let items = events.into_iter().map(|event| self.item(event)).collect();
        Prepared { items, counts, position, checkpoint, fingerprint, bytes }
    }

    fn item(&mut self, event: Event) -> Item {
        match event {
            Event::Session(record) => {
                let parent = record.parent.as_deref().map(|id| SessionId::derive(self.tool, id));
                Item::Session { id: self.session_id(&record.id), parent, record: Box::new(record) }
            }
            Event::Message(record) => self.message(record),
            Event::Problem { offset, message } => Item::Problem { offset, message },
            Event::Memory(_) => Item::Problem {
                offset: 0,
                message: "the plugin gives a memory among the messages of a session".to_owned(),
            },
        }
    }

    fn session_id(&mut self, native: &str) -> SessionId {
        match &self.last {
            Some((last, id)) if last == native => *id,
            _ => {
                let id = SessionId::derive(self.tool, native);
                self.last = Some((native.to_owned(), id));
                id
            }
        }
    }

    fn message(&mut self, record: MessageRecord) -> Item {
        let session = self.session_id(&record.session);
        let parent = record.parent.as_deref().map(|key| MessageId::derive(session, key));
        let message = Message {
            id: MessageId::derive(session, &record.key),
            parent,
            role: record.role,
            injected: record.injected,
            sidechain: record.sidechain,
            withdrawn: false,
            at: record.at,
            model: record.model,
            directory: record.directory,
            branch: record.branch,
            content: record.content,
            usage: record.usage,
        };
        let content = page::encode_content(&message);
        let hash = ContentHash::of(&content);
        let (key, parent_key) = (record.key, record.parent);
        let incoming = Box::new(Incoming { message, key, parent_key, content, hash });
        Item::Message { session, native: record.session, incoming }
    }
}

/// Hashes of the first and the last bytes before `position`.
pub(crate) fn fingerprint(path: &Path, position: u64) -> std::io::Result<Fingerprint> {
    let mut file = File::open(path)?;
    let mut hash = |from: u64| -> std::io::Result<u128> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        file.by_ref().take((position - from).min(FINGERPRINTED)).read_to_end(&mut bytes)?;
        Ok(xxhash_rust::xxh3::xxh3_128(&bytes))
    };
    Ok(Fingerprint { head: hash(0)?, tail: hash(position.saturating_sub(FINGERPRINTED))? })
}

/// Whether nothing but white space follows, as far as a look tells.
fn is_blank(path: &Path, position: u64) -> bool {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        file.seek(SeekFrom::Start(position))?;
        file.take(FINGERPRINTED).read_to_end(&mut bytes)
    });
    read.is_ok() && bytes.iter().all(u8::is_ascii_whitespace)
}
