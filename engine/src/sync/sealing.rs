//! Seals a session: what the archive has of it, as the store is to have it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::content::{
    Facts, Head, PageContent, PageEntry, PageName, RepositoryFacts, content_of, encode, page_name,
};
use super::portable::Outward;
use super::round::{Round, RoundError};
use super::seal::{Place, seal};
use super::tree::Directory;
use crate::api::SyncScope;
use crate::git::{Identity, ObjectId};
use crate::model::{Digest, Session, SessionNumber};
use crate::store::page::MessageKey;
use crate::store::{Child, ChildValue, Place as Where, SyncedPage, SyncedSession, View};

/// Messages that are read from the archive at once.
const READ: u32 = 256;

/// What pages of a session are made with.
struct Making<'m> {
    session: &'m Session,
    directory: Directory,
    /// A hash of how they are made.
    how: u128,
    /// Those that are known to be in git.
    known: &'m [SyncedPage],
}

/// What a session says, portable and masked, in pages that are in git.
pub(super) struct Said {
    pub(super) facts: Facts,
    pub(super) pages: Vec<SyncedPage>,
    pub(super) masked: BTreeMap<String, u64>,
}

impl Said {
    pub(super) fn entries(&self) -> Vec<PageEntry> {
        entries(&self.pages)
    }

    pub(super) fn content(&self) -> Digest {
        content_of(&self.facts, &self.entries())
    }
}

fn entries(pages: &[SyncedPage]) -> Vec<PageEntry> {
    pages.iter().map(|page| PageEntry { name: page.name, messages: page.messages }).collect()
}

impl Round<'_> {
    /// What replaces the paths of a session whose repository has its top at `root`.
    pub(super) fn outward(&self, session: &Session, root: Option<&Path>) -> Outward {
        let mut roots: Vec<PathBuf> = root.map(Path::to_owned).into_iter().collect();
        // The tool may have come to the directory by a link.
        if let (Some(root), Some(directory)) = (root, &session.directory)
            && let given = Path::new(directory)
            && let Ok(real) = given.canonicalize()
            && let Ok(below) = real.strip_prefix(root)
            && given.ends_with(below)
            && let Some(top) = given.ancestors().nth(below.components().count())
            && top != root
        {
            roots.push(top.to_owned());
        }
        Outward::new(roots, self.request.home.as_deref())
    }

    /// What replaces the paths of any session of the repository.
    pub(super) fn any_outward(&self) -> Outward {
        let roots = match self.request.place.scope {
            SyncScope::Repository => self.repository.worktree_roots(),
            SyncScope::Everything => Vec::new(),
        };
        Outward::new(roots, self.request.home.as_deref())
    }

    /// What a session says. Pages that are in the store already are not made again.
    pub(super) fn say(
        &mut self,
        view: &View<'_>,
        session: &Session,
        home: Option<&(PathBuf, Option<Where>)>,
        known: &[SyncedPage],
    ) -> Result<Said, RoundError> {
        let outward = self.outward(session, home.map(|(root, _)| root.as_path()));
        let mut masked = BTreeMap::new();
        let facts = self.facts(session, home, &outward, &mut masked);
        let keys = view.keys(session.number)?;
        let how = self.how(&outward);
        let mut pages: Vec<SyncedPage> = Vec::new();
        let mut at = 0;
        for page in known {
            let end = at + page.messages as usize;
            let Some(own) = keys.get(at..end) else { break };
            let is_whole = page.is_full || end == keys.len();
            if page.made_of != Some(made_of(own, how)) || !is_whole || !self.has(&page.blob) {
                break;
            }
            pages.push(page.clone());
            at = end;
        }
        let making = Making { session, directory: self.directory(session.id), how, known };
        let mut content = PageContent::default();
        while at < keys.len() {
            let messages = view.messages(session.number, at as u32, READ)?;
            if messages.is_empty() {
                break;
            }
            for mut message in messages {
                outward.message(&mut message, session.directory.as_deref());
                if let Some(redactor) = &self.redactor {
                    add(&mut masked, redactor.mask_message(&mut message));
                }
                content.push(&message);
                at += 1;
                if content.is_full() {
                    let page = std::mem::take(&mut content);
                    pages.push(self.page(&making, page, &keys[..at], true)?);
                }
            }
        }
        if content.messages() > 0 {
            pages.push(self.page(&making, content, &keys, false)?);
        }
        Ok(Said { facts, pages, masked })
    }

    /// A page of the messages that the last keys are of.
    fn page(
        &mut self,
        making: &Making<'_>,
        content: PageContent,
        keys: &[MessageKey],
        is_full: bool,
    ) -> Result<SyncedPage, RoundError> {
        let Making { session, directory, how, known } = *making;
        let messages = content.messages();
        let made_of = made_of(&keys[keys.len() - messages as usize..], how);
        let content = content.encode();
        let made_of = Some(made_of);
        // It may have been sealed with an older key.
        for number in (1..=self.keys.newest()).rev() {
            let Some(name) = page_name(&self.keys, number, session.id, &content) else { continue };
            let there = known.iter().find(|page| page.name == name && self.has(&page.blob));
            if let Some(page) = there {
                return Ok(SyncedPage { made_of, is_full, ..page.clone() });
            }
        }
        let name = page_name(&self.keys, self.keys.newest(), session.id, &content);
        let name = name.unwrap_or(PageName([0; 16]));
        let blob = self.write_sealed(&directory.page_place(name), &content)?.to_string();
        Ok(SyncedPage { name, blob, messages, made_of, is_full })
    }

    /// Seals a content and puts it into git.
    pub(super) fn write_sealed(
        &mut self,
        place: &Place,
        content: &[u8],
    ) -> Result<ObjectId, RoundError> {
        self.write(&seal(&self.keys, place, content))
    }

    /// Puts a blob into git.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<ObjectId, RoundError> {
        self.answer.objects += 1;
        self.answer.bytes += bytes.len() as u64;
        Ok(self.repository.write_lore_blob(bytes)?)
    }

    fn has(&self, blob: &str) -> bool {
        ObjectId::from_hex(blob.as_bytes()).is_ok_and(|id| self.repository.has_object(id))
    }

    fn facts(
        &self,
        session: &Session,
        home: Option<&(PathBuf, Option<Where>)>,
        outward: &Outward,
        masked: &mut BTreeMap<String, u64>,
    ) -> Facts {
        let known = home.and_then(|(root, place)| Some((root, place.as_ref()?)));
        let home = known.map(|(root, place)| RepositoryFacts {
            root: Outward::new(Vec::new(), self.request.home.as_deref())
                .path(&root.to_string_lossy(), None),
            first_commit: place.first_commit.clone(),
            remotes: place.remotes.clone(),
        });
        let mut facts = Facts::of(session, home);
        if let Some(directory) = &mut facts.directory {
            *directory = outward.path(directory, None);
        }
        facts.repository = facts.repository.as_deref().and_then(shared_at);
        let mut clean = |text: &mut String| {
            *text = outward.text(text).into_owned();
            if let Some(redactor) = &self.redactor {
                add(masked, redactor.mask_in_place(text));
            }
        };
        let Facts { title, native_id, branches, lineage, repository, .. } = &mut facts;
        title.iter_mut().chain(lineage).chain(repository).chain(branches).for_each(&mut clean);
        clean(native_id);
        facts
    }

    /// What hangs on a session, as the store is to have it: masked, and what it has already as it is.
    pub(super) fn children(
        &self,
        view: &View<'_>,
        number: SessionNumber,
        outward: &Outward,
        there: &[Child],
    ) -> Result<Vec<Child>, RoundError> {
        let mut children = view.children(number)?;
        for child in &mut children {
            let same = |there: &&Child| there.key == child.key && there.stamp == child.stamp;
            let there = there.iter().find(same);
            if there == Some(child) {
                continue;
            }
            let masked = self.masked_child(child, outward);
            // Of two changes of the same moment, all machines take the same.
            *child = match there {
                Some(there) if encode(there) >= encode(&masked) => there.clone(),
                _ => masked,
            };
        }
        Ok(children)
    }

    /// A child without paths of this machine and without secrets.
    pub(super) fn masked_child(&self, child: &Child, outward: &Outward) -> Child {
        let mut child = child.clone();
        let text = match &mut child.value {
            Some(ChildValue::Link(link)) => &mut link.mark.subject,
            Some(ChildValue::Annotation(annotation)) => &mut annotation.content,
            Some(ChildValue::Summary(summary)) => &mut summary.content,
            Some(ChildValue::Tag) | None => return child,
        };
        *text = outward.text(text).into_owned();
        if let Some(redactor) = &self.redactor {
            redactor.mask_in_place(text);
        }
        child
    }

    /// A hash of how pages are made: another one makes others.
    fn how(&self, outward: &Outward) -> u128 {
        let rules = self.redactor.as_ref().map_or(0, |redactor| redactor.fingerprint());
        let mut bytes = rules.to_le_bytes().to_vec();
        outward.describe(&mut bytes);
        xxhash_rust::xxh3::xxh3_128(&bytes)
    }

    /// Which of two heads of a session has the newer content to be kept, and its revision.
    pub(super) fn joined(
        &self,
        said: &Said,
        session: &Session,
        there: Option<&Head>,
        known: Option<&SyncedSession>,
    ) -> Option<u64> {
        let own = self.engine.options().machine;
        let content = said.content();
        // What was there once is restored as it was.
        let restored = known.filter(|row| row.version.content == content);
        let seen = known.map_or(0, |row| row.version.revision());
        let Some(there) = there else {
            return Some(restored.map_or(seen, |row| row.version.revision()));
        };
        if there.version().content == content {
            return None;
        }
        let (here, theirs) = (said.facts.message_count, there.facts.message_count);
        match here.cmp(&theirs) {
            std::cmp::Ordering::Greater => Some(there.revision),
            std::cmp::Ordering::Equal if session.machine == own && there.machine == own => {
                Some(there.revision.max(seen).saturating_add(1))
            }
            _ => None,
        }
    }
}

/// Where a repository is shared, without user and password.
fn shared_at(url: &str) -> Option<String> {
    let remote = Identity::of_remote(url).remotes.into_iter().next()?;
    Some(if remote.starts_with('/') { remote } else { format!("https://{remote}") })
}

/// A hash of what messages say here, and of how pages are made of them.
fn made_of(keys: &[MessageKey], how: u128) -> u128 {
    let mut bytes = crate::store::page::encode_keys(keys);
    bytes.extend_from_slice(&how.to_le_bytes());
    xxhash_rust::xxh3::xxh3_128(&bytes)
}

pub(super) fn add(sum: &mut BTreeMap<String, u64>, more: BTreeMap<String, u64>) {
    for (kind, count) in more {
        *sum.entry(kind).or_default() += count;
    }
}
