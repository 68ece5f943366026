//! Seals what the remote does not have, and makes a commit of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::content::{Head, Meta, decode, encode};
use super::error::Fault;
use super::pull::pages_of;
use super::round::{Read, Round, RoundError, Scope};
use super::seal::{Place, move_to};
use super::sealing::add;
use super::tree::{
    Directory, HEAD, History, MACHINES, MANIFEST, META, SessionTree, StoreTree, TOMBSTONES, Trouble,
};
use crate::api::Progress;
use crate::git::{ObjectId, TreeEdit};
use crate::model::{Machine, Session, SessionId};
use crate::store::{SyncedPage, SyncedSession, View};

/// The history of a store begins anew when as much was added to it as it began with, and at least so
/// many bytes: so it is never more than twice as long as the store is large.
const SHORTEST: u64 = 4 << 20;

/// And when it has so many commits.
const MOST_COMMITS: u64 = 4096;

/// A session that goes into the commit.
struct Sealed {
    tree: ObjectId,
    row: SyncedSession,
}

/// What goes to the remote, and what is noted of it.
#[derive(Default)]
struct Going {
    edits: Vec<(String, TreeEdit)>,
    /// Sessions of which the remote has all already.
    even: Vec<(SessionId, SyncedSession)>,
    /// Sessions of which it will, once the commit is pushed.
    notes: BTreeMap<SessionId, Option<SyncedSession>>,
}

impl Round<'_> {
    /// Makes the commit that gives the remote what it does not have, if there is anything.
    pub(super) fn push(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<(), RoundError> {
        let remote = self.remote.take();
        let pushed = match self.manifest.check_writable() {
            Ok(()) => self.push_to(remote.as_ref(), progress),
            Err(error) => {
                self.answer.problems.push(error.to_string());
                Ok(())
            }
        };
        self.remote = remote;
        pushed
    }

    fn push_to(
        &mut self,
        remote: Option<&StoreTree<'_>>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), RoundError> {
        let mut going = Going::default();
        let hides = self.request.hide_metadata && !self.manifest.hides_metadata();
        let renews =
            remote.is_some_and(|tree| tree.manifest.key_count() < self.manifest.key_count());
        if hides || renews {
            if hides {
                self.manifest = self.manifest.hiding(&self.keys);
            }
            if let Some(tree) = remote {
                self.reseal(tree, hides, &mut going)?;
            }
            if hides {
                // Pages open in the directory only that they were sealed for.
                let moved = |id: &SessionId| going.notes.contains_key(id);
                let rows = self.rows.iter_mut().filter(|(id, _)| !moved(id));
                rows.for_each(|(_, row)| row.pages.clear());
            }
            self.hidden = self.manifest.hides_metadata();
        } else if remote.is_none() {
            self.hidden = self.manifest.hides_metadata();
        }
        self.carry_over(remote, &mut going);
        self.seal_sessions(remote, &mut going, progress)?;
        if self.request.dry_run {
            return Ok(());
        }
        let mut forgets = false;
        for (id, _) in self.forgotten.clone() {
            if self.rows.contains_key(&id) {
                going.notes.insert(id, None);
            }
            let directory = self.directory(id);
            if remote.is_some_and(|tree| tree.sessions.contains_key(&directory)) {
                going.edits.push((directory.path(), TreeEdit::Remove));
                forgets = true;
            }
        }
        self.seal_lists(remote, renews, &mut going)?;
        if remote.is_none_or(|tree| tree.manifest != self.manifest) {
            let json = self.manifest.to_json().to_owned();
            let blob = self.write(json.as_bytes())?;
            going.edits.push((MANIFEST.to_owned(), TreeEdit::Blob(blob)));
        }
        let begins_anew = forgets || renews || hides;
        self.commit(remote, &going.edits, begins_anew)?;
        self.answer.notes.manifest = self.manifest.to_json().to_owned();
        self.answer.notes.sessions = going.notes.into_iter().collect();
        self.note_even(remote, going.even)
    }

    /// Puts back the sessions that the remote had and lost, also those that are not in the archive.
    fn carry_over(&self, remote: Option<&StoreTree<'_>>, going: &mut Going) {
        let (Some(remote), Some(local)) = (remote, &self.local) else { return };
        if local.manifest.key_count() != self.manifest.key_count()
            || local.manifest.hides_metadata() != self.manifest.hides_metadata()
        {
            return;
        }
        let forgotten: HashSet<Directory> = self
            .forgotten
            .keys()
            .chain(self.remote_forgotten.keys())
            .map(|id| self.directory(*id))
            .collect();
        for (directory, tree) in &local.sessions {
            if !remote.sessions.contains_key(directory) && !forgotten.contains(directory) {
                going.edits.push((directory.path(), TreeEdit::Tree(*tree)));
            }
        }
    }

    /// Notes of what the remote has already that it does, once it is sure.
    fn note_even(
        &mut self,
        remote: Option<&StoreTree<'_>>,
        even: Vec<(SessionId, SyncedSession)>,
    ) -> Result<(), RoundError> {
        let Some(tree) = remote else { return Ok(()) };
        let mut known = self.known.clone();
        known.merged = Some(tree.commit.to_string());
        let is_newer = |seen: &super::Manifest| seen.revision() > tree.manifest.revision();
        if !super::Manifest::parse(known.manifest.as_bytes()).is_ok_and(|seen| is_newer(&seen)) {
            tree.manifest.to_json().clone_into(&mut known.manifest);
        }
        let id = self.id();
        let machine = self.machines.get(&self.engine.options().machine.0).cloned();
        let view = self.store.view()?;
        let stored: HashMap<SessionId, SyncedSession> =
            view.synced_sessions(id)?.into_iter().collect();
        let changed: Vec<_> =
            even.into_iter().filter(|(id, row)| stored.get(id) != Some(row)).collect();
        if changed.is_empty() && known == self.known {
            return Ok(());
        }
        self.store.write(|tables| {
            for (session, row) in &changed {
                tables.put_synced_session(id, *session, Some(row))?;
            }
            if let Some(machine) = &machine {
                tables.merge_machine(machine)?;
            }
            tables.put_synced_store(id, &known)?;
            Ok(())
        })
    }

    /// Seals the sessions of which the remote does not have all.
    fn seal_sessions(
        &mut self,
        remote: Option<&StoreTree<'_>>,
        going: &mut Going,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), RoundError> {
        let view = self.store.view()?;
        let mut scope = Scope::new(&self.request.place, self.repository, self.config, &view)?;
        let mut pending: Vec<(Session, u64)> = Vec::new();
        let changes: HashMap<_, _> = view.changes()?.into_iter().collect();
        for session in view.all_sessions()? {
            let change = changes.get(&session.number).copied().unwrap_or(0);
            let directory = self.directory(session.id);
            let row = going.notes.get(&session.id).cloned().flatten();
            let row = row.as_ref().or(self.rows.get(&session.id));
            let is_there = remote.is_some_and(|tree| tree.sessions.contains_key(&directory));
            let is_there = is_there || going.notes.contains_key(&session.id);
            let is_read = !matches!(self.heads.get(&directory), Some(Read::Damaged | Read::Stale));
            if row.is_some_and(|row| row.change == Some(change)) && is_there && is_read {
                if let Some(row) = row.filter(|_| !going.notes.contains_key(&session.id)) {
                    going.even.push((session.id, row.clone()));
                }
                continue;
            }
            if !self.forgotten.contains_key(&session.id)
                && !matches!(self.heads.get(&directory), Some(Read::Newer))
            {
                pending.push((session, change));
            }
        }
        let mut done = Progress { total_sources: pending.len() as u64, ..Progress::default() };
        for (session, change) in pending {
            done.sources += 1;
            let Some(home) = scope.home(&session) else { continue };
            if self.request.dry_run {
                self.answer.pushed += 1;
                continue;
            }
            let (id, directory) = (session.id, self.directory(session.id));
            match self.seal_session(&view, &session, change, home, remote)? {
                Ok(row) => going.even.push((id, row)),
                Err(Sealed { tree, row }) => {
                    going.edits.push((directory.path(), TreeEdit::Tree(tree)));
                    going.notes.insert(id, Some(row));
                    self.answer.pushed += 1;
                }
            }
            done.sessions += 1;
            done.messages += u64::from(session.message_count);
            progress(done);
        }
        Ok(())
    }

    /// Seals one session; `Ok` if the remote has all of it already.
    fn seal_session(
        &mut self,
        view: &View<'_>,
        session: &Session,
        change: u64,
        home: Option<(std::path::PathBuf, Option<crate::store::Place>)>,
        remote: Option<&StoreTree<'_>>,
    ) -> Result<Result<SyncedSession, Sealed>, RoundError> {
        let directory = self.directory(session.id);
        let (there, there_tree) = self.head_of(directory, remote)?;
        let known = self.rows.get(&session.id).cloned();
        let known_pages = known.as_ref().map(|row| row.pages.clone()).unwrap_or_default();
        let said = self.say(view, session, home.as_ref(), &known_pages)?;
        let revision =
            self.joined(&said, session, there.as_ref().map(|(head, _)| head), known.as_ref());
        let outward = self.outward(session, home.as_ref().map(|(root, _)| root.as_path()));
        let hanging = there.as_ref().map(|(head, _)| head.children.clone()).unwrap_or_default();
        let children = self.children(view, session.number, &outward, &hanging)?;
        let (head, mut pages) = match (revision, &there) {
            (None, Some((there, _))) => (Head { children, ..there.clone() }, known_pages),
            (revision, there) => {
                let head = Head {
                    facts: said.facts.clone(),
                    // Whoever captured it first stays the one who changes what it says.
                    machine: there.as_ref().map_or(session.machine, |(head, _)| head.machine),
                    revision: revision.unwrap_or(0),
                    pages: said.entries(),
                    children,
                };
                (head, said.pages.clone())
            }
        };
        if let (Some((there, session_tree)), Some(tree)) = (&there, there_tree)
            && *there == head
        {
            // What the pages are made of is known now, if they say what is here.
            if said.content() == there.version().content {
                pages = said.pages;
            } else if pages.len() != head.pages.len() {
                pages = pages_of(&head, session_tree, None);
            }
            let version = head.version();
            let row =
                SyncedSession { change: Some(change), tree: tree.to_string(), version, pages };
            return Ok(Ok(row));
        }
        if revision.is_some() {
            add(&mut self.answer.masked, said.masked);
        } else if let Some((_, session_tree)) = &there {
            pages = match said.content() == head.version().content {
                true => said.pages,
                false => pages_of(&head, session_tree, None),
            };
        }
        let blobs: Vec<(String, ObjectId)> = pages
            .iter()
            .filter_map(|page| {
                Some((page.name.to_string(), ObjectId::from_hex(page.blob.as_bytes()).ok()?))
            })
            .collect();
        let tree = self.session_tree(directory, &head, blobs)?;
        let version = head.version();
        let row = SyncedSession { change: Some(change), tree: tree.to_string(), version, pages };
        Ok(Err(Sealed { tree, row }))
    }

    /// The head that the remote has of a session, if it can be read and is to be kept.
    #[expect(clippy::type_complexity, reason = "a head and its tree")]
    fn head_of(
        &mut self,
        directory: Directory,
        remote: Option<&StoreTree<'_>>,
    ) -> Result<(Option<(Head, SessionTree)>, Option<ObjectId>), RoundError> {
        let there = remote.and_then(|tree| Some((tree, *tree.sessions.get(&directory)?)));
        let Some((tree, id)) = there else { return Ok((None, None)) };
        match self.heads.remove(&directory) {
            Some(Read::Head(head, session)) => return Ok((Some((*head, session)), Some(id))),
            Some(Read::Damaged | Read::Newer) => return Ok((None, None)),
            // An older state: what is known here is newer, but what hangs on it was merged.
            Some(Read::Stale) => return Ok((None, None)),
            None => {}
        }
        match self.read_head(tree, directory, id) {
            Ok(found) => Ok((Some(found), Some(id))),
            Err(Trouble::Git(error)) => Err(error.into()),
            Err(trouble) => {
                self.problem(&directory.path(), &trouble);
                Ok((None, None))
            }
        }
    }

    /// Writes the tree of a session.
    fn session_tree(
        &mut self,
        directory: Directory,
        head: &Head,
        pages: Vec<(String, ObjectId)>,
    ) -> Result<ObjectId, RoundError> {
        let content = encode(head);
        let sealed = self.write_sealed(&directory.place(HEAD), &content)?;
        let meta = Meta::of(head).to_json();
        let meta = match self.manifest.hides_metadata() {
            true => self.write_sealed(&directory.place(META), &meta)?,
            false => self.write(&meta)?,
        };
        let own = [(HEAD.to_owned(), sealed), (META.to_owned(), meta)];
        Ok(self.repository.write_lore_tree(pages.into_iter().chain(own))?)
    }

    /// Seals the heads of all sessions anew, because the key was replaced; with `hides`, their pages
    /// as well, because they get other places.
    fn reseal(
        &mut self,
        tree: &StoreTree<'_>,
        hides: bool,
        going: &mut Going,
    ) -> Result<(), RoundError> {
        for (&directory, &id) in &tree.sessions {
            let (head, session) = match self.read_head(tree, directory, id) {
                Ok(read) => read,
                Err(Trouble::Git(error)) => return Err(error.into()),
                Err(trouble) => {
                    self.problem(&directory.path(), &trouble);
                    // Nobody would find it there any more, and it stands in the clear.
                    if hides && !matches!(trouble, Trouble::Fault(Fault::Newer { .. })) {
                        going.edits.push((directory.path(), TreeEdit::Remove));
                    }
                    continue;
                }
            };
            let now = Directory::of(head.facts.id, &self.keys, self.manifest.hides_metadata());
            let mut pages = Vec::new();
            let mut blobs = Vec::new();
            let known = self.rows.get(&head.facts.id);
            for page in pages_of(&head, &session, known) {
                let name = page.name.to_string();
                let Some(&old) = session.blobs.get(&name) else { continue };
                let mut blob = old;
                if hides {
                    let place = directory.page_place(page.name);
                    let opened = self.open(tree, &place, old, true).map(|(number, content)| {
                        // It keeps its key, by which it is named.
                        let to = now.page_place(page.name);
                        move_to(&to, &self.keys, number, &content).unwrap_or_default()
                    });
                    match opened {
                        Ok(sealed) => blob = self.write(&sealed)?,
                        Err(trouble) => self.problem(&directory.path(), &trouble),
                    }
                }
                blobs.push((name, blob));
                pages.push(SyncedPage { blob: blob.to_string(), ..page });
            }
            let new = self.session_tree(now, &head, blobs)?;
            if now != directory {
                going.edits.push((directory.path(), TreeEdit::Remove));
            }
            going.edits.push((now.path(), TreeEdit::Tree(new)));
            let change = self.rows.get(&head.facts.id).and_then(|row| row.change);
            let version = head.version();
            let row = SyncedSession { change, tree: new.to_string(), version, pages };
            self.rows.insert(head.facts.id, row.clone());
            going.notes.insert(head.facts.id, Some(row));
            self.heads.insert(now, Read::Head(Box::new(head), session));
        }
        Ok(())
    }

    /// Seals the lists that a store has once, where the remote's are others.
    fn seal_lists(
        &mut self,
        remote: Option<&StoreTree<'_>>,
        renews: bool,
        going: &mut Going,
    ) -> Result<(), RoundError> {
        let mut forgotten = self.remote_forgotten.clone();
        // If two machines forgot it at once, all tell the earlier time, so that none rewrites it.
        for (&id, &at) in &self.forgotten {
            let first = forgotten.entry(id).or_insert(at);
            *first = at.min(*first);
        }
        let forgotten: Vec<(SessionId, i64)> = forgotten.into_iter().collect();
        // No machine is told of that has nothing in the store, but for this one.
        let own = self.engine.options().machine.0;
        let mut machines = self.remote_machines.clone();
        if let Some(machine) = self.machines.get(&own) {
            machines.insert(own, machine.clone());
        }
        let machines: Vec<Machine> = machines.into_values().collect();
        let lists = [
            (
                TOMBSTONES,
                remote.and_then(|tree| tree.tombstones),
                encode(&forgotten),
                forgotten.is_empty(),
            ),
            (
                MACHINES,
                remote.and_then(|tree| tree.machines),
                encode(&machines),
                machines.is_empty(),
            ),
        ];
        for (name, blob, content, is_empty) in lists {
            let place = Place::of(name);
            let there = match (remote, blob) {
                (Some(tree), Some(blob)) => self.open(tree, &place, blob, false).ok(),
                _ => None,
            };
            let is_same = there.as_ref().is_some_and(|(_, there)| **there == content);
            if (is_empty && blob.is_none()) || (is_same && !renews) {
                continue;
            }
            // What a newer release wrote is not rewritten.
            if there.is_some_and(|(_, there)| newer(&there)) {
                continue;
            }
            let id = self.write_sealed(&place, &content)?;
            going.edits.push((name.to_owned(), TreeEdit::Blob(id)));
        }
        Ok(())
    }

    /// Makes a commit on the remote's, unless nothing changes.
    fn commit(
        &mut self,
        remote: Option<&StoreTree<'_>>,
        edits: &[(String, TreeEdit)],
        begins_anew: bool,
    ) -> Result<(), RoundError> {
        if self.is_lost {
            self.answer.commit = remote.map(|tree| tree.commit.to_string());
        }
        if edits.is_empty() {
            return Ok(());
        }
        let tree = self.repository.edit_lore_tree(remote.map(|tree| tree.root), edits)?;
        if remote.is_some_and(|remote| remote.root == tree) {
            return Ok(());
        }
        let history = remote.map(|tree| tree.history).unwrap_or_default();
        // What others wrote into the message is no more than a hint.
        let added = history.added.saturating_add(self.answer.bytes);
        let is_long = added > history.base.max(SHORTEST) || history.commits >= MOST_COMMITS;
        let parent = remote.filter(|_| !begins_anew && !is_long).map(|tree| tree.commit);
        let history = match parent {
            Some(_) => History { commits: history.commits + 1, base: history.base, added },
            None => History { commits: 0, base: self.size_of(tree)?, added: 0 },
        };
        let commit = self.repository.write_lore_commit(tree, parent, &history.message())?;
        self.answer.commit = Some(commit.to_string());
        Ok(())
    }

    /// Bytes of all blobs of a tree, each counted once: also of those that stand there more often
    /// than anybody could count.
    fn size_of(&self, root: ObjectId) -> Result<u64, RoundError> {
        let (mut size, mut seen, mut waiting) = (0, HashSet::from([root]), vec![root]);
        while let Some(tree) = waiting.pop() {
            for entry in self.repository.tree_entries(tree)? {
                if !seen.insert(entry.id) {
                    continue;
                }
                match entry.is_tree {
                    true => waiting.push(entry.id),
                    false => size += self.repository.blob_size(entry.id)?,
                }
            }
        }
        Ok(size)
    }
}

fn newer(content: &[u8]) -> bool {
    matches!(decode::<()>(content), Err(Fault::Newer { .. }))
}
