//! Who wrote the lines of a file: the commit that git tells, and the message that the text tells.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::linking::linked_to;
use super::repository::{detail_of, global_config, resolve, tracer};
use super::sessions::detail;
use crate::Engine;
use crate::api::{
    ApiError, BlameAnswer, BlameLine, BlameRequest, BlameSession, ChangedFrom, Earlier, EditCall,
    Linked, Origin, Prompt, Writer,
};
use crate::git::{BlameFile, BlamedLine, CommitId, GitError, Repository};
use crate::model::{SessionNumber, Timestamp};
use crate::origin::{Edit, Sought, TraceError, Traced, TracedLine, Tracer, cleaned};
use crate::store::View;

/// Bytes of a prompt that an answer holds.
const PROMPT: usize = 2000;
/// Lines that an answer gives of what was replaced.
const REPLACED: usize = 50;
/// Excerpts of a session.
const EXCERPTS: usize = 5;
/// Bytes of an excerpt on either side of what it is about.
const EXCERPT: usize = 100;
/// Lines on either side of those that are asked for that are looked at as well.
const AROUND: u32 = 100;
/// Messages that are read at once.
const READ_MESSAGES: u32 = 256;

pub(crate) fn blame(engine: &Engine, request: &BlameRequest) -> Result<BlameAnswer, ApiError> {
    let config = global_config(engine);
    // The file may lie in another repository than the current directory, or in one below it.
    let beside = request.place.join(&request.file);
    let beside = beside.parent().filter(|beside| beside.is_dir());
    let repository = Repository::discover(beside.unwrap_or(&request.place), &config)?;
    let rev = request.rev.as_deref().map(|rev| resolve(&repository, rev)).transpose()?;
    let file = path_in(&repository, request, rev)?;
    let ignored = ignored_commits(&repository, request)?;
    let blamed = repository.blame(&BlameFile {
        path: &file,
        rev,
        // What stands around a line helps to tell where it comes from.
        lines: request
            .lines
            .map(|(first, last)| first.saturating_sub(AROUND).max(1)..=last.saturating_add(AROUND)),
        ignored: &ignored,
        ignore_whitespace: request.ignore_whitespace,
    })?;
    let is_wanted = |line: &BlamedLine| {
        request.lines.is_none_or(|(first, last)| (first..=last).contains(&line.line))
    };
    if let (Some((first, _)), false) = (request.lines, blamed.iter().any(is_wanted)) {
        return Err(ApiError::Invalid(format!("`{file}` has no line {first}")));
    }
    let store = engine.store();
    let (view, index) = (store.view()?, engine.index());
    let mut tracer = tracer(&repository, &config, &view, &index)?;
    let mut answering = Answering::new(engine, &repository, file, request.earlier);
    answering.lines(&blamed, is_wanted, &mut tracer)?;
    if request.lines.is_some_and(|(first, last)| first == last) {
        let line = blamed.iter().find(|line| is_wanted(line));
        line.map(|line| answering.tell_of_commit(&view, &mut tracer, line)).transpose()?;
    }
    Ok(answering.answer)
}

/// The file's path in the repository: as it is named from the place, else from the top.
fn path_in(
    repository: &Repository,
    request: &BlameRequest,
    rev: Option<CommitId>,
) -> Result<String, ApiError> {
    let mut first = None;
    for (path, inside) in candidates(repository, &request.place, &request.file) {
        let is_there = match rev {
            Some(rev) => repository.file_at(rev, &inside)?.is_some(),
            None => path.symlink_metadata().is_ok(),
        };
        if is_there {
            return Ok(inside);
        }
        first.get_or_insert(inside);
    }
    let rev = rev.map_or("the working copy".to_owned(), |rev| format!("`{rev}`"));
    match first {
        Some(path) => Err(GitError::NoSuchFile { path, rev }.into()),
        None => Err(not_inside(repository, &request.file)),
    }
}

/// What people may mean by a file: the path of each, and the one that it has in the repository.
pub(super) fn candidates(
    repository: &Repository,
    place: &Path,
    file: &Path,
) -> Vec<(PathBuf, String)> {
    let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
    let candidate = |path: PathBuf| {
        // A link as the file's own name is the file; links on the way to it are followed.
        let path = match (path.parent().map(Path::canonicalize), path.file_name()) {
            (Some(Ok(parent)), Some(name)) => parent.join(name),
            _ => cleaned(&path),
        };
        let inside = path.strip_prefix(repository.root()).ok()?;
        let parts = inside.components().map(|part| part.as_os_str().to_string_lossy());
        let inside = parts.collect::<Vec<_>>().join("/");
        Some((path, inside))
    };
    [place.join(file), repository.root().join(file)].into_iter().filter_map(candidate).collect()
}

pub(super) fn not_inside(repository: &Repository, file: &Path) -> ApiError {
    let (file, root) = (file.display(), repository.root().display());
    ApiError::Invalid(format!("`{file}` is not in the repository `{root}`"))
}

/// The commits that are passed over: of the file that was asked for, and of the one that git is
/// configured with.
fn ignored_commits(
    repository: &Repository,
    request: &BlameRequest,
) -> Result<HashSet<CommitId>, ApiError> {
    let mut text = String::new();
    if let Some(file) = &request.ignore_revs_file {
        let path = request.place.join(file);
        text = std::fs::read_to_string(&path).map_err(|error| {
            ApiError::Invalid(format!("cannot read `{}`: {error}", path.display()))
        })?;
    }
    if let Some(configured) = repository.config("blame.ignoreRevsFile") {
        let configured = std::fs::read_to_string(repository.root().join(configured));
        // Git is configured for all repositories at once, and not every one has the file.
        text = format!("{text}\n{}", configured.unwrap_or_default());
    }
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    // As git has it, what is no commit here does no harm.
    Ok(lines.filter(|line| !line.is_empty()).filter_map(|id| repository.resolve(id).ok()).collect())
}

/// An answer in the making.
struct Answering<'e> {
    engine: &'e Engine,
    repository: &'e Repository,
    answer: BlameAnswer,
    /// Whether what was tried before is told, too.
    earlier: bool,
    /// The file's paths, as far as they are known.
    paths: Vec<String>,
    commits: HashMap<CommitId, u32>,
    times: HashMap<CommitId, Timestamp>,
    sessions: HashMap<SessionNumber, u32>,
    /// Origins by edit and hunk: the lines of one hunk have one origin.
    origins: HashMap<(usize, u32), u32>,
}

impl<'e> Answering<'e> {
    fn new(engine: &'e Engine, repository: &'e Repository, file: String, earlier: bool) -> Self {
        let answer = BlameAnswer { file, ..BlameAnswer::default() };
        let (paths, commits, times, sessions, origins) = Default::default();
        Self { engine, repository, answer, earlier, paths, commits, times, sessions, origins }
    }

    fn lines(
        &mut self,
        blamed: &[BlamedLine],
        is_wanted: impl Fn(&BlamedLine) -> bool,
        tracer: &mut Tracer<'_>,
    ) -> Result<(), ApiError> {
        let now = (self.engine.options().now)();
        let mut sought = Vec::with_capacity(blamed.len());
        for line in blamed {
            let latest = match line.commit {
                Some(id) => self.time(id)?,
                None => now,
            };
            sought.push(Some(Sought { text: &line.text, latest, replaced: &line.replaced }));
        }
        self.paths = paths_of(blamed, &self.answer.file);
        let traced = tracer.trace(&self.paths, &sought)?;
        let lines = blamed.iter().zip(&traced.lines).zip(&sought);
        for ((line, traced_line), sought) in lines.filter(|((line, _), _)| is_wanted(line)) {
            let mut origin = None;
            if let Some(place) = traced_line.origin {
                origin = Some(self.origin(place, &traced, tracer)?);
            }
            let mut changed_from = None;
            if let Some(place) = traced_line.changed_from {
                let text = traced.edits[place.0].written.lines[place.1].text.clone();
                changed_from =
                    Some(ChangedFrom { origin: self.origin(place, &traced, tracer)?, text });
            }
            let latest = sought.as_ref().map_or(now, |sought| sought.latest);
            let commit = line.commit.map(|id| self.commit(id)).transpose()?;
            self.answer.lines.push(BlameLine {
                line: line.line,
                text: line.text.clone(),
                commit,
                written_by: writer(traced_line, &traced, latest),
                origin,
                changed_from,
            });
        }
        Ok(())
    }

    /// The place of a commit in the answer.
    fn commit(&mut self, id: CommitId) -> Result<u32, ApiError> {
        if let Some(&place) = self.commits.get(&id) {
            return Ok(place);
        }
        let commit = self.repository.commit(id)?;
        self.answer.commits.push(detail_of(self.repository, &commit));
        let place = self.answer.commits.len() as u32 - 1;
        self.commits.insert(id, place);
        Ok(place)
    }

    /// When a commit was made.
    fn time(&mut self, id: CommitId) -> Result<Timestamp, ApiError> {
        if let Some(&time) = self.times.get(&id) {
            return Ok(time);
        }
        let commit = self.repository.commit(id)?;
        let time = commit.committed.max(commit.authored);
        self.times.insert(id, time);
        Ok(time)
    }

    /// The number of the origin of a line of an edit.
    fn origin(
        &mut self,
        (edit, line): (usize, usize),
        traced: &Traced,
        tracer: &mut Tracer<'_>,
    ) -> Result<u32, ApiError> {
        let found = &traced.edits[edit];
        let hunk = found.written.lines[line].hunk.unwrap_or(0);
        if let Some(&origin) = self.origins.get(&(edit, hunk)) {
            return Ok(origin);
        }
        let session = self.session(found.session, tracer)?;
        let mut earlier = Vec::new();
        if self.earlier {
            for before in tracer.earlier(&self.paths, found, line)? {
                let edit = &before.edit;
                earlier.push(Earlier {
                    call: edit_call(edit, self.session(edit.session, tracer)?),
                    lines: before.lines.into_iter().take(REPLACED).collect(),
                    replaced_by: before.replaced_by,
                    prompt: prompt(tracer, edit.session, edit.index)?.map(cut),
                });
            }
        }
        let replaced = found.written.replaced.get(hunk as usize);
        let prompt = prompt(tracer, found.session, found.index)?.map(cut);
        self.answer.origins.push(Origin {
            call: edit_call(found, session),
            path: found.path.clone(),
            replaced: replaced.into_iter().flatten().take(REPLACED).cloned().collect(),
            prompt,
            earlier,
        });
        let origin = self.answer.origins.len() as u32 - 1;
        self.origins.insert((edit, hunk), origin);
        Ok(origin)
    }

    /// The place of a session in the answer.
    fn session(&mut self, number: SessionNumber, tracer: &mut Tracer<'_>) -> Result<u32, ApiError> {
        if let Some(&session) = self.sessions.get(&number) {
            return Ok(session);
        }
        let view = tracer.library.view();
        let Some(session) = view.session(number)? else {
            return Err(ApiError::Internal("an edit without a session".to_owned()));
        };
        let detail = detail(self.engine, view, session)?;
        self.answer.sessions.push(BlameSession { detail, linked: None, excerpts: Vec::new() });
        let place = self.answer.sessions.len() as u32 - 1;
        self.sessions.insert(number, place);
        Ok(place)
    }

    /// Adds the sessions that are linked to the commit of the one line, and what they say about it.
    fn tell_of_commit(
        &mut self,
        view: &View<'_>,
        tracer: &mut Tracer<'_>,
        line: &BlamedLine,
    ) -> Result<(), ApiError> {
        if let Some(id) = line.commit {
            for linked in linked_to(self.engine, view, self.repository, &mut tracer.territory, id)?
            {
                let number = linked.session.session.number;
                match self.sessions.get(&number) {
                    Some(&place) => self.answer.sessions[place as usize].linked = Some(linked),
                    None => self.answer.sessions.push(only_linked(linked)),
                }
            }
        }
        let file = self.answer.file.clone();
        for session in &mut self.answer.sessions {
            let number = session.detail.session.number;
            session.excerpts = excerpts(view, number, &file, line.text.trim())?;
        }
        Ok(())
    }
}

/// The paths that a file has, or had when its lines came.
pub(super) fn paths_of(blamed: &[BlamedLine], file: &str) -> Vec<String> {
    let paths: BTreeSet<&str> = blamed.iter().map(|line| line.original_path.as_str()).collect();
    paths.into_iter().filter(|path| *path != file).chain([file]).map(str::to_owned).collect()
}

fn only_linked(linked: Linked) -> BlameSession {
    let detail = linked.session.clone();
    BlameSession { detail, linked: Some(linked), excerpts: Vec::new() }
}

/// What the person asked for before a message, in full.
pub(super) fn prompt(
    tracer: &mut Tracer<'_>,
    session: SessionNumber,
    index: u32,
) -> Result<Option<Prompt>, TraceError> {
    let asked = tracer.library.prompt(session, index)?;
    Ok(asked.map(|(index, message, text)| Prompt { message, index, text }))
}

/// A prompt of the length that answers hold.
pub(super) fn cut(mut prompt: Prompt) -> Prompt {
    prompt.text.truncate(prompt.text.floor_char_boundary(PROMPT));
    prompt
}

/// Who wrote a line. One that tells nothing is by hand only if it was there before any session worked
/// on the file.
pub(super) fn writer(line: &TracedLine, traced: &Traced, latest: Timestamp) -> Writer {
    let came_later = |at: Option<Timestamp>| at.is_some_and(|at| at > latest);
    match line {
        TracedLine { origin: Some(_), .. } => Writer::Session,
        TracedLine { is_telling: true, .. } => Writer::Hand,
        _ if traced.edits.iter().all(|edit| came_later(edit.at)) => Writer::Hand,
        _ => Writer::Unknown,
    }
}

/// What the messages of a session say about a line: those that name the file, or the line itself.
fn excerpts(
    view: &View<'_>,
    session: SessionNumber,
    file: &str,
    line: &str,
) -> Result<Vec<String>, ApiError> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let mut found: Vec<String> = Vec::new();
    let mut from = 0;
    loop {
        let messages = view.messages(session, from, READ_MESSAGES)?;
        if messages.is_empty() {
            return Ok(found);
        }
        from += messages.len() as u32;
        for text in messages.iter().map(|message| message.text()) {
            let sought = [line, file, name].into_iter().filter(|sought| !sought.is_empty());
            let place = sought.filter_map(|sought| Some((text.find(sought)?, sought.len()))).next();
            let Some((at, length)) = place else { continue };
            let excerpt = excerpt(&text, at, length);
            if !found.contains(&excerpt) {
                found.push(excerpt);
            }
            if found.len() == EXCERPTS {
                return Ok(found);
            }
        }
    }
}

/// The text around a place, from word to word, on one line.
fn excerpt(text: &str, at: usize, length: usize) -> String {
    let start = text.floor_char_boundary(at.saturating_sub(EXCERPT));
    let end = text.ceil_char_boundary((at + length + EXCERPT).min(text.len()));
    let start = text[..start].rfind(char::is_whitespace).map_or(0, |space| space + 1);
    let end = text[end..].find(char::is_whitespace).map_or(text.len(), |space| end + space);
    let words = text[start..end].split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if start > 0 { "…" } else { "" };
    let after = if end < text.len() { "…" } else { "" };
    format!("{before}{words}{after}")
}

/// What made an edit; `session` is its session's place in the answer.
pub(super) fn edit_call(edit: &Edit, session: u32) -> EditCall {
    EditCall {
        session,
        message: edit.message,
        message_index: edit.index,
        at: edit.at,
        tool_use_id: edit.call.clone(),
        tool_name: edit.tool.clone(),
    }
}
