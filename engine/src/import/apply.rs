//! Puts what the plugins read into the store: the part of an import that runs on one thread.
//!
//! Sources are applied one after the other in the order in which they were found, whatever thread
//! parses faster, so that the same files always make the same store.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::discover::Candidate;
use super::prepare::{Ending, Item, Prepared};
use super::report::Reporting;
use super::session::{Incoming, Merged, OpenSession};
use crate::indexing::ForIndex;
use crate::model::{Digest, MachineId, Session, SessionId, SessionNumber, Timestamp, Usage};
use crate::plugin::{Growth, SessionRecord};
use crate::store::{KEPT_PROBLEMS, Source, StoreError, Tables};

/// The source that is being applied, and what it has touched.
pub(super) struct Applying {
    candidate: Candidate,
    machine: MachineId,
    now: Timestamp,
    current: Option<Current>,
}

struct Current {
    source: Source,
    /// It is not read on from a checkpoint.
    from_start: bool,
    sessions: HashMap<SessionId, Open>,
    new_messages: HashMap<SessionId, u32>,
}

/// A session that the source speaks of.
struct Open {
    session: OpenSession,
    /// A source of a better rank tells its messages.
    is_told_better: bool,
    /// This source tells it better than those before: what only they have is withdrawn.
    supersedes: bool,
}

impl Applying {
    pub(super) fn new(candidate: Candidate, machine: MachineId, now: Timestamp) -> Self {
        Self { candidate, machine, now, current: None }
    }

    /// A plugin has taken the source.
    pub(super) fn begin(
        &mut self,
        tables: &mut Tables<'_>,
        tool: &str,
        plugin: Digest,
        resumed: bool,
    ) -> Result<(), StoreError> {
        let Candidate { path, growth, .. } = &self.candidate;
        let mut source = tables.source(path, tool, plugin, *growth)?;
        if !resumed {
            source.rereading = !source.sessions.is_empty();
            source.start_again();
        }
        (source.plugin, source.growth) = (plugin, *growth);
        tool.clone_into(&mut source.tool);
        let (sessions, new_messages) = Default::default();
        self.current = Some(Current { source, from_start: !resumed, sessions, new_messages });
        Ok(())
    }

    /// Takes in a batch.
    pub(super) fn batch(
        &mut self,
        tables: &mut Tables<'_>,
        prepared: Prepared,
        report: &mut Reporting,
        index: &mut ForIndex,
    ) -> Result<(), StoreError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        for item in prepared.items {
            match item {
                Item::Session { id, parent, record } => {
                    let native = record.id.clone();
                    let open = self.session(tables, &mut current, id, &native)?;
                    let Some(open) = open else { continue };
                    open.session.describe(tables, *record, parent, open.is_told_better)?;
                }
                Item::Message { session: id, native, mut incoming } => {
                    let source = current.source.id;
                    let open = self.session(tables, &mut current, id, &native)?;
                    let Some(open) = open else { continue };
                    let merged = if open.is_told_better {
                        Merged::Copy
                    } else {
                        open.session.add_source(source);
                        open.session.merge(tables, &mut incoming)?
                    };
                    let session = &open.session;
                    let number = session.row.number;
                    report.merged(&current.source.tool, merged);
                    if let Merged::New { index: place } = merged {
                        let Incoming { message, .. } = *incoming;
                        index.messages.push((number, place, message));
                        *current.new_messages.entry(id).or_default() += 1;
                    }
                }
                Item::Problem { offset, message } => {
                    let source = &mut current.source;
                    source.problem_count += 1;
                    if source.problems.len() < KEPT_PROBLEMS {
                        source.problems.push((offset, message.clone()));
                    }
                    report.problem(&source.tool, &self.candidate.path, Some(offset), message);
                }
            }
        }
        let source = &mut current.source;
        for count in prepared.counts {
            let records = u64::from(count.records);
            // A plugin's words are not trusted to be few.
            let kinds = source.records.len();
            let kind = if kinds < 1000 { count.kind } else { "other".to_owned() };
            report.records(&source.tool, &kind, count.outcome, records);
            *source.records.entry((kind, count.outcome)).or_default() += records;
        }
        source.position = prepared.position;
        source.checkpoint = prepared.checkpoint;
        source.fingerprint = prepared.fingerprint;
        report.bytes(&source.tool, prepared.bytes);
        self.current = Some(current);
        Ok(())
    }

    /// The source has ended.
    pub(super) fn end(
        &mut self,
        tables: &mut Tables<'_>,
        ending: Ending,
        report: &mut Reporting,
        index: &mut ForIndex,
    ) -> Result<(), StoreError> {
        let path = &self.candidate.path;
        let Some(mut current) = self.current.take() else {
            match (ending, &self.candidate.tool) {
                (Ending::Failed { offset, reason }, Some(tool)) => {
                    report.problem(tool, path, offset, reason);
                }
                (Ending::Failed { offset, reason }, None) => {
                    report.unrecognised(path, offset, reason);
                }
                _ => report.unrecognised(path, None, "no plugin recognises this file".to_owned()),
            }
            return Ok(());
        };
        match ending {
            Ending::Done { unfinished, surroundings } => {
                current.source.failure = None;
                self.place_in_project(tables, &mut current)?;
                tables.put_surroundings(current.source.id, &surroundings)?;
                report.read_beside(&self.candidate.base, &surroundings);
                if let Some(offset) = unfinished {
                    let tool = &current.source.tool;
                    let reason = match self.candidate.growth {
                        Growth::AppendOnly => {
                            "the last line is not complete; it is read once it is"
                        }
                        _ => "it is not complete; it is read once it is",
                    };
                    report.problem(tool, path, Some(offset), reason.to_owned());
                }
                let is_cut = unfinished.is_some() && self.candidate.growth != Growth::AppendOnly;
                // What could not be read may be what is missing.
                if !is_cut && current.source.problem_count == 0 {
                    self.withdraw(tables, &mut current)?;
                }
                current.source.rereading &= is_cut;
            }
            Ending::Failed { offset, reason } => {
                current.source.failure = Some(reason.clone());
                report.problem(&current.source.tool, path, offset, reason);
            }
            Ending::NotRecognised => {}
        }
        current.source.stamp = self.candidate.stamp;
        save(tables, &mut current, self.now, index)?;
        for (id, Open { session, .. }) in &current.sessions {
            let new_messages = current.new_messages.get(id).copied().unwrap_or(0);
            report.session(&current.source.tool, &session.row, session.is_new, new_messages);
        }
        report.source(&current.source.tool);
        Ok(())
    }

    /// Writes what was taken in so far, so that the transaction can be committed.
    pub(super) fn save(
        &mut self,
        tables: &mut Tables<'_>,
        index: &mut ForIndex,
    ) -> Result<(), StoreError> {
        match &mut self.current {
            Some(current) => save(tables, current, self.now, index),
            None => Ok(()),
        }
    }

    /// The session, opened when the source speaks of it for the first time; nothing if it was deleted
    /// for good.
    fn session<'c>(
        &self,
        tables: &mut Tables<'_>,
        current: &'c mut Current,
        id: SessionId,
        native: &str,
    ) -> Result<Option<&'c mut Open>, StoreError> {
        let Current { source, sessions, from_start, .. } = current;
        let vacant = match sessions.entry(id) {
            Entry::Occupied(open) => return Ok(Some(open.into_mut())),
            Entry::Vacant(vacant) => vacant,
        };
        if tables.is_deleted(id)? {
            return Ok(None);
        }
        let machine = self.machine;
        let mut session = OpenSession::open(tables, id, |number| {
            new_session(id, number, &source.tool, native, machine)
        })?;
        let others = session.row.sources.iter().filter(|&&other| other != source.id);
        let ranks = others.map(|&other| tables.rank(other)).collect::<Result<Vec<_>, _>>()?;
        let best = ranks.iter().min();
        let is_told_better = best.is_some_and(|&best| best < self.candidate.rank);
        let tells_all = *from_start || !session.row.sources.contains(&source.id);
        let supersedes = tells_all && best.is_some_and(|&best| best > self.candidate.rank);
        if supersedes {
            session.watch_better();
        } else if source.rereading && session.row.sources == [source.id] {
            session.watch();
        }
        if !source.sessions.contains(&session.row.number) {
            source.sessions.push(session.row.number);
        }
        Ok(Some(vacant.insert(Open { session, is_told_better, supersedes })))
    }

    /// A session that does not say where it was held was held in the project that its source lies in.
    fn place_in_project(
        &self,
        tables: &mut Tables<'_>,
        current: &mut Current,
    ) -> Result<(), StoreError> {
        let Candidate { in_project: true, base, .. } = &self.candidate else { return Ok(()) };
        for open in current.sessions.values_mut() {
            if open.session.row.directory.is_none() {
                let directory = Some(base.to_string_lossy().into_owned());
                let record = SessionRecord { directory, ..SessionRecord::default() };
                open.session.describe(tables, record, None, true)?;
            }
        }
        Ok(())
    }

    /// After a source was read as a whole: what it, or a lesser source, does not have any more is
    /// withdrawn.
    fn withdraw(&self, tables: &mut Tables<'_>, current: &mut Current) -> Result<(), StoreError> {
        if current.source.rereading {
            for number in current.source.sessions.clone() {
                let Some(row) = tables.session(number)? else { continue };
                if row.sources == [current.source.id] {
                    // What it does not speak of at all is withdrawn as well.
                    let native = row.native_id.clone();
                    if let Some(open) = self.session(tables, current, row.id, &native)? {
                        open.session.withdraw_unseen(tables)?;
                    }
                }
            }
        }
        let superseding = current.sessions.values_mut().filter(|open| open.supersedes);
        superseding.map(|open| &mut open.session).try_for_each(|session| {
            let tells_it = session.row.sources.contains(&current.source.id);
            if tells_it { session.withdraw_unseen(tables) } else { Ok(()) }
        })
    }
}

fn save(
    tables: &mut Tables<'_>,
    current: &mut Current,
    now: Timestamp,
    index: &mut ForIndex,
) -> Result<(), StoreError> {
    // In the order of their numbers, so that the outbox is the same every time.
    let mut sessions: Vec<&mut OpenSession> =
        current.sessions.values_mut().map(|open| &mut open.session).collect();
    sessions.sort_by_key(|session| session.row.number);
    for session in sessions {
        if let Some(posted) = session.save(tables)? {
            index.posted.push(posted);
            index.sessions.insert(session.row.number, session.row.clone());
        }
    }
    current.source.read_at = now;
    tables.put_source(&current.source)
}

fn new_session(
    id: SessionId,
    number: SessionNumber,
    tool: &str,
    native: &str,
    machine: MachineId,
) -> Session {
    Session {
        id,
        number,
        tool: tool.to_owned(),
        native_id: native.to_owned(),
        parent: None,
        title: None,
        started: None,
        last_activity: None,
        ended: None,
        directory: None,
        branches: Vec::new(),
        commit: None,
        repository: None,
        tool_version: None,
        model: None,
        message_count: 0,
        usage: Usage::default(),
        sources: Vec::new(),
        machine,
        lineage: None,
    }
}
