//! What is known about the session of a file, and what of it was told.
//!
//! `chats/<session>.jsonl` is one session, of the id that its first record names, or else of the
//! file's name. `subagents/<session>/agent-<id>.jsonl` is a session of its own below that one.

use lore_plugin_sdk::{Session, Source, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes of the notes beside a sub-agent's file, at most.
const LIMIT: u64 = 1 << 20;

/// What was told about the session.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told {
    stem: String,
    id: Option<String>,
    is_agent: bool,
    /// A person chose the title: none that is generated takes its place.
    is_title_chosen: bool,
    title: Option<String>,
    directory: Option<String>,
    branch: Option<String>,
    has_version: bool,
    has_lineage: bool,
    has_start: bool,
}

impl Told {
    pub(crate) fn of(source: &Source) -> Self {
        let (stem, path) = (source.stem(), source.path());
        let is_agent = stem.starts_with("agent-");
        let title = is_agent.then(|| {
            let notes = source.open(&format!("{}.meta.json", path.strip_suffix(".jsonl")?)).ok()?;
            let notes = String::from_utf8(notes.read_whole(LIMIT).ok()?).ok()?;
            let notes: Value = serde_json::from_str(&notes).ok()?;
            notes["description"].as_str().map(str::to_owned)
        });
        Self {
            stem,
            id: None,
            is_agent,
            is_title_chosen: false,
            title: title.flatten(),
            directory: None,
            branch: None,
            has_version: false,
            has_lineage: false,
            has_start: false,
        }
    }

    /// The session's id, once a record was learnt.
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.stem)
    }

    pub(crate) fn is_agent(&self) -> bool {
        self.is_agent
    }

    /// Takes in a record; returns what is new about the session.
    pub(crate) fn learn(&mut self, record: &Value) -> Option<Session> {
        let mut news = Session::new("");
        if self.id.is_none() {
            let named = record["sessionId"].as_str().filter(|id| is_id(id));
            let id = match named {
                Some(parent) if self.is_agent => {
                    news.parent = Some(parent.to_owned());
                    format!("{parent}/{}", self.stem)
                }
                named => named.unwrap_or(&self.stem).to_owned(),
            };
            self.id = Some(id);
            news.title = self.title.take();
        }
        let fork = record["forkedFrom"]["sessionId"].as_str();
        let is_message = record["message"].is_object();
        if !self.has_lineage && is_message && !self.is_agent {
            // A fork begins with a copy of the records, their ids included.
            news.lineage = record["uuid"].as_str().filter(|id| is_id(id)).map(str::to_owned);
            news.parent = fork.map(str::to_owned).or(news.parent);
            self.has_lineage = true;
        }
        if !self.has_start {
            news.started = time::parse(&record["timestamp"]);
            self.has_start = news.started.is_some();
        }
        if !self.has_version {
            news.tool_version = text(&record["version"]);
            self.has_version = news.tool_version.is_some();
        }
        news.directory = keep(&mut self.directory, text(&record["cwd"]));
        news.branch = keep(&mut self.branch, branch(record));
        self.news(news)
    }

    /// Takes in a title; returns the session if it counts.
    pub(crate) fn title(&mut self, title: &str, is_chosen: bool) -> Option<Session> {
        let is_better = is_chosen || !self.is_title_chosen;
        if title.is_empty() || !is_better || self.title.as_deref() == Some(title) {
            return None;
        }
        self.is_title_chosen |= is_chosen;
        self.title = Some(title.to_owned());
        self.news(Session { title: self.title.clone(), ..Session::new("") })
    }

    /// The session that this one was started from.
    pub(crate) fn parent(&self, parent: &str) -> Option<Session> {
        self.news(Session { parent: Some(parent.to_owned()), ..Session::new("") })
    }

    /// Directory and branch of a record, where they are not the session's.
    pub(crate) fn elsewhere(&self, record: &Value) -> (Option<String>, Option<String>) {
        let other = |own: &Option<String>, value: Option<String>| {
            value.filter(|value| own.as_ref() != Some(value))
        };
        let directory = other(&self.directory, text(&record["cwd"]));
        (directory, other(&self.branch, branch(record)))
    }

    fn news(&self, news: Session) -> Option<Session> {
        let is_new = news != Session::new("");
        is_new.then(|| Session { id: self.id().to_owned(), ..news })
    }
}

/// Whether this can be the id of something.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Git's word for a checkout without a branch is none.
fn branch(record: &Value) -> Option<String> {
    text(&record["gitBranch"]).filter(|branch| branch != "HEAD")
}

/// The value, the first time that there is one.
fn keep(known: &mut Option<String>, value: Option<String>) -> Option<String> {
    if known.is_none() {
        known.clone_from(&value);
        return value;
    }
    None
}
