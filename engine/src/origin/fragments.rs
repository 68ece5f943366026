//! Traces lines that edits wrote a part of: see [`super::fragment`].

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::fragment::{Around, take_back, word_key, words};
use super::library::Edit;
use super::line::{file_name, normalised};
use super::trace::{MOST_IN_NAME, Sought, TraceError, Traced, Tracer, was_before};
use crate::model::SessionNumber;

/// Edits of parts of one line that are taken back one after the other.
const MOST_TAKEN_BACK: usize = 8;

/// The messages that a word leads to.
type Messages = HashMap<u64, Vec<(SessionNumber, u32)>>;

impl Tracer<'_> {
    /// Gives lines that nobody has yet to the newest edit that made them what they are of a line that
    /// is known to have been there.
    pub(super) fn trace_fragments(
        &mut self,
        paths: &[String],
        sought: &[Option<Sought<'_>>],
        traced: &mut Traced,
    ) -> Result<(), TraceError> {
        let is_open = |at: &usize| {
            let line = &traced.lines[*at];
            line.is_telling && line.origin.is_none()
        };
        let open: Vec<usize> = (0..sought.len()).filter(is_open).collect();
        let names: BTreeSet<&str> = paths.iter().map(|path| file_name(path)).collect();
        let keys_of = |text: &str| -> Vec<u64> {
            let keys = |word| names.iter().map(move |name| word_key(name, word));
            words(text).flat_map(keys).collect()
        };
        let texts = open.iter().filter_map(|&at| sought[at].as_ref().map(|line| line.text));
        let keys: BTreeSet<u64> = texts.flat_map(keys_of).collect();
        let keys: Vec<u64> = keys.into_iter().collect();
        let found = self.index.wrote(&keys, MOST_IN_NAME)?.into_iter().map(|found| found.messages);
        let messages: Messages =
            keys.into_iter().zip(found).filter(|(_, found)| !found.is_empty()).collect();
        let all = messages.values().flatten().copied().collect();
        let mut edits = self.edits(paths, all)?;
        edits.retain(|(relation, edit)| relation.is_file() && edit.replacement.is_some());
        let edits: Vec<Rc<Edit>> = edits.into_iter().map(|(_, edit)| edit).collect();
        if edits.is_empty() {
            return Ok(());
        }
        let written = traced.edits.iter().chain(&edits).flat_map(|edit| &edit.written.lines);
        let known: HashSet<String> = written.map(|line| line.normalised.clone()).collect();
        for at in open {
            let Some(line) = &sought[at] else { continue };
            let found = keys_of(line.text).into_iter().filter_map(|key| messages.get(&key));
            let found: HashSet<(SessionNumber, u32)> = found.flatten().copied().collect();
            let is_one = |edit: &&Rc<Edit>| {
                found.contains(&(edit.session, edit.index)) && was_before(edit, line.latest)
            };
            let edits: Vec<Rc<Edit>> = edits.iter().filter(is_one).cloned().collect();
            if edits.is_empty() {
                continue;
            }
            let text = |at: Option<usize>| sought.get(at?)?.as_ref().map(|line| line.text);
            let (previous, next) = (text(at.checked_sub(1)), text(at.checked_add(1)));
            let around = Around { previous, line: line.text, next };
            let replaced: HashSet<String> =
                line.replaced.iter().map(|line| normalised(line)).collect();
            let is_known = |line: &str| known.contains(line) || replaced.contains(line);
            if let Some((edit, from)) = self.taken_back(around, &edits, &is_known, 0)? {
                traced.edits.push(edit);
                traced.lines[at].origin = Some((traced.edits.len() - 1, from));
                traced.lines[at].sessions = 1;
            }
        }
        Ok(())
    }

    /// The newest of the edits, the oldest of which comes first, that made the line what it is of one
    /// that was there before it, and the line in its text.
    fn taken_back(
        &mut self,
        around: Around<'_>,
        edits: &[Rc<Edit>],
        is_known: &dyn Fn(&str) -> bool,
        depth: usize,
    ) -> Result<Option<(Rc<Edit>, usize)>, TraceError> {
        for (place, edit) in edits.iter().enumerate().rev() {
            let Some((before, after)) = &edit.replacement else { continue };
            for earlier in take_back(around, before, after) {
                let bare = normalised(&earlier);
                let mut was_there = is_known(&bare)
                    || self
                        .library
                        .read_before(edit.session, edit.index, &edit.path)?
                        .contains(&bare);
                if !was_there && depth < MOST_TAKEN_BACK {
                    let around = Around { line: &earlier, ..around };
                    let older = &edits[..place];
                    was_there = self.taken_back(around, older, is_known, depth + 1)?.is_some();
                }
                if !was_there {
                    continue;
                }
                let lines = &edit.written.lines;
                let is_last = lines.last().is_some_and(|last| around.line.starts_with(&last.text));
                let from = if is_last { lines.len() - 1 } else { 0 };
                if lines.get(from).is_some_and(|line| line.hunk.is_some()) {
                    return Ok(Some((Rc::clone(edit), from)));
                }
            }
        }
        Ok(None)
    }
}
