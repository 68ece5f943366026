//! What is sealed: heads and pages of sessions, and the lists that a store has once.
//!
//! Each content begins with the version of its layout. The layouts are drawn in
//! `docs/sync-format.md`; a test pins their bytes.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::error::Fault;
use super::secret::{Keys, to_hex};
use crate::model::{
    Digest, MachineId, Message, Session, SessionId, SessionNumber, Timestamp, Usage,
};
use crate::store::Child;

/// The version of the layouts.
const VERSION: u8 = 1;

/// Bytes of messages after which a page is full, before packing.
pub(super) const FULL: usize = 64 << 10;

/// Most pages of a session, and most messages of a page.
const MOST_PAGES: usize = 1 << 20;
const MOST_MESSAGES: u32 = 1 << 24;

/// What is said about a session beside its messages, as every machine would say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) id: SessionId,
    pub(super) tool: String,
    pub(super) native_id: String,
    pub(super) parent: Option<SessionId>,
    pub(super) title: Option<String>,
    pub(super) started: Option<Timestamp>,
    pub(super) last_activity: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    /// Below the top of the repository, or masked.
    pub(super) directory: Option<String>,
    pub(super) branches: Vec<String>,
    pub(super) commit: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) tool_version: Option<String>,
    pub(super) model: Option<String>,
    pub(super) message_count: u32,
    pub(super) usage: Usage,
    pub(super) lineage: Option<String>,
    /// The repository that the directory lies in.
    pub(super) home: Option<RepositoryFacts>,
}

/// What a repository is known again by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RepositoryFacts {
    /// Its top, masked.
    pub(super) root: String,
    /// Its first commit, in hexadecimal digits.
    pub(super) first_commit: Option<String>,
    /// Where it is shared, normalised.
    pub(super) remotes: Vec<String>,
}

/// The name of a page: a keyed hash of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct PageName(pub(super) [u8; 16]);

impl std::fmt::Display for PageName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

/// A page of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageEntry {
    pub(super) name: PageName,
    pub(super) messages: u32,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) facts: Facts,
    /// The machine that captured it: only that one changes what the session says.
    pub(super) machine: MachineId,
    /// Grows when that changes without becoming longer.
    pub(super) revision: u64,
    pub(super) pages: Vec<PageEntry>,
    /// What hangs on it, what was taken off included; by key.
    pub(super) children: Vec<Child>,
}

/// By which of two states of a session the newer one is known: the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Version {
    messages: u32,
    revision: u64,
    /// Of the facts and the names of the pages.
    pub(super) content: Digest,
}

impl Version {
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }
}

impl Head {
    pub(super) fn version(&self) -> Version {
        Version {
            messages: self.facts.message_count,
            revision: self.revision,
            content: content_of(&self.facts, &self.pages),
        }
    }

    /// Whether its parts fit together.
    pub(super) fn check(&self, id: SessionId) -> Result<(), Fault> {
        if self.facts.id != id {
            return Err(Fault::Altered);
        }
        if self.pages.len() > MOST_PAGES {
            return Err(Fault::Senseless("more pages than any session has"));
        }
        let counts = self.pages.iter().map(|page| u64::from(page.messages));
        match counts.sum::<u64>() == u64::from(self.facts.message_count) {
            true => Ok(()),
            false => Err(Fault::Senseless("a number of messages that is not that of its pages")),
        }
    }
}

/// A digest of what a session says, whoever captured it.
pub(super) fn content_of(facts: &Facts, pages: &[PageEntry]) -> Digest {
    Digest::of(&postcard::to_stdvec(&(facts, pages)).expect("plain data is written to memory"))
}

impl Facts {
    /// The session's row, for the number that it has here.
    pub(super) fn session(self, number: SessionNumber, machine: MachineId) -> Session {
        Session {
            id: self.id,
            number,
            tool: self.tool,
            native_id: self.native_id,
            parent: self.parent,
            title: self.title,
            started: self.started,
            last_activity: self.last_activity,
            ended: self.ended,
            directory: self.directory,
            branches: self.branches,
            commit: self.commit,
            repository: self.repository,
            tool_version: self.tool_version,
            model: self.model,
            message_count: self.message_count,
            usage: self.usage,
            sources: Vec::new(),
            machine,
            lineage: self.lineage,
        }
    }

    pub(super) fn of(session: &Session, home: Option<RepositoryFacts>) -> Self {
        let session = session.clone();
        Self {
            id: session.id,
            tool: session.tool,
            native_id: session.native_id,
            parent: session.parent,
            title: session.title,
            started: session.started,
            last_activity: session.last_activity,
            ended: session.ended,
            directory: session.directory,
            branches: session.branches,
            commit: session.commit,
            repository: session.repository,
            tool_version: session.tool_version,
            model: session.model,
            message_count: session.message_count,
            usage: session.usage,
            lineage: session.lineage,
            home,
        }
    }
}

/// The plain facts of a session: all that stands in the clear about it.
#[derive(Serialize)]
pub(super) struct Meta<'h> {
    id: SessionId,
    tool: &'h str,
    started_at: Option<String>,
    ended_at: Option<String>,
    message_count: u32,
    machine_id: MachineId,
    git_branch: Option<&'h str>,
}

impl<'h> Meta<'h> {
    pub(super) fn of(head: &'h Head) -> Self {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        Self {
            id: head.facts.id,
            tool: &head.facts.tool,
            started_at: time(head.facts.started),
            ended_at: time(head.facts.ended),
            message_count: head.facts.message_count,
            machine_id: head.machine,
            git_branch: head.facts.branches.last().map(String::as_str),
        }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data is always written")
    }
}

/// The name of a page with this content.
pub(super) fn page_name(
    keys: &Keys,
    number: u32,
    id: SessionId,
    content: &[u8],
) -> Option<PageName> {
    let key = keys.get(number)?.derived("lore sync page");
    let hash = key.hash(&[id.0.as_bytes(), content]);
    Some(PageName(*hash.first_chunk()?))
}

/// The content of a page of messages.
#[derive(Default)]
pub(super) struct PageContent {
    messages: u32,
    /// The messages, without the version and their number before them.
    bytes: Vec<u8>,
}

impl PageContent {
    pub(super) fn push(&mut self, message: &Message) {
        let bytes = std::mem::take(&mut self.bytes);
        self.bytes =
            postcard::to_extend(message, bytes).expect("plain data is always written to memory");
        self.messages += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= FULL
    }

    pub(super) fn messages(&self) -> u32 {
        self.messages
    }

    pub(super) fn encode(self) -> Vec<u8> {
        let mut content = vec![VERSION];
        content.extend_from_slice(&self.messages.to_le_bytes());
        content.extend_from_slice(&self.bytes);
        content
    }

    pub(super) fn decode(content: &[u8]) -> Result<Vec<Message>, Fault> {
        let content = versioned(content)?;
        let (messages, mut rest) = content.split_first_chunk::<4>().ok_or(Fault::Cut)?;
        let messages = u32::from_le_bytes(*messages);
        // A message has at least its id.
        if messages > MOST_MESSAGES || messages as usize > rest.len() / 16 {
            return Err(Fault::Senseless("a number of messages that it cannot have"));
        }
        let mut decoded = Vec::with_capacity(messages as usize);
        for _ in 0..messages {
            let (message, after) = postcard::take_from_bytes::<Message>(rest)
                .map_err(|_| Fault::Senseless("a message that cannot be read"))?;
            decoded.push(message);
            rest = after;
        }
        match rest.is_empty() {
            true => Ok(decoded),
            false => Err(Fault::Senseless("more than its messages")),
        }
    }
}

/// Any other content.
pub(super) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![VERSION]).expect("plain data is always written to memory")
}

pub(super) fn decode<T: DeserializeOwned>(content: &[u8]) -> Result<T, Fault> {
    match postcard::take_from_bytes(versioned(content)?) {
        Ok((value, [])) => Ok(value),
        _ => Err(Fault::Senseless("something that cannot be read")),
    }
}

fn versioned(content: &[u8]) -> Result<&[u8], Fault> {
    match content.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((&version, _)) if version > VERSION => Err(Fault::Newer { version }),
        _ => Err(Fault::Senseless("a layout that there never was")),
    }
}
