//! Finds the sessions that may have made a commit.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use super::LinkError;
use super::marks::Added;
use super::score::{Facts, judge};
use crate::git::{ChangedFile, Changes, Commit, Repository};
use crate::model::{Evidence, Session, SessionNumber, Timestamp};
use crate::origin::{Home, Sought, Tracer, fingerprint, normalised};

/// Time around a session in which a commit may be its own, in milliseconds.
const AROUND: i64 = 30 * 60_000;

/// Telling lines of its own in a commit from which on nobody asks what else a session did.
const ENOUGH: f32 = 12.0;

/// Finds sessions of one repository.
pub(crate) struct Proposing<'r, 'v> {
    repository: &'r Repository,
    tracer: Tracer<'v>,
    /// The person's addresses; none: not known.
    emails: Vec<String>,
}

/// A session that may have made a commit.
pub(crate) struct Proposed {
    pub(crate) session: Rc<Session>,
    pub(crate) confidence: f32,
    pub(crate) evidence: Evidence,
}

impl<'r, 'v> Proposing<'r, 'v> {
    pub(crate) fn new(repository: &'r Repository, tracer: Tracer<'v>) -> Self {
        Self { repository, tracer, emails: repository.emails() }
    }

    /// The candidates for a commit that is on these branches: the sessions that wrote some of its
    /// lines, and of `around` those that were held around it; the likeliest first.
    pub(crate) fn candidates(
        &mut self,
        commit: &Commit,
        branches: &[String],
        changes: &Changes,
        around: &[Rc<Session>],
    ) -> Result<Vec<Proposed>, LinkError> {
        let shares = self.shares(commit, changes)?;
        let mut sessions: BTreeMap<SessionNumber, Rc<Session>> = BTreeMap::new();
        for session in around {
            let is_near =
                distance(session, commit.committed).is_some_and(|far| far < AROUND as u64);
            if is_near && self.may_have_made(session, commit) {
                sessions.insert(session.number, Rc::clone(session));
            }
        }
        for &number in shares.own.keys() {
            if let Some(session) = self.tracer.library.session(number)? {
                sessions.insert(number, session);
            }
        }
        let mut proposed = Vec::new();
        for (number, session) in sessions {
            let (own, own_lines) = shares.own.get(&number).copied().unwrap_or_default();
            let mut facts = Facts {
                distance: distance(&session, commit.committed).unwrap_or(u64::MAX),
                files: changes.files.len() as u32,
                branch: on_branch(&session, branches),
                tells_content: own > 0.0,
                added: shares.added,
                added_lines: shares.lines,
                own,
                own_lines,
                others: shares.all - own,
                other_author: self.is_others(commit),
                ..Facts::default()
            };
            if own < ENOUGH {
                self.look_at_files(&session, commit, changes, &mut facts)?;
            } else {
                facts.edited = shares.files.get(&number).map_or(0, BTreeSet::len) as u32;
            }
            let (confidence, evidence) = judge(&facts);
            proposed.push(Proposed { session, confidence, evidence });
        }
        proposed.sort_by(|one, other| {
            let by_confidence = other.confidence.total_cmp(&one.confidence);
            by_confidence.then(other.session.started.cmp(&one.session.started))
        });
        Ok(proposed)
    }

    /// How much of a commit each session wrote.
    fn shares(&mut self, commit: &Commit, changes: &Changes) -> Result<Shares, LinkError> {
        let added = Added::of(changes);
        let mut shares = Shares::default();
        for (number, file) in changes.files.iter().enumerate() {
            // A line that the file has already may be a copy of that one.
            let before = self.lines_before(commit, file)?;
            let sought = Sought::added(file, commit.committed);
            let traced = self.tracer.trace(&file.paths(), &sought)?;
            let lines = traced.lines.iter().zip(&sought).filter(|(_, sought)| sought.is_some());
            for ((line, _), added) in lines.zip(&added.files[number]) {
                if !added.counts || before.contains(&fingerprint(&added.normalised)) {
                    continue;
                }
                let weight = 1.0 / line.sessions.max(1) as f32;
                shares.added += weight;
                shares.lines += 1;
                if let Some((edit, _)) = line.origin {
                    let session = traced.edits[edit].session;
                    let (own, lines) = shares.own.entry(session).or_default();
                    *own += weight;
                    *lines += 1;
                    shares.all += weight;
                    shares.files.entry(session).or_default().insert(number);
                }
            }
        }
        Ok(shares)
    }

    /// The fingerprints of the lines that a file had before a commit.
    fn lines_before(&self, commit: &Commit, file: &ChangedFile) -> Result<HashSet<u64>, LinkError> {
        let (Some(&parent), Some(_), false) =
            (commit.parents.first(), &file.before, file.hunks.is_empty())
        else {
            return Ok(HashSet::new());
        };
        let path = file.previous_path.as_ref().unwrap_or(&file.path);
        let content = self.repository.file_at(parent, path)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&content)
            .lines()
            .map(|line| fingerprint(&normalised(line)))
            .collect())
    }

    /// Looks at what the session did with the commit's files.
    fn look_at_files(
        &mut self,
        session: &Session,
        commit: &Commit,
        changes: &Changes,
        facts: &mut Facts,
    ) -> Result<(), LinkError> {
        let touched = self.tracer.library.touched(session)?;
        facts.tells_content |= touched.iter().any(|touched| touched.edited);
        // Where there is no text to compare, an edit counts that the commit before did not have.
        let before = match commit.parents.first() {
            Some(&parent) if facts.added == 0.0 => self
                .repository
                .commit(parent)
                .map_or(Timestamp(i64::MIN), |parent| parent.committed),
            _ => Timestamp(i64::MIN),
        };
        let in_time = |at: Option<Timestamp>| {
            at.is_none_or(|at| {
                at.0 < commit.committed.0 + 1000 && (at > before || before >= commit.committed)
            })
        };
        for file in &changes.files {
            let paths = file.paths();
            let (mut edited, mut read) = (false, false);
            for touched in touched.iter().filter(|touched| in_time(touched.at)) {
                if touched.edited && edited || !touched.edited && read {
                    continue;
                }
                let path = (touched.path.as_str(), touched.directory.as_deref());
                let relation = self.tracer.territory.relation(session, path, &paths);
                let is_file = relation.is_some_and(|relation| relation.is_file());
                edited |= is_file && touched.edited;
                read |= is_file && !touched.edited;
            }
            facts.edited += u32::from(edited);
            facts.read += u32::from(read && !edited);
        }
        Ok(())
    }

    /// Whether a session was held in this repository, or in a clone that has the commit.
    fn may_have_made(&mut self, session: &Session, commit: &Commit) -> bool {
        match self.tracer.territory.home(session) {
            Home::Here { is_clone, .. } => {
                !is_clone || self.tracer.territory.has(session, commit.id)
            }
            _ => false,
        }
    }

    /// Whether somebody else made the commit.
    fn is_others(&self, commit: &Commit) -> bool {
        let by = |email: &str| self.emails.iter().any(|own| own.eq_ignore_ascii_case(email));
        !self.emails.is_empty() && !by(&commit.author_email) && !by(&commit.committer_email)
    }
}

/// Whose the lines of a commit are.
#[derive(Default)]
struct Shares {
    /// Weight and number of the lines that it adds, and weight of those that any session wrote.
    added: f32,
    lines: u32,
    all: f32,
    /// Weight and number by session.
    own: BTreeMap<SessionNumber, (f32, u32)>,
    /// Files that the lines are in.
    files: BTreeMap<SessionNumber, BTreeSet<usize>>,
}

/// Milliseconds between a session and a moment; nothing if it is not known when it was.
fn distance(session: &Session, moment: Timestamp) -> Option<u64> {
    let start = session.started.or(session.last_activity)?;
    let end = session.ended.max(session.last_activity).unwrap_or(start);
    Some(if moment < start {
        start.0.abs_diff(moment.0)
    } else {
        moment.0.saturating_sub(end.0).max(0).unsigned_abs()
    })
}

/// Whether the session was on one of the branches; nothing if either is not known.
fn on_branch(session: &Session, branches: &[String]) -> Option<bool> {
    let known = !session.branches.is_empty() && !branches.is_empty();
    known.then(|| session.branches.iter().any(|branch| branches.contains(branch)))
}
