//! Which sessions made the commits of a branch.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::blame::{cut, prompt, writer};
use super::linking::linked_to;
use super::repository::{detail_of, global_config, tracer};
use super::sessions::detail;
use crate::Engine;
use crate::api::{
    ApiError, LineShare, Prompt, ReviewAnswer, ReviewCommit, ReviewFile, ReviewRequest,
    ReviewSession, Writer,
};
use crate::git::{ChangedFile, Commit, Repository};
use crate::model::SessionNumber;
use crate::origin::{Sought, Tracer};
use crate::redact::Redactor;
use crate::store::View;

pub(crate) fn review(engine: &Engine, request: &ReviewRequest) -> Result<ReviewAnswer, ApiError> {
    let redactor = request.redact.as_ref().map(Redactor::new).transpose();
    let redactor = redactor.map_err(|error| ApiError::Invalid(error.to_string()))?;
    let config = global_config(engine);
    let repository = Repository::discover(&request.place, &config)?;
    let commits = repository.range(&request.range)?;
    let store = engine.store();
    let (view, index) = (store.view()?, engine.index());
    let mut reviewing = Reviewing {
        engine,
        view: &view,
        repository: &repository,
        tracer: tracer(&repository, &config, &view, &index)?,
        answer: ReviewAnswer::default(),
        sessions: HashMap::new(),
        prompts: BTreeMap::new(),
        asked: Vec::new(),
    };
    for commit in commits.iter().filter(|commit| commit.parents.len() < 2) {
        reviewing.commit(commit)?;
    }
    let mut answer = reviewing.finish();
    if let Some(redactor) = redactor {
        redact(&mut answer, &redactor);
    }
    // After that: half of a secret is not known for one.
    for session in &mut answer.sessions {
        session.prompts = std::mem::take(&mut session.prompts).into_iter().map(cut).collect();
    }
    Ok(answer)
}

/// Masks secrets in what people said, and in what tools made a title of.
fn redact(answer: &mut ReviewAnswer, redactor: &Redactor) {
    let mut found = BTreeMap::new();
    for session in &mut answer.sessions {
        let prompts = session.prompts.iter_mut().map(|prompt| &mut prompt.text);
        for text in prompts.chain(&mut session.detail.session.title) {
            for (kind, number) in redactor.mask_in_place(text) {
                *found.entry(kind).or_insert(0) += number;
            }
        }
    }
    answer.masked = found.into_iter().collect();
}

/// A report in the making.
struct Reviewing<'r> {
    engine: &'r Engine,
    view: &'r View<'r>,
    repository: &'r Repository,
    tracer: Tracer<'r>,
    answer: ReviewAnswer,
    sessions: HashMap<SessionNumber, u32>,
    /// By session and place in it, and those of each commit.
    prompts: BTreeMap<(u32, u32), Prompt>,
    asked: Vec<BTreeSet<(u32, u32)>>,
}

impl Reviewing<'_> {
    fn commit(&mut self, commit: &Commit) -> Result<(), ApiError> {
        let changes = self.repository.changes(commit.id)?;
        let mut files = Vec::with_capacity(changes.files.len());
        let (mut lines, mut sessions) = (LineShare::default(), BTreeMap::new());
        self.asked.push(BTreeSet::new());
        for file in &changes.files {
            let file = self.file(commit, file)?;
            lines.session += file.lines.session;
            lines.hand += file.lines.hand;
            lines.unknown += file.lines.unknown;
            for &(session, lines) in &file.sessions {
                sessions.entry(session).or_insert((0, None)).0 += lines;
            }
            files.push(file);
        }
        let territory = &mut self.tracer.territory;
        for linked in linked_to(self.engine, self.view, self.repository, territory, commit.id)? {
            let session = self.session(linked.session.session.number)?;
            sessions.entry(session).or_insert((0, None)).1 = linked.link.confidence.or(Some(1.0));
        }
        let sessions = sessions.into_iter().map(|(session, (lines, sure))| (session, lines, sure));
        let sessions = sessions.collect();
        let commit = detail_of(self.repository, commit);
        let prompts = Vec::new();
        self.answer.commits.push(ReviewCommit { commit, files, sessions, prompts, lines });
        Ok(())
    }

    fn file(&mut self, commit: &Commit, file: &ChangedFile) -> Result<ReviewFile, ApiError> {
        let latest = commit.committed.max(commit.authored);
        let sought = Sought::added(file, latest);
        let traced = self.tracer.trace(&file.paths(), &sought)?;
        let (mut lines, mut sessions) = (LineShare::default(), BTreeMap::new());
        let mut asked = BTreeSet::new();
        for (line, _) in traced.lines.iter().zip(&sought).filter(|(_, sought)| sought.is_some()) {
            match writer(line, &traced, latest) {
                Writer::Session => lines.session += 1,
                Writer::Hand => lines.hand += 1,
                Writer::Unknown => lines.unknown += 1,
            }
            if let Some((edit, _)) = line.origin {
                let edit = &traced.edits[edit];
                let session = self.session(edit.session)?;
                *sessions.entry(session).or_insert(0) += 1;
                asked.insert((session, edit.session, edit.index));
            }
        }
        for (session, number, index) in asked {
            if let Some(prompt) = prompt(&mut self.tracer, number, index)? {
                let place = (session, prompt.index);
                self.asked.last_mut().map(|asked| asked.insert(place));
                self.prompts.entry(place).or_insert(prompt);
            }
        }
        let sessions = sessions.into_iter().collect();
        Ok(ReviewFile { path: file.path.clone(), lines, sessions })
    }

    /// The place of a session in the report.
    fn session(&mut self, number: SessionNumber) -> Result<u32, ApiError> {
        if let Some(&place) = self.sessions.get(&number) {
            return Ok(place);
        }
        let Some(session) = self.view.session(number)? else {
            return Err(ApiError::Internal("an edit without a session".to_owned()));
        };
        let detail = detail(self.engine, self.view, session)?;
        self.answer.sessions.push(ReviewSession { detail, prompts: Vec::new(), lines: 0 });
        let place = self.answer.sessions.len() as u32 - 1;
        self.sessions.insert(number, place);
        Ok(place)
    }

    fn finish(mut self) -> ReviewAnswer {
        let mut places = BTreeMap::new();
        for ((session, index), prompt) in self.prompts {
            let prompts = &mut self.answer.sessions[session as usize].prompts;
            places.insert((session, index), (session, prompts.len() as u32));
            prompts.push(prompt);
        }
        for (commit, asked) in self.answer.commits.iter_mut().zip(&self.asked) {
            commit.prompts = asked.iter().filter_map(|asked| places.get(asked).copied()).collect();
        }
        for commit in &self.answer.commits {
            for &(session, lines, _) in &commit.sessions {
                self.answer.sessions[session as usize].lines += lines;
            }
        }
        self.answer
    }
}
