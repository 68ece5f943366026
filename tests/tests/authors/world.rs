//! A repository every line of which knows who wrote it.
//!
//! What a step does is done three times: in the model, to the files by the real git, and in what the
//! sessions tell. Texts that tell anything are never written twice; lines like `}` are.

use std::collections::{BTreeMap, BTreeSet};

use lore_tests::{ClaudeCode, Codex, Repository, TestEnv, minute};

use crate::steps::{Again, Choice, Place, Step, Story, Work};

/// What lines are made of.
const WORDS: &[&str] = &[
    "kettle", "steam", "valve", "ledger", "parser", "token", "branch", "quartz", "socket",
    "buffer", "cursor", "widget", "schema", "canvas", "harbor", "signal", "filter", "packet",
    "thread",
];

/// What anybody writes anywhere.
const TRIVIAL: &[&str] = &["}", "", "    }", "    } else {", "];"];

/// Sessions of a case; the last one is of Codex.
pub(crate) const SESSIONS: usize = 4;

/// A message of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) session: usize,
    pub(crate) message: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// None: by hand.
    pub(crate) author: Option<Call>,
    /// What it was before a person changed it a little.
    pub(crate) changed_from: Option<Call>,
    /// No other line ever has its text.
    pub(crate) is_distinct: bool,
}

type Files = BTreeMap<String, Vec<Line>>;

/// A text of a file, and what replaces it.
struct Replacement {
    before: Vec<String>,
    after: Vec<String>,
    /// White space left out at the beginning of both.
    unindented: usize,
}

enum Session {
    ClaudeCode(ClaudeCode),
    Codex(Codex),
}

pub(crate) struct World<'env> {
    pub(crate) repository: Repository<'env>,
    /// As they lie in the working tree.
    pub(crate) files: Files,
    sessions: Vec<Session>,
    /// What may be worked on: all but these, or only these.
    held_back: BTreeSet<String>,
    only: Option<String>,
    branch: String,
    minute: i64,
    texts: u32,
    names: u32,
}

impl<'env> World<'env> {
    /// A repository with two files, written by hand.
    pub(crate) fn new(env: &'env TestEnv) -> Self {
        let repository = Repository::new(env, "kettle");
        let mut world = Self {
            files: Files::new(),
            sessions: Vec::new(),
            held_back: BTreeSet::new(),
            only: None,
            branch: "main".to_owned(),
            minute: 0,
            texts: 0,
            names: 0,
            repository,
        };
        world.hand_create(4);
        world.hand_create(6);
        for number in 0..SESSIONS {
            let id = session_id(number);
            let top = world.repository.directory().display().to_string();
            world.sessions.push(if number + 1 == SESSIONS {
                Session::Codex(Codex::new(&id, &top, &minute(1)))
            } else {
                // One of them is held further down.
                let directory = if number == 1 { format!("{top}/src") } else { top };
                Session::ClaudeCode(ClaudeCode::new(&id).directory(&directory).at(&minute(1)))
            });
        }
        world.commit_all("begin");
        world
    }

    pub(crate) fn play(&mut self, story: &Story) {
        for step in &story.steps {
            self.step(step);
        }
        if story.commits_in_the_end {
            self.commit_all("the end");
        }
        for (file, lines) in &self.files {
            assert_eq!(self.repository.read(file), text(lines), "git has another {file}");
        }
        for session in &self.sessions {
            match session {
                Session::ClaudeCode(session) => self.repository.env().claude_code(session),
                Session::Codex(session) => self.repository.env().codex(session),
            };
        }
    }

    /// The id of the call that a message makes.
    pub(crate) fn call_id(&self, call: Call) -> String {
        match &self.sessions[call.session] {
            Session::ClaudeCode(session) => session.call(call.message),
            Session::Codex(session) => session.call(call.message),
        }
    }

    /// How many messages a session has.
    pub(crate) fn messages(&self, session: usize) -> u32 {
        match &self.sessions[session] {
            Session::ClaudeCode(session) => session.messages(),
            Session::Codex(session) => session.messages(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Work(work) => self.work(work),
            Step::Commit => self.commit_all("work"),
            Step::CommitOnly { file } => {
                if let Some(file) = self.file(*file) {
                    self.repository.ask(&["add", "--", &file]);
                    if !self.repository.ask(&["status", "--porcelain", "--", &file]).is_empty() {
                        self.git(&["commit", "--quiet", "-m", "one file", "--", &file]);
                    }
                }
            }
            // What is put into a merge, a later rebase leaves out: that is git's way.
            Step::Amend if self.parents().len() > 1 => self.commit_all("work"),
            Step::Amend => {
                self.repository.ask(&["add", "--all"]);
                self.git(&["commit", "--quiet", "--amend", "--no-edit", "--allow-empty"]);
            }
            Step::Rebase { commits } => self.rebase(*commits),
            Step::Squash { commits } => {
                self.commit_all("work");
                if let Some(base) = self.ancestor(*commits) {
                    self.repository.ask(&["reset", "--quiet", "--soft", &base]);
                    self.git(&["commit", "--quiet", "--allow-empty", "-m", "squashed"]);
                }
            }
            Step::CherryPick => self.cherry_pick(),
            Step::Rename { file, commit } => {
                if let Some(file) = self.file(*file)
                    && !file.starts_with("team/")
                {
                    let to = self.name("lib");
                    self.repository.ask(&["add", "--", &file]);
                    let _ = std::fs::create_dir_all(self.repository.directory().join("lib"));
                    self.git(&["mv", &file, &to]);
                    let lines = self.files.remove(&file).expect("it was chosen from them");
                    self.files.insert(to, lines);
                    if *commit {
                        self.commit_all("rename");
                    }
                }
            }
            Step::Merge { file, branch, main } => self.merge(*file, branch, main),
        }
    }

    fn work(&mut self, work: &Work) {
        match *work {
            Work::Edit { session, file, place } => self.edit(session, file, &[place]),
            Work::MultiEdit { session, file, places } => {
                match self.sessions[usize::from(session) % SESSIONS] {
                    Session::ClaudeCode(_) => self.edit(session, file, &places),
                    Session::Codex(_) => self.edit(session, file, &places[..1]),
                }
            }
            Work::Create { session, lines } => {
                let number = usize::from(session) % SESSIONS;
                let file = self.name("src");
                let call = self.next_call(number);
                let lines = self.lines(lines, Some(call));
                let text = text(&lines);
                let path = self.repository.path(&file);
                match &mut self.sessions[number] {
                    Session::ClaudeCode(session) => session.write(&path, &text),
                    Session::Codex(session) => {
                        let added: String =
                            lines.iter().map(|line| format!("+{}\n", line.text)).collect();
                        session.patch(&format!(
                            "*** Begin Patch\n*** Add File: {file}\n{added}*** End Patch\n"
                        ))
                    }
                };
                self.put(&file, lines);
            }
            Work::Overwrite { session, file, place } => self.overwrite(session, file, place),
            Work::Failure { session, file, place, again } => {
                self.failure(session, file, place, again);
            }
            Work::Read { session, file } => {
                let Some(file) = self.file(file) else { return };
                let number = usize::from(session) % SESSIONS;
                self.next_call(number);
                self.show(number, &file);
            }
            Work::HandCreate { lines } => self.hand_create(lines),
            Work::HandReplace { file, place } => self.by_hand(file, place, place.add),
            Work::HandDelete { file, place } => self.by_hand(file, place, 0),
            Work::HandTouch { file, at } => {
                let Some(file) = self.file(file) else { return };
                let mut lines = self.files[&file].clone();
                let count = lines.len();
                let places = (0..count).map(|offset| (usize::from(at) + offset) % count);
                let is_candidate =
                    |at: &usize| lines[*at].is_distinct && lines[*at].author.is_some();
                let Some(at) = places.into_iter().find(is_candidate) else { return };
                self.tick();
                let line = &mut lines[at];
                let (before, rest) = line.text.split_once('#').expect("a distinct text has one");
                let digits = rest.trim_start_matches(|sign: char| sign.is_ascii_digit());
                self.texts += 1;
                line.text = format!("{before}#{}{digits}", self.texts);
                line.changed_from = line.author.take();
                self.put(&file, lines);
            }
        }
    }

    /// One call that replaces texts at several places, one after the other.
    fn edit(&mut self, session: Choice, file: Choice, places: &[Place]) {
        let Some(file) = self.file(file) else { return };
        let number = usize::from(session) % SESSIONS;
        let call = self.next_call(number);
        let mut replacements = Vec::new();
        for place in places {
            replacements.extend(self.replace(&file, *place, Some(call)));
        }
        if !replacements.is_empty() {
            self.tell(number, &file, &replacements, true);
        }
    }

    fn overwrite(&mut self, session: Choice, file: Choice, place: Place) {
        let number = usize::from(session) % SESSIONS;
        if let Session::Codex(_) = self.sessions[number] {
            return self.edit(session, file, &[place]);
        }
        let Some(file) = self.file(file) else { return };
        self.next_call(number);
        self.show(number, &file);
        let call = Call { session: number, message: self.messages(number) };
        if self.replace(&file, place, Some(call)).is_some() {
            let (path, text) = (self.repository.path(&file), self.repository.read(&file));
            if let Session::ClaudeCode(session) = &mut self.sessions[number] {
                session.write(&path, &text);
            }
        }
    }

    /// A call that fails, and perhaps the same once more, which succeeds.
    fn failure(&mut self, session: Choice, file: Choice, place: Place, again: Again) {
        let Some(file) = self.file(file) else { return };
        let number = usize::from(session) % SESSIONS;
        let mut call = self.next_call(number);
        if let Again::After = again {
            // A call and its result go before.
            call.message += 2;
        }
        let before = self.files[&file].clone();
        let Some(replacement) = self.replace(&file, place, Some(call)) else { return };
        let replacement = [replacement];
        match again {
            Again::Never => {
                self.put(&file, before);
                self.tell(number, &file, &replacement, false);
            }
            Again::Before => {
                self.tell(number, &file, &replacement, true);
                self.tell(number, &file, &replacement, false);
            }
            Again::After => {
                self.tell(number, &file, &replacement, false);
                self.tell(number, &file, &replacement, true);
            }
        }
    }

    fn by_hand(&mut self, file: Choice, place: Place, add: u8) {
        let Some(file) = self.file(file) else { return };
        self.tick();
        let mut lines = self.files[&file].clone();
        let (from, to) = range(&lines, place);
        let added = self.lines(add, None);
        if lines.len() - (to - from) + added.len() > 0 {
            lines.splice(from..to, added);
            self.put(&file, lines);
        }
    }

    fn hand_create(&mut self, lines: u8) {
        self.tick();
        let file = self.name("src");
        let lines = self.lines(lines, None);
        self.put(&file, lines);
    }

    /// Replaces lines of a file; what is replaced holds a line that stands nowhere else. None if
    /// there is none.
    fn replace(&mut self, file: &str, place: Place, author: Option<Call>) -> Option<Replacement> {
        let mut lines = self.files[file].clone();
        let (from, to) = range(&lines, place);
        let context = usize::from(place.context);
        let (mut first, mut last) = (from.saturating_sub(context), (to + context).min(lines.len()));
        while !lines[first..last].iter().any(|line| line.is_distinct) {
            match (first, last) {
                (0, last_line) if last_line == lines.len() => return None,
                (0, _) => last += 1,
                _ => first -= 1,
            }
        }
        let added = self.lines(place.add, author);
        let texts = |lines: &[Line]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
        let before = texts(&lines[first..last]);
        let tail = lines.len() - last;
        lines.splice(from..to, added);
        let after = texts(&lines[first..lines.len() - tail]);
        let indent = |text: &str| text.len() - text.trim_start().len();
        let indents = (indent(&before[0]), indent(&after[0]));
        let unindented = match place.unindented && indents.0 == indents.1 {
            true => indents.0,
            false => 0,
        };
        let replacement = Replacement { before, after, unindented };
        let ((before, after), content) = (replacement.texts(), self.repository.read(file));
        assert_eq!(content.matches(&before).count(), 1, "`{before}` in {content}");
        assert_eq!(content.replacen(&before, &after, 1), text(&lines), "the model is wrong");
        self.put(file, lines);
        Some(replacement)
    }

    /// A session tells of one call that replaced texts.
    fn tell(&mut self, number: usize, file: &str, replacements: &[Replacement], succeeds: bool) {
        let path = self.repository.path(file);
        match &mut self.sessions[number] {
            Session::ClaudeCode(session) => {
                let texts: Vec<(String, String)> =
                    replacements.iter().map(Replacement::texts).collect();
                match (texts.as_slice(), succeeds) {
                    ([(before, after)], true) => session.edit(&path, before, after),
                    ([(before, after)], false) => session.failed_edit(&path, before, after),
                    (texts, _) => session.multi_edit(&path, texts),
                }
            }
            Session::Codex(session) => {
                let hunks: String = replacements.iter().map(Replacement::hunk).collect();
                let patch =
                    format!("*** Begin Patch\n*** Update File: {file}\n{hunks}*** End Patch\n");
                match succeeds {
                    true => session.patch(&patch),
                    false => session.failed_patch(&patch),
                }
            }
        };
    }

    /// A session sees what a file holds.
    fn show(&mut self, number: usize, file: &str) {
        let (path, text) = (self.repository.path(file), self.repository.read(file));
        match &mut self.sessions[number] {
            Session::ClaudeCode(session) => session.read(&path, &text),
            Session::Codex(session) => session.command(&format!("cat {file}"), &text, 0),
        };
    }

    fn rebase(&mut self, commits: Choice) {
        self.commit_all("work");
        let Some(base) = self.ancestor(commits) else { return };
        let upstream = self.name("upstream");
        self.git(&["checkout", "--quiet", "-b", &upstream, &base]);
        let (file, lines) = self.team_commits();
        let ours = self.branch.clone();
        self.git(&["checkout", "--quiet", &ours]);
        self.git(&["rebase", "--quiet", "--empty=keep", &upstream]);
        self.files.insert(file, lines);
    }

    fn cherry_pick(&mut self) {
        self.commit_all("work");
        let [base] = &self.parents()[..] else { return };
        let picked = self.repository.commit_of("HEAD");
        let branch = self.name("picked");
        self.git(&["checkout", "--quiet", "-b", &branch, base]);
        self.branch = branch;
        let (file, lines) = self.team_commits();
        self.git(&["cherry-pick", "--allow-empty", &picked]);
        self.files.insert(file, lines);
    }

    fn merge(&mut self, file: Choice, branch: &[Work], main: &[Work]) {
        self.commit_all("work");
        let Some(file) = self.file(file) else { return };
        let begun = self.files.clone();
        let name = self.name("feature");
        self.git(&["checkout", "--quiet", "-b", &name]);
        self.only = Some(file.clone());
        branch.iter().for_each(|work| self.work(work));
        self.only = None;
        self.commit_all("work on a branch");
        let merged = std::mem::replace(&mut self.files, begun.clone());
        let ours = self.branch.clone();
        self.git(&["checkout", "--quiet", &ours]);
        self.held_back.insert(file.clone());
        main.iter().for_each(|work| self.work(work));
        self.held_back.clear();
        self.commit_all("work beside a branch");
        self.git(&["merge", "--quiet", "--no-ff", "--no-edit", &name]);
        let comes = |name: &String| *name == file || !begun.contains_key(name);
        self.files.extend(merged.into_iter().filter(|(name, _)| comes(name)));
    }

    /// Somebody else commits a file of theirs, which is not in the working tree of the model yet.
    fn team_commits(&mut self) -> (String, Vec<Line>) {
        let file = self.name("team");
        let lines = self.lines(5, None);
        self.repository.write(&file, &text(&lines));
        self.repository.ask(&["add", "--", &file]);
        self.git(&["commit", "--quiet", "--author", "Bob <bob@example.com>", "-m", "by the team"]);
        (file, lines)
    }

    fn commit_all(&mut self, message: &str) {
        self.repository.ask(&["add", "--all"]);
        if !self.repository.ask(&["status", "--porcelain"]).is_empty() {
            self.git(&["commit", "--quiet", "-m", message]);
        }
    }

    /// A commit a few before the last one, in the line of first parents; none before the first.
    fn ancestor(&self, commits: Choice) -> Option<String> {
        let count = self.repository.ask(&["rev-list", "--first-parent", "--count", "HEAD"]);
        let count: usize = count.parse().expect("git counts");
        let back = 1 + usize::from(commits) % 4;
        (back < count).then(|| self.repository.commit_of(&format!("HEAD~{back}")))
    }

    /// The commits that the last one follows.
    fn parents(&self) -> Vec<String> {
        let ids = self.repository.ask(&["rev-list", "--parents", "--max-count", "1", "HEAD"]);
        ids.split(' ').skip(1).map(str::to_owned).collect()
    }

    fn git(&mut self, arguments: &[&str]) {
        self.tick();
        self.repository.git(&minute(self.minute), arguments);
    }

    fn tick(&mut self) {
        self.minute += 2;
    }

    /// The next message of a session, which somebody asks for.
    fn next_call(&mut self, session: usize) -> Call {
        self.tick();
        let time = minute(self.minute);
        let message = match &mut self.sessions[session] {
            Session::ClaudeCode(session) => {
                session.resume(&time);
                session.user("Go on.") + 1
            }
            Session::Codex(session) => {
                session.resume(&time);
                session.user("Go on.") + 1
            }
        };
        Call { session, message }
    }

    /// A file that may be worked on.
    fn file(&self, choice: Choice) -> Option<String> {
        let may = |name: &&String| {
            !self.held_back.contains(*name) && self.only.as_ref().is_none_or(|only| only == *name)
        };
        let files: Vec<&String> = self.files.keys().filter(may).collect();
        files.get(usize::from(choice).checked_rem(files.len())?).map(|name| (*name).clone())
    }

    fn name(&mut self, kind: &str) -> String {
        self.names += 1;
        let word = WORDS[self.names as usize * 7 % WORDS.len()];
        match kind {
            "src" | "lib" | "team" => format!("{kind}/{word}_{}.rs", self.names),
            _ => format!("{kind}-{}", self.names),
        }
    }

    /// New lines, every fifth or so of a text that stands everywhere.
    fn lines(&mut self, count: u8, author: Option<Call>) -> Vec<Line> {
        (0..count).map(|_| self.line(author)).collect()
    }

    fn line(&mut self, author: Option<Call>) -> Line {
        self.texts += 1;
        let number = self.texts as usize;
        if number.is_multiple_of(5) {
            let text = TRIVIAL[number / 5 % TRIVIAL.len()].to_owned();
            return Line { text, author, changed_from: None, is_distinct: false };
        }
        let word = |step: usize| WORDS[(number * step + number / 7) % WORDS.len()];
        let (a, b, c) = (word(3), word(5), word(11));
        let text = match number % 4 {
            0 => format!("    let {a}_{b} = {c}(\"#{number}\")?;"),
            1 => format!("fn {a}_{b}(&self, {c}: &str) -> Result<()> {{ // #{number}"),
            2 => format!("    // The {a} of a {b} is no {c}, see #{number}."),
            _ => format!("        if {a}.{b}(\"#{number}\") {{ return Err({c}); }}"),
        };
        Line { text, author, changed_from: None, is_distinct: true }
    }

    /// Writes a file, in the model and in the working tree.
    fn put(&mut self, file: &str, lines: Vec<Line>) {
        self.repository.write(file, &text(&lines));
        self.files.insert(file.to_owned(), lines);
    }
}

impl Replacement {
    fn texts(&self) -> (String, String) {
        let text = |lines: &[String]| lines.join("\n")[self.unindented..].to_owned();
        (text(&self.before), text(&self.after))
    }

    /// As a patch tells it: lines that both have at their ends are context.
    fn hunk(&self) -> String {
        let (before, after) = (&self.before, &self.after);
        let same = |(a, b): &(&String, &String)| a == b;
        let head = before.iter().zip(after).take_while(same).count();
        let (before_rest, after_rest) = (&before[head..], &after[head..]);
        let tail = before_rest.iter().rev().zip(after_rest.iter().rev()).take_while(same).count();
        let mut hunk = "@@\n".to_owned();
        let mut push = |sign: char, lines: &[String]| {
            lines.iter().for_each(|line| hunk.push_str(&format!("{sign}{line}\n")));
        };
        push(' ', &before[..head]);
        push('-', &before_rest[..before_rest.len() - tail]);
        push('+', &after_rest[..after_rest.len() - tail]);
        push(' ', &before_rest[before_rest.len() - tail..]);
        hunk
    }
}

pub(crate) fn session_id(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-{number:012x}")
}

/// The lines that a place means.
fn range(lines: &[Line], place: Place) -> (usize, usize) {
    let from = usize::from(place.at) % (lines.len() + 1);
    (from, (from + usize::from(place.drop)).min(lines.len()))
}

fn text(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect()
}
