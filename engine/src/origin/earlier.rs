//! What was tried before: edits whose text a later one replaced.
//!
//! An edit tells what it replaced. Lines of that which an earlier edit wrote were that edit's try;
//! what it had replaced itself leads on to older ones. Of an edit that wrote a whole file, what it
//! replaced is known if an earlier one had written the whole file, too: the edits between are done
//! once more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::edit::Written;
use super::fragment::{Around, take_back};
use super::library::Edit;
use super::line::{file_name, fingerprint, fingerprint_in, is_telling, normalised};
use super::trace::{MOST_IN_NAME, TraceError, Tracer};
use crate::model::{EditKind, FileEdit, MessageId, SessionNumber, Timestamp};

/// Edits that are told of one place.
const MOST_EARLIER: usize = 12;
/// Edits that are looked at for one place.
const MOST_LOOKED_AT: usize = 256;

/// An edit whose text was replaced later.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub(crate) edit: Rc<Edit>,
    /// Of the lines that it wrote those that were replaced.
    pub(crate) lines: Vec<String>,
    /// The message that replaced them.
    pub(crate) replaced_by: MessageId,
}

/// When an edit was made.
type Moment = (Option<Timestamp>, SessionNumber, u32, u32);

fn moment(edit: &Edit) -> Moment {
    (edit.at, edit.session, edit.index, edit.ordinal)
}

impl Tracer<'_> {
    /// The edits whose text one took the place of around a line that it wrote, directly or over
    /// others, the newest first.
    pub(crate) fn earlier(
        &mut self,
        paths: &[String],
        edit: &Rc<Edit>,
        line: usize,
    ) -> Result<Vec<Earlier>, TraceError> {
        let mut gone: HashMap<String, MessageId> = HashMap::new();
        let mut candidates: BTreeMap<Moment, Rc<Edit>> = BTreeMap::new();
        let replaced = self.replaced(paths, edit, line)?;
        self.look_for(paths, replaced, edit, &mut gone, &mut candidates)?;
        let mut found: Vec<Earlier> = Vec::new();
        for _ in 0..MOST_LOOKED_AT {
            let Some((_, older)) = candidates.pop_last() else { break };
            let written = older.written.lines.iter().enumerate();
            let is_gone = |line: &str| gone.get(line).copied();
            let lost: Vec<(usize, MessageId)> = written
                .filter(|(_, line)| line.hunk.is_some())
                .filter_map(|(at, line)| Some((at, is_gone(&line.normalised)?)))
                .collect();
            let Some(&(first, replaced_by)) = lost.first() else { continue };
            let text = |at: usize| older.written.lines[at].text.clone();
            let lines = lost.iter().map(|&(at, _)| text(at)).collect();
            for &(at, _) in &lost {
                gone.remove(&older.written.lines[at].normalised);
            }
            found.push(Earlier { edit: Rc::clone(&older), lines, replaced_by });
            if found.len() == MOST_EARLIER {
                break;
            }
            let replaced = self.replaced(paths, &older, first)?;
            self.look_for(paths, replaced, &older, &mut gone, &mut candidates)?;
        }
        Ok(found)
    }

    /// Adds lines that an edit replaced to those that are looked for, and the older edits that may
    /// have written them to the candidates.
    fn look_for(
        &mut self,
        paths: &[String],
        replaced: Vec<String>,
        by: &Edit,
        gone: &mut HashMap<String, MessageId>,
        candidates: &mut BTreeMap<Moment, Rc<Edit>>,
    ) -> Result<(), TraceError> {
        let lines: Vec<String> = replaced.into_iter().filter(|line| is_telling(line)).collect();
        for edit in self.writers(paths, lines.iter().map(String::as_str))? {
            if moment(&edit) < moment(by) {
                candidates.insert(moment(&edit), edit);
            }
        }
        gone.extend(lines.into_iter().map(|line| (line, by.message)));
        Ok(())
    }

    /// The edits of the file that wrote some of these normalised lines, the oldest first.
    fn writers<'l>(
        &mut self,
        paths: &[String],
        lines: impl Iterator<Item = &'l str>,
    ) -> Result<Vec<Rc<Edit>>, TraceError> {
        let names: BTreeSet<&str> = paths.iter().map(|path| file_name(path)).collect();
        let keys = lines
            .flat_map(|line| names.iter().map(move |name| fingerprint_in(name, fingerprint(line))));
        let keys: Vec<u64> = keys.collect();
        let found = self.index.wrote(&keys, MOST_IN_NAME)?;
        let messages = found.into_iter().flat_map(|found| found.messages).collect();
        let mut edits = self.edits(paths, messages)?;
        edits.retain(|(relation, _)| relation.is_file());
        Ok(edits.into_iter().map(|(_, edit)| edit).collect())
    }

    /// The lines, normalised, that an edit replaced around a line that it wrote.
    fn replaced(
        &mut self,
        paths: &[String],
        edit: &Rc<Edit>,
        line: usize,
    ) -> Result<Vec<String>, TraceError> {
        let hunk_of = |written: &Written| -> Vec<String> {
            let hunk = written.lines.get(line).and_then(|line| line.hunk);
            let replaced = hunk.and_then(|hunk| written.replaced.get(hunk as usize));
            replaced.into_iter().flatten().map(|line| normalised(line)).collect()
        };
        if edit.is_whole {
            let Some(before) = self.text_before(paths, edit)? else { return Ok(Vec::new()) };
            let again = FileEdit {
                path: edit.path.clone(),
                kind: EditKind::Create,
                before: Some(before),
                after: Some(text_of(edit)),
                to: None,
            };
            return Ok(hunk_of(&Written::of(&again)));
        }
        let mut replaced = hunk_of(&edit.written);
        // The first and the last line of what it replaced may not be whole ones.
        if let (Some((before, after)), Some(line)) =
            (&edit.replacement, edit.written.lines.get(line))
        {
            let around = Around { previous: None, line: &line.text, next: None };
            let earlier = take_back(around, before, after);
            replaced.extend(earlier.iter().map(|earlier| normalised(earlier)));
        }
        Ok(replaced)
    }

    /// What a file held before an edit wrote all of it, as far as edits tell.
    fn text_before(
        &mut self,
        paths: &[String],
        edit: &Rc<Edit>,
    ) -> Result<Option<String>, TraceError> {
        let mut text = None;
        for older in self.history(paths)? {
            if moment(&older) >= moment(edit) {
                break;
            }
            match (&older.replacement, &mut text) {
                (_, text) if older.is_whole => *text = Some(text_of(&older)),
                (Some((before, after)), Some(text)) if !before.is_empty() => {
                    *text = text.replacen(before, after, 1);
                }
                _ => {}
            }
        }
        Ok(text)
    }
}

fn text_of(edit: &Edit) -> String {
    edit.written.lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}
