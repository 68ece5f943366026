//! The tree of JSON files, of which the one of a session is the source:
//!
//! ```text
//! session/<project>/<session>.json      facts about the session
//! message/<session>/<message>.json      a message without what it says
//! part/<message>/<part>.json            what it says, piece by piece
//! ```
//!
//! The first versions had `session/info/<session>.json` with `session/message` and `session/part`
//! beside it, the latter with one more folder for the session. What belongs together is told by the
//! ids in the files; their names only say where to look.

use lore_plugin_sdk::{Output, ParseError, Session, Source, json, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::message::{self, Record};
use crate::part::Part;
use crate::{Progress, facts};

/// Bytes of the largest file that is read.
const LARGEST: u64 = 24 << 20;

/// What is remembered of the file of a session.
#[derive(Default, Serialize, Deserialize)]
pub struct Tree {
    /// Messages that are told; absent before the session itself is.
    told: Option<usize>,
    /// The session and where its messages are: found anew after a restart.
    #[serde(skip)]
    plan: Option<Plan>,
}

struct Plan {
    session: Session,
    messages: Vec<Entry>,
}

/// A message and the files of its parts.
struct Entry {
    created: Option<i64>,
    id: String,
    path: String,
    parts: Vec<String>,
}

/// Where the folders `message` and `part` are.
struct Folders {
    root: String,
    /// Parts have a folder for their session, too.
    is_first_version: bool,
}

impl Tree {
    /// Reads on until `out` is full or the session is told.
    pub(crate) fn read(
        &mut self,
        source: &Source,
        out: &mut Output,
    ) -> Result<Progress, ParseError> {
        let size = source.size();
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => match self.open(source, out)? {
                Some(plan) => plan,
                None => return Ok(Progress { position: 0, done: true }),
            },
        };
        let told = self.told.get_or_insert(0);
        while let Some(entry) = plan.messages.get(*told) {
            tell(source, &plan.session, entry, out);
            *told += 1;
            if out.is_full() {
                self.plan = Some(plan);
                return Ok(Progress { position: 0, done: false });
            }
        }
        Ok(Progress { position: size, done: true })
    }

    /// Reads the session's file and looks for its messages; nothing if it is still being written.
    fn open(&mut self, source: &Source, out: &mut Output) -> Result<Option<Plan>, ParseError> {
        let path = source.path();
        let is_placed = Folders::of_session(&path).is_some();
        if source.size() > LARGEST && !is_placed {
            return Err(ParseError::NotMine);
        }
        let bytes = source.read_whole(LARGEST)?;
        let document = match serde_json::from_str::<Value>(&String::from_utf8_lossy(&bytes)) {
            Ok(document) => document,
            Err(error) if error.is_eof() && is_placed => return Ok(None),
            Err(error) if is_placed && source.stem().starts_with("ses_") => {
                if self.told.is_none() {
                    out.problem(0, format!("not the session expected: {error}"));
                }
                return Ok(Some(Plan {
                    session: Session::new(source.stem()),
                    messages: Vec::new(),
                }));
            }
            Err(_) => return Err(ParseError::NotMine),
        };
        if is_message(&document) {
            return stray(source, &path, &document).map(Some);
        }
        if !is_session(&document) {
            return Err(ParseError::NotMine);
        }
        let session = facts::of_document(&document, &source.stem());
        if self.told.is_none() {
            out.session(session.clone());
            out.kept("session");
        }
        let messages = match Folders::of_session(&path) {
            Some(folders) => folders.messages(source, &session.id)?,
            None => Vec::new(),
        };
        Ok(Some(Plan { session, messages }))
    }
}

/// Whether a document has the shape of a session's.
fn is_session(document: &Value) -> bool {
    let has = |field: &str| document[field].is_string();
    has("id")
        && has("title")
        && (has("projectID") || has("directory") || has("version"))
        && document["time"]["created"].is_number()
        && document["role"].is_null()
}

fn is_message(document: &Value) -> bool {
    let has = |field: &str| document[field].is_string();
    has("id") && has("sessionID") && has("role") && document["time"]["created"].is_number()
}

/// The messages of a session whose own file is not there: the first of them stands for it.
fn stray(source: &Source, path: &str, document: &Value) -> Result<Plan, ParseError> {
    let session = Session::new(json::text(&document["sessionID"]));
    let (folder, _) = path.rsplit_once('/').ok_or(ParseError::NotMine)?;
    let (root, folder) = match folder.rsplit_once("/message/") {
        Some((root, folder)) => (root, folder),
        None => ("", folder.strip_prefix("message/").ok_or(ParseError::NotMine)?),
    };
    let folders = Folders { root: root.to_owned(), is_first_version: false };
    let has_file = is_plain(&session.id)
        && !source.find(&folders.path(&format!("session/*/*{}.json", session.id)))?.is_empty();
    let first = folders.messages(source, folder)?;
    if has_file || first.iter().map(|entry| &entry.path).min().is_none_or(|first| first != path) {
        return Err(ParseError::NotMine);
    }
    Ok(Plan { session, messages: first })
}

impl Folders {
    /// For the file of a session; nothing if its path is not that of one.
    fn of_session(path: &str) -> Option<Self> {
        let (folder, _) = path.rsplit_once('/')?;
        let (above, project) = folder.rsplit_once('/')?;
        let root = above.strip_suffix("session")?;
        let is_whole = root.is_empty() || root.ends_with('/');
        let is_first_version = project == "info";
        let root = if is_first_version { above } else { root.trim_end_matches('/') };
        is_whole.then(|| Self { root: root.to_owned(), is_first_version })
    }

    fn path(&self, below: &str) -> String {
        if self.root.is_empty() { below.to_owned() } else { format!("{}/{below}", self.root) }
    }

    /// The messages in the folder of a session, in the order of their times.
    fn messages(&self, source: &Source, session: &str) -> Result<Vec<Entry>, ParseError> {
        if !is_plain(session) {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for path in source.find(&self.path(&format!("message/{session}/*.json")))? {
            let stem = stem(&path);
            // A file that cannot be read is told as a problem in its turn.
            let info = document(source, &path).unwrap_or_default();
            let id = info["id"].as_str().unwrap_or(stem).to_owned();
            let mut parts = self.parts(source, session, &id)?;
            if id != stem {
                parts.extend(self.parts(source, session, stem)?);
            }
            let created = time::parse(&info["time"]["created"]);
            entries.push(Entry { created, id, path, parts });
        }
        if entries.iter().all(|entry| entry.parts.is_empty()) {
            self.find_loose_parts(source, &mut entries);
        }
        entries.sort_by(|a, b| {
            let place = |entry: &Entry| (entry.created.is_none(), entry.created);
            (place(a), &a.id).cmp(&(place(b), &b.id))
        });
        Ok(entries)
    }

    fn parts(
        &self,
        source: &Source,
        session: &str,
        message: &str,
    ) -> Result<Vec<String>, ParseError> {
        if !is_plain(message) {
            return Ok(Vec::new());
        }
        let folder = match self.is_first_version {
            true => format!("part/{session}/{message}"),
            false => format!("part/{message}"),
        };
        source.find(&self.path(&format!("{folder}/*.json")))
    }

    /// Some writers keep all parts in one folder. It is searched only if no message has one of its
    /// own, because it is as large as the store.
    fn find_loose_parts(&self, source: &Source, entries: &mut [Entry]) {
        if entries.is_empty() {
            return;
        }
        // Where the folder is too large to be searched, it has folders of messages in it.
        for path in source.find(&self.path("part/*.json")).unwrap_or_default() {
            let part = document(source, &path).unwrap_or_default();
            let message = json::text(&part["messageID"]);
            if let Some(entry) = entries.iter_mut().find(|entry| entry.id == message) {
                entry.parts.push(path);
            }
        }
    }
}

fn tell(source: &Source, session: &Session, entry: &Entry, out: &mut Output) {
    let info = read(source, &entry.path, out);
    let mut parts = Vec::new();
    for path in &entry.parts {
        let Some(data) = read(source, path, out) else { continue };
        let message = json::text(&data["messageID"]);
        if !message.is_empty() && message != entry.id {
            out.problem(0, format!("`{path}` is a part of message `{message}`"));
            continue;
        }
        let id = data["id"].as_str().unwrap_or_else(|| stem(path)).to_owned();
        parts.push(Part { id, data, is_new: true });
    }
    parts.sort_by(|a, b| a.id.cmp(&b.id));
    let record = Record { id: entry.id.clone(), info, created: entry.created, is_new: true };
    message::tell(session, record, parts, out);
}

/// Another file of the tree; a problem if it cannot be read.
fn read(source: &Source, path: &str, out: &mut Output) -> Option<Value> {
    document(source, path)
        .map_err(|failure| out.problem(0, format!("`{path}` cannot be read: {failure}")))
        .ok()
}

fn document(source: &Source, path: &str) -> Result<Value, String> {
    let words = |error| match error {
        ParseError::Read(words) | ParseError::Other(words) => words,
        ParseError::NotMine | ParseError::StaleCheckpoint => "it is refused".to_owned(),
    };
    let bytes = source.open(path).and_then(|file| file.read_whole(LARGEST)).map_err(words)?;
    serde_json::from_str(&String::from_utf8_lossy(&bytes)).map_err(|error| error.to_string())
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name)
}

/// Whether an id can stand in a glob as it is.
fn is_plain(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !id.is_empty() && id.bytes().all(is_plain) && id.bytes().any(|byte| byte != b'.')
}
