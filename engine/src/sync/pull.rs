//! Merges what was fetched: all of it, or nothing.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::content::{Head, PageContent, PageEntry, page_name};
use super::error::Fault;
use super::portable::Inward;
use super::round::{Read, Round, RoundError};
use super::tree::{Directory, SessionTree, StoreTree, Trouble};
use crate::api::{Progress, SyncScope};
use crate::git::ObjectId;
use crate::import::take_in;
use crate::model::{Machine, Message, SessionId, SessionNumber};
use crate::store::{Child, Place as Where, StoreError, SyncedPage, SyncedSession, Tables};

/// A session as the remote tells it.
struct Told {
    directory: Directory,
    tree: ObjectId,
    head: Head,
    session: SessionTree,
}

/// A session that was merged.
struct Merged {
    id: SessionId,
    number: SessionNumber,
    /// Something came in.
    changed: bool,
    /// The archive has nothing that the store has not.
    is_even: bool,
    row: SyncedSession,
}

/// What was read, or what could not be, and where.
type Reading<T> = Result<T, (String, Trouble)>;

impl Round<'_> {
    /// Merges what the remote has and this machine has not.
    pub(super) fn pull(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), RoundError> {
        self.read_lists();
        self.name_this_machine();
        let Some(tree) = self.remote.take() else {
            self.note_lost(None);
            return Ok(());
        };
        let merged = self.merge(&tree, progress);
        self.remote = Some(tree);
        merged
    }

    /// Tells the others what this machine is called.
    fn name_this_machine(&mut self) {
        let id = self.engine.options().machine;
        let (name, person) = (self.request.machine.clone(), self.request.person.clone());
        let told = self.remote_machines.get(&id.0).or(self.machines.get(&id.0));
        let stamp = match told {
            Some(told) if (&told.name, &told.person) == (&name, &person) => return,
            told => self.now.0.max(told.map_or(0, |told| told.stamp.saturating_add(1))),
        };
        self.machines.insert(id.0, Machine { id, name, person, stamp });
    }

    fn merge(
        &mut self,
        tree: &StoreTree<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), RoundError> {
        let known: HashMap<Directory, ObjectId> = self
            .rows
            .iter()
            .filter_map(|(&id, row)| {
                Some((self.directory(id), ObjectId::from_hex(row.tree.as_bytes()).ok()?))
            })
            .collect();
        // What was deleted here stays in the store for the others, and is not read again.
        let deleted = self.store.view()?.deleted()?.into_iter();
        let deleted: HashSet<Directory> = deleted.map(|(id, _)| self.directory(id)).collect();
        let is_new = |directory: &Directory, id: &ObjectId| {
            !deleted.contains(directory) && known.get(directory) != Some(id)
        };
        let mut heads = Vec::new();
        for (&directory, &id) in tree.sessions.iter().filter(|(at, id)| is_new(at, id)) {
            match self.read_head(tree, directory, id) {
                Ok((head, session)) => {
                    heads.push(Told { directory, tree: id, head, session });
                }
                Err(Trouble::Git(error)) => return Err(error.into()),
                Err(trouble) => {
                    let newer = matches!(trouble, Trouble::Fault(Fault::Newer { .. }));
                    self.problem(&directory.path(), &trouble);
                    let read = if newer { Read::Newer } else { Read::Damaged };
                    self.heads.insert(directory, read);
                }
            }
        }
        self.note_lost(Some((tree, &heads)));
        let has_news = !heads.is_empty()
            || self.remote_forgotten.keys().any(|id| !self.forgotten.contains_key(id))
            || self.remote_machines.iter().any(|(id, told)| self.machines.get(id) != Some(told));
        if !has_news {
            return Ok(());
        }
        let (store, dry_run) = (self.store, self.request.dry_run);
        let change = |tables: &mut Tables<'_>| self.apply(tree, heads, tables, progress);
        if dry_run {
            store.try_out(change)?;
            return Ok(());
        }
        let merged = store.write(change)?;
        self.engine.mend_index(progress).map_err(|error| RoundError::Index(error.to_string()))?;
        let view = store.view()?;
        for Merged { id, number, is_even, mut row, .. } in merged {
            row.change = is_even.then(|| view.change(number)).transpose()?;
            self.rows.insert(id, row);
        }
        Ok(())
    }

    fn apply(
        &mut self,
        tree: &StoreTree<'_>,
        heads: Vec<Told>,
        tables: &mut Tables<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Merged>, RoundError> {
        for machine in self.remote_machines.values() {
            tables.merge_machine(machine)?;
        }
        let own = self.engine.options().machine;
        for (&id, &at) in &self.remote_forgotten {
            if !tables.forget(self.id(), id, at)? {
                continue;
            }
            self.forgotten.insert(id, at);
            let session = tables.session_number(id)?.map(|number| tables.session(number));
            // Whoever captured it keeps it; the copies go.
            if let Some(session) = session.transpose()?.flatten()
                && session.machine != own
            {
                tables.delete_session(id, self.now)?;
                self.answer.pulled += 1;
            }
        }
        let mut merged = Vec::new();
        let mut done = Progress { total_sources: heads.len() as u64, ..Progress::default() };
        for told in heads {
            done.sources += 1;
            if self.forgotten.contains_key(&told.head.facts.id) {
                continue;
            }
            match self.merge_session(tree, &told, tables)? {
                Ok(Some(result)) => {
                    self.answer.pulled += u64::from(result.changed);
                    done.sessions += u64::from(result.changed);
                    done.messages += u64::from(told.head.facts.message_count);
                    merged.push(result);
                    let read = Read::Head(Box::new(told.head), told.session);
                    self.heads.insert(told.directory, read);
                }
                Ok(None) => {}
                Err((place, trouble)) => {
                    self.problem(&place, &trouble);
                    self.heads.insert(told.directory, Read::Damaged);
                }
            }
            progress(done);
        }
        Ok(merged)
    }

    /// Notes what the remote had been given and does not have any more.
    fn note_lost(&mut self, found: Option<(&StoreTree<'_>, &[Told])>) {
        let is_lost = |id: &SessionId| {
            let is_there =
                found.is_some_and(|(tree, _)| tree.sessions.contains_key(&self.directory(*id)));
            !is_there && !self.remote_forgotten.contains_key(id) && !self.forgotten.contains_key(id)
        };
        let lost = self.rows.keys().filter(|id| is_lost(id)).count();
        let mut stale = Vec::new();
        for Told { directory, head, .. } in found.map(|(_, heads)| heads).unwrap_or_default() {
            let known = self.rows.get(&head.facts.id);
            if known.is_some_and(|row| head.version() < row.version) {
                stale.push(*directory);
            }
        }
        let lost = lost + stale.len();
        if lost > 0 && self.answer.rolled_back.is_none() {
            let sessions = if lost == 1 { "session" } else { "sessions" };
            self.answer.rolled_back = Some(format!("{lost} {sessions} less, or older"));
        }
        self.heads.extend(stale.into_iter().map(|directory| (directory, Read::Stale)));
    }

    /// Merges one session. The inner result tells what could not be read, and where; then nothing of
    /// the session is merged.
    fn merge_session(
        &mut self,
        tree: &StoreTree<'_>,
        told: &Told,
        tables: &mut Tables<'_>,
    ) -> Result<Reading<Option<Merged>>, RoundError> {
        let Told { directory, head, session, .. } = told;
        let own = self.engine.options().machine;
        let known = self.rows.get(&head.facts.id).cloned();
        let is_stale = matches!(self.heads.get(directory), Some(Read::Stale));
        let row = SyncedSession {
            change: None,
            tree: told.tree.to_string(),
            version: match &known {
                Some(row) if is_stale => row.version,
                _ => head.version(),
            },
            pages: pages_of(head, session, known.as_ref()),
        };
        if tables.is_deleted(head.facts.id)? {
            // Meanwhile; it stays in the store for the others.
            return Ok(Ok(None));
        }
        let number = tables.session_number(head.facts.id)?;
        let here = number.map(|number| tables.session(number)).transpose()?.flatten();
        let count = here.as_ref().map_or(0, |session| session.message_count);
        let is_foreign = here.as_ref().is_none_or(|session| session.machine != own);
        let was_even = known.as_ref().is_some_and(|row| {
            number.is_some_and(|number| tables.change(number).ok() == row.change)
        });
        let is_newer = known.as_ref().is_some_and(|row| head.version() > row.version);
        let takes = head.facts.message_count > count
            || here.is_none()
            || (is_foreign && head.machine != own && is_newer && head.facts.message_count == count);
        let takes = takes && !is_stale;
        let mut changed = false;
        if takes {
            let pages = known.as_ref().filter(|_| was_even && is_foreign);
            let same = pages.map_or(0, |row| {
                let is_same = |page: &&PageEntry| is_known(row, page, session);
                let known = row.pages.iter().zip(&head.pages);
                let known = known.take_while(|(old, new)| old.name == new.name);
                known.map(|(_, page)| page).take_while(is_same).count()
            });
            if let Err(trouble) = self.take(tree, told, same, tables)? {
                return Ok(Err(trouble));
            }
            changed = true;
        } else if !is_stale {
            // What is here already must be there, too: others read it.
            let is_new =
                |page: &&PageEntry| known.as_ref().is_none_or(|row| !is_known(row, page, session));
            let new: Vec<PageEntry> = head.pages.iter().filter(is_new).copied().collect();
            if let Err(trouble) = self.pages(tree, told, &new) {
                return Ok(Err(trouble));
            }
        }
        let Some(number) = tables.session_number(head.facts.id)? else { return Ok(Ok(None)) };
        for child in &head.children {
            changed |= self.merge_child(tables, number, child)?;
        }
        let has_same = tables.children(number)? == head.children;
        let says_same = (takes && is_foreign)
            || (was_even && known.as_ref().is_some_and(|row| row.version == head.version()));
        let is_even = has_same && says_same && !is_stale;
        Ok(Ok(Some(Merged { id: head.facts.id, number, changed, is_even, row })))
    }

    /// Takes in what a session says; the first `same` of its pages are here already.
    fn take(
        &mut self,
        tree: &StoreTree<'_>,
        told: &Told,
        same: usize,
        tables: &mut Tables<'_>,
    ) -> Result<Reading<()>, RoundError> {
        let head = &told.head;
        let place = self.place_of(tables, head)?;
        let root = place.as_ref().map(|place| place.root.clone().into());
        let home = self.request.home.clone();
        let home = home.filter(|_| self.request.place.scope == SyncScope::Everything);
        let inward = Inward::new(root, home);
        let mut row = head.facts.clone().session(SessionNumber(0), head.machine);
        inward.session(&mut row);
        if let (Some(directory), Some(place)) = (&row.directory, &place) {
            // The clone may move later.
            tables.put_place(directory, place)?;
        }
        for same in [same, 0] {
            let (known, new) = head.pages.split_at(same);
            let from: u32 = known.iter().map(|page| page.messages).sum();
            let messages = match self.pages(tree, told, new) {
                Ok(messages) => messages,
                Err(trouble) => return Ok(Err(trouble)),
            };
            let messages = messages.into_iter().map(|mut message| {
                inward.message(&mut message);
                message
            });
            if take_in(tables, &row, from, messages.collect())? {
                break;
            }
        }
        Ok(Ok(()))
    }

    /// The repository on this machine that a session was held in.
    fn place_of(&mut self, tables: &Tables<'_>, head: &Head) -> Result<Option<Where>, StoreError> {
        if self.request.place.scope == SyncScope::Repository {
            return Ok(Some(self.own_place(tables)?));
        }
        let Some(told) = &head.facts.home else { return Ok(None) };
        let lifted = Inward::new(None, self.request.home.clone());
        let there = Where {
            root: lifted.path(&told.root),
            first_commit: told.first_commit.clone(),
            remotes: told.remotes.clone(),
        };
        // It may have another place on this machine.
        let is_here = |place: &Where| {
            let same_start =
                place.first_commit.is_some() && place.first_commit == there.first_commit;
            let shared = place.remotes.iter().any(|remote| there.remotes.contains(remote));
            (same_start || shared) && Path::new(&place.root).is_dir()
        };
        let here = tables.all_places()?.into_iter().map(|(_, place)| place).find(is_here);
        Ok(Some(here.unwrap_or(there)))
    }

    /// The repository that carries the store.
    fn own_place(&mut self, tables: &Tables<'_>) -> Result<Where, StoreError> {
        if let Some(place) = &self.own_place {
            return Ok(place.clone());
        }
        let roots = self.repository.worktree_roots();
        let root = roots.first().map_or(self.repository.root(), |root| root.as_path());
        let root = root.to_string_lossy().into_owned();
        // The beginning of a long history is far away.
        let known = tables.all_places()?.into_iter().map(|(_, place)| place);
        let known = known.filter(|place| place.root == root && place.first_commit.is_some());
        let mut known = known;
        let place = match known.next_back() {
            Some(place) => place,
            None => {
                let identity = self.repository.identity().unwrap_or_default();
                let first_commit = identity.first_commit.map(|id| id.to_string());
                Where { root, first_commit, remotes: identity.remotes }
            }
        };
        Ok(self.own_place.insert(place).clone())
    }

    /// The messages of some pages, each of which is what its head says that it is.
    fn pages(
        &self,
        tree: &StoreTree<'_>,
        told: &Told,
        pages: &[PageEntry],
    ) -> Reading<Vec<Message>> {
        let Told { directory, head, session, .. } = told;
        let mut messages = Vec::new();
        let mut ids = HashSet::new();
        for page in pages {
            let at = |trouble: Trouble| (format!("{}/{}", directory.path(), page.name), trouble);
            let read = || -> Result<Vec<Message>, Trouble> {
                let blob = session.blobs.get(&page.name.to_string()).ok_or(Fault::Missing)?;
                let place = directory.page_place(page.name);
                let (number, content) = self.open(tree, &place, *blob, true)?;
                if page_name(&self.keys, number, head.facts.id, &content) != Some(page.name) {
                    return Err(Fault::Altered.into());
                }
                let messages = PageContent::decode(&content)?;
                match messages.len() == page.messages as usize {
                    true => Ok(messages),
                    false => Err(Fault::Altered.into()),
                }
            };
            for message in read().map_err(at)? {
                if !ids.insert(message.id) {
                    return Err(at(Fault::Senseless("the same message twice").into()));
                }
                messages.push(message);
            }
        }
        Ok(messages)
    }

    /// Merges what hangs on a session. What is here may hold what was masked in the store.
    fn merge_child(
        &self,
        tables: &mut Tables<'_>,
        number: SessionNumber,
        child: &Child,
    ) -> Result<bool, StoreError> {
        let here = tables.children(number)?;
        let here = here.into_iter().find(|here| here.key == child.key);
        if let Some(here) = here
            && here.stamp == child.stamp
            && (here == *child || self.masked_child(&here, &self.any_outward()) == *child)
        {
            return Ok(false);
        }
        tables.merge_child(number, child)
    }
}

/// Whether a page is the very blob that was seen before.
fn is_known(row: &SyncedSession, page: &PageEntry, session: &SessionTree) -> bool {
    let blob = session.blobs.get(&page.name.to_string()).map(ToString::to_string);
    row.pages.iter().any(|old| old.name == page.name && Some(&old.blob) == blob.as_ref())
}

/// The pages of a head, with what is known of them.
pub(super) fn pages_of(
    head: &Head,
    session: &SessionTree,
    known: Option<&SyncedSession>,
) -> Vec<SyncedPage> {
    let page = |page: &PageEntry| {
        let blob = session.blobs.get(&page.name.to_string());
        let mut known = known.into_iter().flat_map(|row| &row.pages);
        let known = known.find(|known| known.name == page.name);
        SyncedPage {
            name: page.name,
            blob: blob.map(ToString::to_string).unwrap_or_default(),
            messages: page.messages,
            made_of: known.and_then(|known| known.made_of),
            is_full: known.is_some_and(|known| known.is_full),
        }
    };
    head.pages.iter().map(page).collect()
}
