//! Gives lines to the edits that wrote them.
//!
//! The newest edit comes first: it takes those of the lines that it wrote and that were not there
//! before it, each once. Where the same text stands several times, what stands around it decides.
//! Lines that tell nothing by themselves, `}` or an empty one, go with the neighbours that the edit
//! wrote. A file that was written as a whole, nobody knows over what, comes last and the oldest of
//! them first: it wrote only what no other edit did.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::library::{Edit, Library};
use super::line::{file_name, fingerprint, fingerprint_in, is_telling, normalised};
use super::similar::is_similar;
use super::territory::{Relation, Territory};
use crate::git::ChangedFile;
use crate::index::{Index, IndexError};
use crate::model::{SessionNumber, Timestamp};
use crate::store::StoreError;

/// Messages that may have written a line in a file of this name; of more it tells nothing.
pub(super) const MOST_IN_NAME: u32 = 256;
/// Messages that may have written a line in any file.
const MOST_ANYWHERE: u32 = 16;
/// Lines of a file with the same text; of more it tells nothing.
const MOST_ALIKE: usize = 100;
/// Lines around a line that are compared.
const AROUND: usize = 3;
/// Git tells whole seconds.
const SECOND: i64 = 1000;

/// A line that is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Sought<'t> {
    pub(crate) text: &'t str,
    /// It was there at this time: what was written later did not write it.
    pub(crate) latest: Timestamp,
    /// The lines in whose place it came.
    pub(crate) replaced: &'t [String],
}

impl<'t> Sought<'t> {
    /// The lines that a commit of this time added to a file. Those of two hunks do not follow each
    /// other: before each hunk stands `None`.
    pub(crate) fn added(file: &'t ChangedFile, latest: Timestamp) -> Vec<Option<Self>> {
        let mut sought = Vec::new();
        for hunk in &file.hunks {
            let replaced = hunk.removed.as_slice();
            sought.push(None);
            sought.extend(hunk.added.iter().map(|text| Some(Self { text, latest, replaced })));
        }
        sought
    }
}

/// Where the lines of a file come from.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    /// The edits that may have written some of them.
    pub(crate) edits: Vec<Rc<Edit>>,
    /// Of each line.
    pub(crate) lines: Vec<TracedLine>,
}

/// What is known of a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct TracedLine {
    /// The edit that wrote it, and the line in its text.
    pub(crate) origin: Option<(usize, usize)>,
    /// The edit that wrote the line that this one was before somebody changed it.
    pub(crate) changed_from: Option<(usize, usize)>,
    /// It tells something by itself.
    pub(crate) is_telling: bool,
    /// Sessions that wrote such a line, in files of this name if there are any.
    pub(crate) sessions: u32,
}

/// Why lines cannot be traced.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TraceError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// Traces lines of one repository.
pub(crate) struct Tracer<'v> {
    pub(crate) library: Library<'v>,
    pub(crate) territory: Territory<'v>,
    pub(crate) index: &'v Index,
}

impl Tracer<'_> {
    /// Finds the edits that wrote the lines of a file that has, or had, these paths. Between lines
    /// that do not follow each other stands `None`.
    pub(crate) fn trace(
        &mut self,
        paths: &[String],
        sought: &[Option<Sought<'_>>],
    ) -> Result<Traced, TraceError> {
        let lines = sought.iter().map(|line| line.as_ref().map(|line| normalised(line.text)));
        let lines: Vec<Option<String>> = lines.collect();
        let mut traced =
            Traced { edits: Vec::new(), lines: vec![TracedLine::default(); lines.len()] };
        let mut alike: HashMap<&str, usize> = HashMap::new();
        for line in lines.iter().flatten() {
            *alike.entry(line).or_default() += 1;
        }
        for (traced, line) in traced.lines.iter_mut().zip(&lines) {
            let line = line.as_deref().filter(|line| is_telling(line));
            traced.is_telling = line.is_some_and(|line| alike[line] <= MOST_ALIKE);
        }
        let messages = self.candidates(paths, &lines, &mut traced)?;
        let edits = self.edits(paths, messages)?;
        let mut assigning = Assigning::new(sought, &lines, &traced);
        let known: HashSet<_> = edits.iter().map(|(_, edit)| place_of(edit)).collect();
        assigning.take_all(edits, &mut traced.edits);
        // Now in any file, whatever it was called.
        let messages = self.anywhere(&lines, &assigning.open())?;
        let mut edits = self.edits(paths, messages)?;
        edits.retain(|(_, edit)| !known.contains(&place_of(edit)));
        assigning.count_sessions(&edits);
        assigning.take_all(edits, &mut traced.edits);
        let Assigning { origins, sessions, .. } = assigning;
        for (line, (origin, sessions)) in
            traced.lines.iter_mut().zip(origins.into_iter().zip(sessions))
        {
            line.origin = origin;
            if line.sessions == 0 {
                line.sessions = sessions;
            }
        }
        self.trace_fragments(paths, sought, &mut traced)?;
        traced.find_changed(&lines);
        Ok(traced)
    }

    /// The messages that wrote some of the lines in files of any name.
    fn anywhere(
        &self,
        lines: &[Option<String>],
        open: &[usize],
    ) -> Result<BTreeSet<(SessionNumber, u32)>, TraceError> {
        let open = open.iter().map(|&at| lines[at].as_deref().map_or(0, fingerprint));
        let found = self.index.wrote(&open.collect::<Vec<_>>(), MOST_ANYWHERE)?;
        Ok(found.into_iter().flat_map(|found| found.messages).collect())
    }

    /// The messages that wrote some of the lines in files of these names.
    fn candidates(
        &self,
        paths: &[String],
        lines: &[Option<String>],
        traced: &mut Traced,
    ) -> Result<BTreeSet<(SessionNumber, u32)>, TraceError> {
        let telling: Vec<usize> =
            (0..lines.len()).filter(|&at| traced.lines[at].is_telling).collect();
        let alone = telling.iter().map(|&at| lines[at].as_deref().map_or(0, fingerprint));
        let alone: Vec<u64> = alone.collect();
        let names: BTreeSet<&str> = paths.iter().map(|path| file_name(path)).collect();
        let mut messages = BTreeSet::new();
        let mut writers: HashMap<usize, HashSet<SessionNumber>> = HashMap::new();
        for name in names {
            let in_name: Vec<u64> = alone.iter().map(|&line| fingerprint_in(name, line)).collect();
            let found = self.index.wrote(&in_name, MOST_IN_NAME)?;
            for (&at, found) in telling.iter().zip(&found) {
                let line = &mut traced.lines[at];
                if found.count > MOST_IN_NAME {
                    line.sessions = line.sessions.max(MOST_IN_NAME);
                }
                messages.extend(&found.messages);
                writers.entry(at).or_default().extend(found.messages.iter().map(|&(it, _)| it));
            }
        }
        for (at, writers) in writers {
            let line = &mut traced.lines[at];
            line.sessions = line.sessions.max(writers.len() as u32);
        }
        Ok(messages)
    }

    /// The edits of messages that are about the file, the oldest first.
    pub(super) fn edits(
        &mut self,
        paths: &[String],
        messages: BTreeSet<(SessionNumber, u32)>,
    ) -> Result<Vec<(Relation, Rc<Edit>)>, TraceError> {
        let mut edits = Vec::new();
        for (number, index) in messages {
            let Some(session) = self.library.session(number)? else { continue };
            for edit in self.library.edits(number, index)?.iter() {
                let file = (edit.path.as_str(), edit.directory.as_deref());
                if let Some(relation) = self.territory.relation(&session, file, paths) {
                    edits.push((relation, Rc::clone(edit)));
                }
            }
        }
        edits.sort_by_key(|(_, edit)| (edit.at, edit.session, edit.index, edit.ordinal));
        Ok(edits)
    }
}

/// Lines that are being given to edits.
struct Assigning<'a> {
    lines: &'a [Option<String>],
    sought: &'a [Option<Sought<'a>>],
    telling: Vec<bool>,
    sessions: Vec<u32>,
    origins: Vec<Option<(usize, usize)>>,
    /// Places of each telling text.
    places: HashMap<&'a str, Vec<usize>>,
    edits: usize,
}

impl<'a> Assigning<'a> {
    fn new(sought: &'a [Option<Sought<'a>>], lines: &'a [Option<String>], traced: &Traced) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            if let (Some(line), true) = (line, traced.lines[at].is_telling) {
                places.entry(line).or_default().push(at);
            }
        }
        Self {
            lines,
            sought,
            telling: traced.lines.iter().map(|line| line.is_telling).collect(),
            sessions: traced.lines.iter().map(|line| line.sessions).collect(),
            origins: vec![None; lines.len()],
            places,
            edits: 0,
        }
    }

    /// Gives edits, the oldest of which comes first, the lines that they wrote.
    fn take_all(&mut self, edits: Vec<(Relation, Rc<Edit>)>, taken: &mut Vec<Rc<Edit>>) {
        let (whole, parts): (Vec<_>, Vec<_>) =
            edits.into_iter().partition(|(_, edit)| edit.is_whole);
        // The newest first; of the same relation, for another file's text is the last resort.
        for relation in [Relation::Same, Relation::InClone, Relation::MayBe, Relation::OtherFile] {
            let of = |edits: &[(Relation, Rc<Edit>)]| {
                let of = edits.iter().filter(|(other, _)| *other == relation);
                of.map(|(_, edit)| Rc::clone(edit)).collect::<Vec<_>>()
            };
            for edit in of(&parts).into_iter().rev().chain(of(&whole)) {
                self.take(&edit, relation);
                taken.push(edit);
            }
        }
    }

    /// The lines that tell something and that nobody has.
    fn open(&self) -> Vec<usize> {
        let is_open = |&at: &usize| self.telling[at] && self.origins[at].is_none();
        (0..self.lines.len()).filter(is_open).collect()
    }

    /// Counts the sessions that wrote the lines that nobody has, by the edits that may have.
    fn count_sessions(&mut self, edits: &[(Relation, Rc<Edit>)]) {
        let mut writers: HashMap<&str, HashSet<SessionNumber>> = HashMap::new();
        for (_, edit) in edits {
            for line in edit.written.lines.iter().filter(|line| line.hunk.is_some()) {
                writers.entry(&line.normalised).or_default().insert(edit.session);
            }
        }
        let is_rare = |at: &usize| self.sessions[*at] < MOST_IN_NAME;
        for at in self.open().into_iter().filter(is_rare).collect::<Vec<_>>() {
            let writers = self.lines[at].as_deref().and_then(|line| writers.get(line));
            self.sessions[at] = writers.map_or(0, |writers| writers.len() as u32);
        }
    }

    /// Gives an edit the lines that it wrote and nobody has yet.
    fn take(&mut self, edit: &Edit, relation: Relation) {
        let number = self.edits;
        self.edits += 1;
        let written = &edit.written.lines;
        let mut pairs: Vec<(usize, usize)> = Vec::new();
        for (from, line) in written.iter().enumerate().filter(|(_, line)| line.hunk.is_some()) {
            let places = self.places.get(line.normalised.as_str());
            for &at in places.into_iter().flatten() {
                // In another file, a text that several sessions wrote may be anybody's.
                let may_be = relation != Relation::OtherFile || self.sessions[at] <= 1;
                if self.is_free(at, edit) && may_be {
                    pairs.push((at, from));
                }
            }
        }
        let around = |(at, from): (usize, usize)| self.agreement(at, from, edit);
        let latest = |at: usize| self.sought[at].as_ref().map(|line| line.latest);
        // Of equal ones, the line that was there first: a later one is a copy of it.
        pairs.sort_by_cached_key(|&(at, from)| (Reverse(around((at, from))), latest(at), at, from));
        let mut used = vec![false; written.len()];
        let mut taken = Vec::new();
        for (at, from) in pairs {
            if self.origins[at].is_none() && !used[from] {
                self.origins[at] = Some((number, from));
                used[from] = true;
                taken.push((at, from));
            }
        }
        for (at, from) in taken {
            self.take_along(edit, number, (at, from), 1, &mut used);
            self.take_along(edit, number, (at, from), -1, &mut used);
        }
    }

    /// Gives the edit the lines that follow one of its own as they do in its text and tell nothing
    /// by themselves.
    fn take_along(
        &mut self,
        edit: &Edit,
        number: usize,
        (mut at, mut from): (usize, usize),
        step: isize,
        used: &mut [bool],
    ) {
        loop {
            let (Some(next_at), Some(next_from)) =
                (at.checked_add_signed(step), from.checked_add_signed(step))
            else {
                return;
            };
            (at, from) = (next_at, next_from);
            let Some(line) = edit.written.lines.get(from) else { return };
            if !self.is_equal(at, &line.normalised) {
                return;
            }
            if self.telling[at] || used[from] || line.hunk.is_none() || !self.is_free(at, edit) {
                // It has an origin, or none; what lies beyond has its own neighbours.
                return;
            }
            self.origins[at] = Some((number, from));
            used[from] = true;
        }
    }

    /// Whether nobody has the line, and it came after the edit.
    fn is_free(&self, at: usize, edit: &Edit) -> bool {
        let Some(line) = &self.sought[at] else { return false };
        self.origins[at].is_none() && was_before(edit, line.latest)
    }

    /// How many lines around are the same as in the edit's text.
    fn agreement(&self, at: usize, from: usize, edit: &Edit) -> usize {
        let same = |step: isize| {
            let pairs = (1..=AROUND as isize).map_while(|distance| {
                let at = at.checked_add_signed(distance * step)?;
                let from = from.checked_add_signed(distance * step)?;
                let line = edit.written.lines.get(from)?;
                self.is_equal(at, &line.normalised).then_some(())
            });
            pairs.count()
        };
        same(1) + same(-1)
    }

    fn is_equal(&self, at: usize, normalised: &str) -> bool {
        self.lines.get(at).is_some_and(|line| line.as_deref() == Some(normalised))
    }
}

/// By what an edit is known again.
fn place_of(edit: &Edit) -> (SessionNumber, u32, u32) {
    (edit.session, edit.index, edit.ordinal)
}

/// Whether an edit was made before a line was there.
pub(super) fn was_before(edit: &Edit, latest: Timestamp) -> bool {
    edit.at.is_none_or(|Timestamp(at)| at < latest.0.saturating_add(SECOND))
}

impl Traced {
    /// Finds the lines of edits that somebody changed since: they stand where the edit's line would,
    /// between lines that it wrote, and are similar to it.
    fn find_changed(&mut self, lines: &[Option<String>]) {
        let mut taken: HashSet<(usize, usize)> =
            self.lines.iter().filter_map(|line| line.origin).collect();
        for step in [1, -1] {
            let places: Vec<usize> = match step {
                1 => (0..lines.len()).collect(),
                _ => (0..lines.len()).rev().collect(),
            };
            for at in places {
                let line = &self.lines[at];
                if !line.is_telling || line.origin.is_some() || line.changed_from.is_some() {
                    continue;
                }
                let Some(text) = lines[at].as_deref() else { continue };
                let Some(neighbour) = at.checked_add_signed(-step) else { continue };
                let Some(neighbour) = self.lines.get(neighbour) else { continue };
                let Some((edit, from)) = neighbour.origin.or(neighbour.changed_from) else {
                    continue;
                };
                let Some(from) = from.checked_add_signed(step) else { continue };
                let Some(old) = self.edits[edit].written.lines.get(from) else { continue };
                if old.hunk.is_some()
                    && !taken.contains(&(edit, from))
                    && is_similar(&old.normalised, text)
                {
                    taken.insert((edit, from));
                    self.lines[at].changed_from = Some((edit, from));
                }
            }
        }
    }
}
