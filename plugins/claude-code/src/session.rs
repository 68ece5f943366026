//! Which session a record belongs to, and what is known about it.
//!
//! - `<uuid>.jsonl` is one session of that id, whatever its records say: a resumed session may begin
//!   with a copy of another one's records. That other one is its parent then.
//! - `agent-<hex>.jsonl` is a sub-agent, a session of its own: `<parent's id>/agent-<hex>`. The
//!   parent is the directory that `subagents` lies in, or else the session that the records name.
//! - In a file of any other name, each record is of the session that it names, or of the same one as
//!   the record before it, or of one called like the file.
//!
//! A session is told again only when something new is learnt. Its directory, branch, model and
//! version are the first ones; a message carries its own directory and branch where they differ.

use lore_plugin_sdk::{Session, Source};
use serde::{Deserialize, Serialize};

use crate::digest;

/// Sessions of one file that are remembered.
const SESSIONS: usize = 32;

/// Latest message ids that a summary is matched with, and summaries that wait for their message.
const RECENT: usize = 32;
const WAITING: usize = 16;

/// Where a title comes from; a later one counts more.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(crate) enum Title {
    AgentType,
    AgentName,
    Summary,
    Generated,
    Chosen,
}

/// What a record says about itself and its session.
#[derive(Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) uuid: Option<&'a str>,
    pub(crate) session: Option<&'a str>,
    pub(crate) at: Option<i64>,
    pub(crate) directory: Option<&'a str>,
    pub(crate) branch: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) model: Option<&'a str>,
    /// Written by a person or the model, so that a copy of the history begins with it.
    pub(crate) is_conversation: bool,
}

/// The sessions of one file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Sessions {
    naming: Naming,
    known: Vec<Known>,
    /// The id of the first message of the conversation.
    lineage: Option<String>,
    /// Digests of the ids of the latest messages.
    recent: Vec<u32>,
    /// Summaries of which the last message was not seen yet.
    waiting: Vec<(u32, String)>,
}

#[derive(Serialize, Deserialize)]
enum Naming {
    /// `other` is the last id that records before the session's own ones named.
    Main {
        id: String,
        own: bool,
        other: Option<String>,
    },
    Agent {
        id: Option<String>,
        parent: Option<String>,
        directory: String,
        stem: String,
        title: Option<String>,
    },
    Inside {
        stem: String,
        latest: Option<String>,
    },
}

/// What was told about a session.
#[derive(Serialize, Deserialize)]
struct Known {
    id: String,
    directory: Option<String>,
    branch: Option<String>,
    /// Where the latest title comes from, and its digest.
    title: Option<(Title, u32)>,
    lineage: bool,
    started: bool,
    version: bool,
    model: bool,
}

/// The session of a record, and what a message of it is to carry.
pub(crate) struct Place<'a> {
    pub(crate) id: &'a str,
    pub(crate) directory: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) is_agent: bool,
}

impl Sessions {
    /// The sessions of a file that is not read yet.
    pub(crate) fn of(source: &Source) -> Self {
        let stem = source.stem();
        let naming = if is_uuid(&stem) {
            Naming::Main { id: stem, own: false, other: None }
        } else if stem.starts_with("agent-") {
            agent(source, stem)
        } else {
            Naming::Inside { stem, latest: None }
        };
        Self { naming, known: Vec::new(), lineage: None, recent: Vec::new(), waiting: Vec::new() }
    }

    /// Takes in what a record says; returns what is new about its session, and the place of its
    /// message.
    pub(crate) fn take(&mut self, envelope: &Envelope<'_>) -> (Option<Session>, Place<'_>) {
        let mut news = News::default();
        if envelope.is_conversation && self.lineage.is_none() {
            self.lineage = envelope.uuid.map(Into::into);
        }
        let index = self.enter(envelope.session, envelope.is_conversation, &mut news);
        if let Some(uuid) = envelope.uuid.map(digest) {
            while let Some(at) = self.waiting.iter().position(|(leaf, _)| *leaf == uuid) {
                news.title = Some((Title::Summary, self.waiting.remove(at).1));
            }
            if self.recent.len() == RECENT {
                self.recent.remove(0);
            }
            self.recent.push(uuid);
        }
        let known = &mut self.known[index];
        let session = known.learn(news, envelope, self.lineage.as_deref());
        let other = |own: &Option<String>, value: Option<&str>| {
            value.filter(|value| own.as_deref() != Some(value)).map(str::to_owned)
        };
        let place = Place {
            directory: other(&known.directory, envelope.directory),
            branch: other(&known.branch, envelope.branch.filter(|name| is_branch(name))),
            id: &known.id,
            is_agent: matches!(self.naming, Naming::Agent { .. }),
        };
        (session, place)
    }

    /// Takes in a title; returns the session if it is new and counts more than the one before.
    pub(crate) fn title(
        &mut self,
        session: Option<&str>,
        from: Title,
        title: &str,
    ) -> Option<Session> {
        let mut news = News::default();
        let index = self.enter(session, false, &mut news);
        news.title = Some((from, title.to_owned()));
        self.known[index].learn(news, &Envelope::default(), None)
    }

    /// Takes in a summary of the conversation that ends with the message `leaf`. Most are about
    /// another file's session, so it is a title only if that message is in this file: returns whether
    /// it is, as far as is known, and the session.
    pub(crate) fn summary(&mut self, leaf: &str, summary: &str) -> (bool, Option<Session>) {
        let leaf = digest(leaf);
        if self.recent.contains(&leaf) {
            return (true, self.title(None, Title::Summary, summary));
        }
        if self.waiting.len() == WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push((leaf, summary.chars().take(200).collect()));
        (false, None)
    }

    /// The index of the session of a record that names the session `named`.
    fn enter(&mut self, named: Option<&str>, is_conversation: bool, news: &mut News) -> usize {
        let id = match &mut self.naming {
            Naming::Main { id, own, other } => {
                // Titles and the like of its own may stand before a copied conversation.
                let named = named.filter(|_| is_conversation && !*own);
                if named == Some(id.as_str()) {
                    *own = true;
                    news.parent = other.take();
                } else if named.is_some() && named != other.as_deref() {
                    *other = named.map(Into::into);
                }
                id
            }
            Naming::Agent { id, parent, directory, stem, title } => {
                if id.is_none() {
                    news.title = title.take().map(|title| (Title::AgentType, title));
                }
                id.get_or_insert_with(|| {
                    let named = named.filter(|named| *named != stem);
                    news.parent = parent.take().or_else(|| named.map(Into::into));
                    format!("{}/{stem}", news.parent.as_ref().unwrap_or(directory))
                })
            }
            Naming::Inside { stem, latest } => {
                if let Some(named) = named
                    && latest.as_deref() != Some(named)
                {
                    *latest = Some(named.to_owned());
                }
                latest.as_ref().unwrap_or(stem)
            }
        };
        if let Some(index) = self.known.iter().rposition(|known| known.id == *id) {
            return index;
        }
        if self.known.len() == SESSIONS {
            self.known.remove(0);
        }
        self.known.push(Known::new(id.clone()));
        news.session = true;
        self.known.len() - 1
    }
}

/// What a record says that its envelope does not.
#[derive(Default)]
struct News {
    session: bool,
    parent: Option<String>,
    title: Option<(Title, String)>,
}

impl Known {
    fn new(id: String) -> Self {
        Self {
            id,
            directory: None,
            branch: None,
            title: None,
            lineage: false,
            started: false,
            version: false,
            model: false,
        }
    }

    fn learn(
        &mut self,
        news: News,
        envelope: &Envelope<'_>,
        lineage: Option<&str>,
    ) -> Option<Session> {
        let title = news.title.filter(|(from, text)| {
            let title = (*from, digest(text));
            let is_told = self.title.is_some_and(|known| known == title || known.0 > *from);
            if !is_told {
                self.title = Some(title);
            }
            !is_told
        });
        let branch = envelope.branch.filter(|name| is_branch(name));
        let told = Session {
            parent: news.parent,
            lineage: once(&mut self.lineage, lineage),
            title: title.map(|(_, text)| text),
            started: first(&mut self.started, envelope.at),
            directory: keep(&mut self.directory, envelope.directory),
            branch: keep(&mut self.branch, branch),
            tool_version: once(&mut self.version, envelope.version),
            model: once(&mut self.model, envelope.model),
            ..Session::new(String::new())
        };
        let is_new = news.session || told != Session::new(String::new());
        is_new.then(|| Session { id: self.id.clone(), ..told })
    }
}

/// The value, the first time that there is one.
fn first<T>(known: &mut bool, value: Option<T>) -> Option<T> {
    let value = value.filter(|_| !*known);
    *known |= value.is_some();
    value
}

fn once(known: &mut bool, value: Option<&str>) -> Option<String> {
    first(known, value).map(Into::into)
}

/// As [`once`], and remembers the value.
fn keep(known: &mut Option<String>, value: Option<&str>) -> Option<String> {
    if known.is_none() {
        *known = value.map(Into::into);
        return known.clone();
    }
    None
}

fn agent(source: &Source, stem: String) -> Naming {
    let path = source.path();
    let directories: Vec<&str> = path.split('/').rev().skip(1).collect();
    let parent = directories.iter().position(|name| *name == "subagents");
    let parent = parent.and_then(|at| directories.get(at + 1)).map(|name| (*name).to_owned());
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        agent_type: String,
    }
    let meta = path.strip_suffix(".jsonl").and_then(|path| {
        let file = source.open(&format!("{path}.meta.json")).ok()?;
        // Read as a string like everything else: another reader would be compiled in.
        serde_json::from_str::<Meta>(&String::from_utf8(file.read_whole(1 << 16).ok()?).ok()?).ok()
    });
    Naming::Agent {
        id: None,
        parent,
        directory: directories.first().copied().unwrap_or_default().to_owned(),
        stem,
        title: meta.map(|meta| meta.agent_type),
    }
}

/// Git's word for a checkout without a branch is none.
fn is_branch(name: &str) -> bool {
    !matches!(name, "" | "HEAD")
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
