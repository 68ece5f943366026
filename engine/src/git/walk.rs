//! Walks the history: which branches a commit is in, what happened lately, what is still reachable.
//!
//! A walk goes from the newest commit to the older ones and carries for each commit the set of
//! starting points that lead to it, so that any number of branches costs one walk. Clocks go wrong,
//! and a child may be older than its parent: a set that still grows after its commit was passed is
//! handed on once more, and a walk stops only some way beyond the time that it was asked for.

use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::bstr::ByteSlice;

use super::objects::Node;
use super::{Commit, CommitId, GitError, Repository};
use crate::model::Timestamp;

/// By how much clocks may differ before a walk misses something.
const SLACK: i64 = 24 * 60 * 60; // seconds

/// How many commits in a row that are too old end a walk: a single one may have a wrong clock.
const OLD_IN_A_ROW: u8 = 8;

/// A commit of a time window, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The commit.
    pub commit: Commit,
    /// The local branches that it is in, sorted; none if only a detached HEAD leads to it.
    pub branches: Vec<String>,
}

impl Repository {
    /// The commits since then of all local branches and of HEAD, of all working trees, each once;
    /// merges too, the newest first by the time of committing.
    pub fn commits_since(&self, since: Timestamp) -> Result<Vec<Walked>, GitError> {
        let branches = self.local_branches()?;
        let heads = self.heads().into_iter();
        let tips = branches.iter().map(|(_, id)| *id).chain(heads).collect();
        let seconds = since.0.div_euclid(1000) + i64::from(since.0.rem_euclid(1000) > 0);
        let passed = self.walk(tips, seconds)?;

        let mut recent: Vec<_> =
            passed.into_iter().filter(|(_, state)| state.node.committed >= seconds).collect();
        recent.sort_by_key(|(_, state)| (std::cmp::Reverse(state.node.committed), state.order));
        let recent = recent.into_iter().map(|(id, state)| {
            Ok(Walked { commit: self.commit(id)?, branches: names(&branches, &state.tips) })
        });
        recent.collect()
    }

    /// The local branches that the commit is in, sorted.
    pub fn branches_containing(&self, id: CommitId) -> Result<Vec<String>, GitError> {
        let Some(node) = self.node(id)? else {
            return Ok(Vec::new());
        };
        let branches = self.local_branches()?;
        let tips = branches.iter().map(|(_, id)| *id).collect();
        let passed = self.walk(tips, node.committed)?;
        let found = passed.get(&id).map(|state| names(&branches, &state.tips));
        Ok(found.unwrap_or_default())
    }

    /// Those of the commits that a branch, a remote's branch, a tag, the stash or a HEAD leads to.
    pub fn reachable(&self, ids: &[CommitId]) -> Result<HashSet<CommitId>, GitError> {
        let mut tips = self.heads();
        for prefix in ["refs/heads/", "refs/remotes/", "refs/tags/", "refs/stash"] {
            tips.extend(self.references(prefix)?.into_iter().map(|(_, id)| id));
        }
        self.led_to(tips, ids)
    }

    /// Those of the commits that another one was made upon, however far back, itself included.
    pub fn ancestors_among(
        &self,
        of: CommitId,
        ids: &[CommitId],
    ) -> Result<HashSet<CommitId>, GitError> {
        self.led_to(vec![of], ids)
    }

    fn led_to(&self, tips: Vec<CommitId>, ids: &[CommitId]) -> Result<HashSet<CommitId>, GitError> {
        let mut wanted = HashSet::new();
        let mut oldest = i64::MAX;
        for id in ids {
            if let Some(node) = self.node(*id)? {
                oldest = oldest.min(node.committed);
                wanted.insert(*id);
            }
        }
        let mut found = HashSet::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        let mut seen: HashSet<CommitId> = HashSet::new();
        let mut queue = BinaryHeap::new();
        let mut next: Vec<(CommitId, u8)> = tips.into_iter().map(|id| (id, 0)).collect();
        loop {
            for (id, old) in next.drain(..) {
                if seen.insert(id)
                    && let Some(node) = self.node(id)?
                {
                    queue.push((node.committed, id, old, node.parents));
                }
            }
            let Some((committed, id, old, parents)) = queue.pop() else {
                return Ok(found);
            };
            if wanted.remove(&id) {
                found.insert(id);
                if wanted.is_empty() {
                    return Ok(found);
                }
            }
            let old = match committed < oldest.saturating_sub(SLACK) {
                true => old + 1,
                false => 0,
            };
            if old < OLD_IN_A_ROW {
                next.extend(parents.into_iter().map(|parent| (parent, old)));
            }
        }
    }

    /// The commits of `A..B`, of `A...B` (those of B since it left A), or of a branch since it left
    /// the default branch; the oldest first, as `git log --reverse` has it. A single commit that
    /// the default branch holds already is a range of its own.
    pub fn range(&self, range: &str) -> Result<Vec<Commit>, GitError> {
        let or_head = |name: &str| match name {
            "" => self.resolve("HEAD"),
            name => self.resolve(name),
        };
        let between = range.split_once("...").or_else(|| range.split_once(".."));
        if let Some((from, to)) = between {
            return self.between(Some(or_head(from)?), or_head(to)?);
        }
        let tip = self.resolve(range)?;
        let commits = self.between(self.default_branch(), tip)?;
        match commits.is_empty() {
            true => Ok(vec![self.commit(tip)?]),
            false => Ok(commits),
        }
    }

    /// What `to` leads to and `from` does not, the oldest first.
    fn between(&self, from: Option<CommitId>, to: CommitId) -> Result<Vec<Commit>, GitError> {
        const WANTED: u64 = 1;
        const HIDDEN: u64 = 2;
        let mut walk = Walk::new(self);
        walk.reach(to, &[WANTED], 0)?;
        if let Some(from) = from {
            walk.reach(from, &[HIDDEN], 0)?;
        }
        // The oldest of the range so far: with wrong clocks, what hides it may be a bit older still.
        let mut passed_oldest = i64::MAX;
        while let Some((committed, id)) = walk.next() {
            let hidden = walk
                .state(id)
                .is_some_and(|state| state.tips == [WANTED | HIDDEN] || state.tips == [HIDDEN]);
            if !hidden {
                passed_oldest = passed_oldest.min(committed);
            } else if committed < passed_oldest.saturating_sub(SLACK) && !walk.expects(WANTED) {
                break;
            }
            walk.pass_on(id, 0)?;
        }
        let mut commits: Vec<_> =
            walk.states.into_iter().filter(|(_, state)| state.tips == [WANTED]).collect();
        commits.sort_by_key(|(_, state)| std::cmp::Reverse(state.order));
        commits.into_iter().map(|(id, _)| self.commit(id)).collect()
    }

    /// Where the default branch is: as the remote says, or by its usual names.
    fn default_branch(&self) -> Option<CommitId> {
        let configured = self.config("init.defaultBranch");
        let names = ["refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master"];
        let names = names.into_iter().map(str::to_string);
        let configured = configured.map(|name| format!("refs/heads/{name}"));
        let mut ids = names.chain(configured).filter_map(|name| self.resolve(&name).ok());
        ids.next()
    }

    /// All that the tips lead to, as far as it may be of that time or later.
    fn walk(&self, tips: Vec<CommitId>, since: i64) -> Result<HashMap<CommitId, State>, GitError> {
        let mut walk = Walk::new(self);
        let words = tips.len().div_ceil(64);
        for (index, tip) in tips.into_iter().enumerate() {
            let mut set = vec![0; words];
            set[index / 64] = 1 << (index % 64);
            walk.reach(tip, &set, 0)?;
        }
        while let Some((committed, id)) = walk.next() {
            let old = match committed < since.saturating_sub(SLACK) {
                true => walk.state(id).map_or(0, |state| state.old) + 1,
                false => 0,
            };
            if old < OLD_IN_A_ROW {
                walk.pass_on(id, old)?;
            }
        }
        Ok(walk.states)
    }

    /// The local branches and their commits, sorted by name.
    fn local_branches(&self) -> Result<Vec<(String, CommitId)>, GitError> {
        let mut branches = self.references("refs/heads/")?;
        branches.sort();
        Ok(branches)
    }

    /// The references below a prefix, without it, and the commits that they lead to. Those that
    /// lead to something else, or nowhere, are passed over.
    fn references(&self, prefix: &str) -> Result<Vec<(String, CommitId)>, GitError> {
        let platform = self.inner.references();
        let platform = platform.map_err(|error| self.unreadable(&error))?;
        let found = platform.prefixed(prefix);
        let found = found.map_err(|error| self.unreadable(&error))?;
        let commits = found.filter_map(|reference| {
            let mut reference = reference.ok()?;
            let name = reference.name().as_bstr().to_str_lossy().into_owned();
            let name = name.strip_prefix(prefix).unwrap_or(&name).to_string();
            let id = reference.peel_to_id().ok()?;
            Some((name, id.detach()))
        });
        Ok(commits.collect())
    }

    /// The HEADs of all working trees that lead to a commit.
    fn heads(&self) -> Vec<CommitId> {
        let linked = std::fs::read_dir(self.common_dir.join("worktrees"));
        let linked = linked.into_iter().flatten().flatten();
        let folders = linked.map(|entry| entry.path());
        let own = self.head().ok().flatten();
        // A HEAD on a branch adds nothing to the branches; a detached one is an id in a file.
        let detached = folders.chain([self.common_dir.clone()]).filter_map(|folder| {
            let head = std::fs::read(folder.join("HEAD")).ok()?;
            CommitId::from_hex(head.trim()).ok()
        });
        let mut heads: Vec<CommitId> = own.into_iter().chain(detached).collect();
        heads.sort();
        heads.dedup();
        heads
    }
}

fn names(branches: &[(String, CommitId)], tips: &[u64]) -> Vec<String> {
    let inside = |index: usize| tips[index / 64] & (1 << (index % 64)) != 0;
    let names = branches.iter().enumerate();
    names.filter(|(index, _)| inside(*index)).map(|(_, (name, _))| name.clone()).collect()
}

/// What a walk knows of a commit that it came to.
struct State {
    node: Node,
    /// The starting points that lead to it, a bit each.
    tips: Vec<u64>,
    /// How many commits in a row were too old on the best way to it.
    old: u8,
    /// When it was first passed, counted from 0.
    order: usize,
    queued: bool,
}

/// A walk from the newest to the oldest.
struct Walk<'a> {
    repository: &'a Repository,
    states: HashMap<CommitId, State>,
    /// By time; of the same time the one first come to, as git has it.
    queue: BinaryHeap<(i64, std::cmp::Reverse<usize>, CommitId)>,
    reached: usize,
    passed: usize,
}

impl<'a> Walk<'a> {
    fn new(repository: &'a Repository) -> Self {
        Self { repository, states: HashMap::new(), queue: BinaryHeap::new(), reached: 0, passed: 0 }
    }

    /// Notes that these starting points lead to the commit, and queues it if that is news.
    /// A commit that is missing ends the way, as it does in a shallow clone.
    fn reach(&mut self, id: CommitId, tips: &[u64], old: u8) -> Result<(), GitError> {
        let state = match self.states.entry(id) {
            std::collections::hash_map::Entry::Occupied(entry) => {
                let state = entry.into_mut();
                let known = state.tips.iter().zip(tips).all(|(have, new)| have & new == *new);
                if known && state.old <= old {
                    return Ok(());
                }
                state
            }
            std::collections::hash_map::Entry::Vacant(entry) => {
                let Some(node) = self.repository.node(id)? else {
                    return Ok(());
                };
                entry.insert(State {
                    node,
                    tips: vec![0; tips.len()],
                    old,
                    order: usize::MAX,
                    queued: false,
                })
            }
        };
        for (have, new) in state.tips.iter_mut().zip(tips) {
            *have |= new;
        }
        state.old = state.old.min(old);
        if !state.queued {
            state.queued = true;
            let order = std::cmp::Reverse(self.reached);
            self.queue.push((state.node.committed, order, id));
            self.reached += 1;
        }
        Ok(())
    }

    fn next(&mut self) -> Option<(i64, CommitId)> {
        let (committed, _, id) = self.queue.pop()?;
        if let Some(state) = self.states.get_mut(&id) {
            state.queued = false;
            if state.order == usize::MAX {
                state.order = self.passed;
                self.passed += 1;
            }
        }
        Some((committed, id))
    }

    fn state(&self, id: CommitId) -> Option<&State> {
        self.states.get(&id)
    }

    /// Tells the parents what leads to them.
    fn pass_on(&mut self, id: CommitId, old: u8) -> Result<(), GitError> {
        let Some(state) = self.states.get(&id) else {
            return Ok(());
        };
        let (parents, tips) = (state.node.parents.clone(), state.tips.clone());
        for parent in parents {
            self.reach(parent, &tips, old)?;
        }
        Ok(())
    }

    /// Whether one that is still queued is reached by exactly these.
    fn expects(&self, tips: u64) -> bool {
        let mut queued = self.queue.iter();
        queued.any(|(_, _, id)| self.states.get(id).is_some_and(|state| state.tips == [tips]))
    }
}
