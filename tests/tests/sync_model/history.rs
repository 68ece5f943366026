//! What people do on the machines of a team, drawn from a seed.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use lore_tests::{ClaudeCode, Kill, Machine, Outcome, Random};

use crate::model::{Model, Register, Session};
use crate::team::Team;

/// The most sessions of a history.
const SESSIONS: usize = 8;

/// Words of a message that fills a page and more.
const LONG: usize = 12_000;

/// A team, and what it should come to.
pub(crate) struct History {
    seed: u64,
    random: Random,
    team: Team,
    model: Model,
    files: Vec<ClaudeCode>,
    notes: usize,
    /// How long the last import and the last sync took that were not killed, in microseconds: kills
    /// come within that.
    import: u64,
    sync: u64,
    told: Vec<String>,
}

impl Drop for History {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut text =
                format!("history of seed {}, {} machines:\n", self.seed, self.team.machines.len());
            for (number, line) in self.told.iter().enumerate() {
                let _ = writeln!(text, "{number:4} {line}");
            }
            eprintln!("{text}");
        }
    }
}

impl History {
    /// Three to five machines.
    pub(crate) fn new(seed: u64) -> Self {
        let machines = 3 + Random::new(seed ^ 0xFEED).below(3);
        Self::of(seed, machines as usize)
    }

    pub(crate) fn of(seed: u64, machines: usize) -> Self {
        Self {
            seed,
            random: Random::new(seed),
            team: Team::new(machines),
            model: Model::of(machines),
            files: Vec::new(),
            notes: 0,
            import: 50_000,
            sync: 250_000,
            told: Vec::new(),
        }
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.below(end as u64) as usize
    }

    fn tell(&mut self, machine: usize, what: impl AsRef<str>) {
        self.told.push(format!("machine {machine}: {}", what.as_ref()));
    }

    /// One operation.
    pub(crate) fn go_on(&mut self) {
        let machine = self.below(self.team.machines.len());
        match self.below(40) {
            0..4 => self.add_to(machine),
            4..7 => {
                self.write(machine);
                self.killed_import(machine);
            }
            7..19 => self.hang(machine),
            19 => self.delete(machine),
            20 => self.forget(machine),
            21 => self.crowd(),
            22 => self.tidy(machine),
            23..31 => self.sync(machine),
            _ => self.killed_sync(machine),
        }
    }

    /// Something is said in a session of the machine, and imported.
    pub(crate) fn add_to(&mut self, machine: usize) {
        self.write(machine);
        self.tell(machine, "import");
        self.import = self.run(machine, &["import"]);
        self.model.import(machine);
    }

    /// Something is said in a session of the machine.
    fn write(&mut self, machine: usize) {
        let own = self.model.sessions.iter().enumerate();
        let own: Vec<usize> =
            own.filter(|(_, session)| session.owner == machine).map(|(number, _)| number).collect();
        let has_room = self.model.sessions.len() < SESSIONS;
        let number = if own.is_empty() || (has_room && self.below(2) == 0) {
            let number = self.files.len();
            let id = format!("{number:08x}-0000-4000-8000-{number:012x}");
            let file = self.team.machines[machine].session(&id);
            self.files.push(file);
            self.model.sessions.push(Session {
                id,
                owner: machine,
                texts: Vec::new(),
                titles: Vec::new(),
            });
            number
        } else {
            own[self.below(own.len())]
        };
        // Of a session that has messages, it may be the title only that changes.
        let is_new = self.model.sessions[number].texts.is_empty();
        let most = if is_new { 1 + self.below(3) } else { self.below(4) };
        if most == 0 || self.below(8) == 0 {
            let title = format!("Title {}", self.told.len());
            self.files[number].title(&title);
            self.model.sessions[number].titles.push(title);
        }
        for _ in 0..most {
            let place = self.model.sessions[number].texts.len();
            let words = if self.below(12) == 0 { LONG } else { 3 };
            let text = format!("{number}.{place}{}", " kettle".repeat(words));
            match place % 2 {
                0 => self.files[number].user(&text),
                _ => self.files[number].assistant(&text),
            };
            self.model.sessions[number].texts.push(text);
        }
        let said = self.model.sessions[number].texts.len();
        self.tell(machine, format!("writes session {number} up to {said} messages"));
        self.team.machines[machine].env.claude_code(&self.files[number]);
    }

    /// The machine's import is killed somewhere.
    fn killed_import(&mut self, machine: usize) {
        let delay = Duration::from_micros(self.random.below(self.import));
        self.tell(machine, format!("import, killed after {delay:?}"));
        let outcome = self.machine(machine).killed(&["import"], Kill::After(delay));
        if outcome.code() == Some(0) {
            return self.model.import(machine);
        }
        self.was_killed(&outcome);
        // It may have come to any message.
        let sessions = self.machine(machine).json(&["sessions", "--limit", "1000000"]);
        for session in sessions.as_array().expect("a list") {
            let is_it = |known: &Session| session["id"] == known.id.as_str();
            let number = self.model.sessions.iter().position(is_it).expect("one that was written");
            let count = session["message_count"].as_u64().expect("a number") as usize;
            let copies = &mut self.model.machines[machine].copies;
            let known = copies.get(&number).map_or(0, |copy| copy.messages);
            let title = session["title"].as_str();
            let session = &self.model.sessions[number];
            let most = if session.owner == machine { session.texts.len() } else { known };
            assert!((known..=most).contains(&count), "{known}, then {count} messages of {number}");
            let copy = copies.entry(number).or_default();
            copy.messages = count;
            if session.titles.last().map(String::as_str) == title {
                copy.titles = session.titles.len();
            }
        }
        self.check(machine);
    }

    /// Something is hung on a session that the machine has, or taken off.
    fn hang(&mut self, machine: usize) {
        let Some(session) = self.known_session(machine) else { return self.add_to(machine) };
        let id = self.model.sessions[session].id.clone();
        match self.below(4) {
            0 => {
                let label = ["red", "blue"][self.below(2)];
                let on = self.below(2) == 0;
                self.tell(machine, format!("tag {label} on {session}: {on}"));
                let remove: &[&str] = if on { &[] } else { &["--remove"] };
                self.run(machine, &[&["tag", &id, label], remove].concat());
                self.set(machine, session, Register::Tag(label.to_owned()), on);
            }
            1 => {
                let number = self.below(self.team.commits.len());
                let commit = self.team.commits[number].clone();
                let on = self.below(3) > 0;
                self.tell(machine, format!("link {commit:.8} on {session}: {on}"));
                let verb = if on { "link" } else { "unlink" };
                self.run(machine, &[verb, &id, "--commit", &commit, "--yes"]);
                self.set(machine, session, Register::Link(commit), on);
            }
            2 => self.note(machine, session, &id),
            _ => {
                let text = format!("summary {}", self.told.len());
                self.tell(machine, format!("{text} on {session}"));
                self.run(machine, &["summarize", &id, &text]);
                self.model.change(machine, session, Register::Summary, Some(text));
            }
        }
    }

    /// A note is put on a session, or one that is there taken off.
    fn note(&mut self, machine: usize, session: usize, id: &str) {
        let shown = self.machine(machine).show(id);
        let notes = shown["annotations"].as_array().expect("a list");
        if notes.is_empty() || self.below(2) == 0 {
            let text = format!("note {}", self.notes);
            self.notes += 1;
            self.tell(machine, format!("{text} on {session}"));
            self.run(machine, &["annotate", "-s", id, &text]);
            return self.set(machine, session, Register::Note(text), true);
        }
        let note = &notes[self.below(notes.len())];
        let text = note["content"].as_str().expect("a text").to_owned();
        self.tell(machine, format!("no {text} on {session}"));
        let note = note["id"].as_str().expect("an id").to_owned();
        self.run(machine, &["annotate", "-s", id, "--remove", &note]);
        self.set(machine, session, Register::Note(text), false);
    }

    fn set(&mut self, machine: usize, session: usize, register: Register, on: bool) {
        self.model.change(machine, session, register, on.then(|| "there".to_owned()));
    }

    fn delete(&mut self, machine: usize) {
        let Some(session) = self.known_session(machine) else { return };
        self.tell(machine, format!("deletes session {session}"));
        let id = self.model.sessions[session].id.clone();
        self.run(machine, &["delete", &id, "--force"]);
        self.model.delete(machine, session);
        self.check(machine);
    }

    /// A session is taken out of the store; sometimes that is killed, and tried again.
    fn forget(&mut self, machine: usize) {
        let Some(session) = self.known_session(machine) else { return };
        let id = self.model.sessions[session].id.clone();
        if self.below(2) == 0 {
            let kill = self.kill();
            self.tell(machine, format!("forgets session {session}, killed {kill:?}"));
            let outcome = self.machine(machine).killed(&["sync", "forget", &id], kill);
            if outcome.code() != Some(0) {
                self.was_killed(&outcome);
            }
        }
        self.tell(machine, format!("forgets session {session}"));
        self.run(machine, &["sync", "forget", &id]);
        self.model.forget(machine, session);
        self.model.sync(machine);
        self.check(machine);
        assert!(!self.team.has(&id), "the store still has session {session}");
    }

    fn sync(&mut self, machine: usize) {
        self.tell(machine, "sync");
        self.sync = self.run(machine, &["sync"]);
        self.model.sync(machine);
        if self.below(3) == 0 {
            self.check(machine);
        }
    }

    /// A sync is killed somewhere: the machine has merged all or nothing, and the store has all that
    /// the machine has, or nothing new.
    fn killed_sync(&mut self, machine: usize) {
        let kill = self.kill();
        self.tell(machine, format!("sync, killed {kill:?}"));
        let before = self.team.store();
        let outcome = self.machine(machine).killed(&["sync"], kill);
        if outcome.code() == Some(0) {
            return self.model.sync(machine);
        }
        self.was_killed(&outcome);
        if self.team.store() != before {
            self.model.sync(machine);
            return self.check(machine);
        }
        let content = self.machine(machine).content();
        let known = self.model.machines[machine].clone();
        if let Err(not_before) = self.model.check(&known, &content) {
            self.model.pull(machine);
            let merged = self.model.check(&self.model.machines[machine], &content);
            assert!(merged.is_ok(), "half of it was merged: {not_before}; {merged:?}");
        }
    }

    /// Git throws away what nothing leads to, as what a killed sync left behind.
    fn tidy(&mut self, machine: usize) {
        self.tell(machine, "git gc");
        self.machine(machine).git(&["gc", "--quiet", "--prune=now"]);
    }

    /// All machines sync at the same moment, and then once more, one after the other. Sometimes one of
    /// them takes a session of its own out of the store meanwhile.
    pub(crate) fn crowd(&mut self) {
        self.told.push("all machines: sync at once".to_owned());
        let forgetter = self.below(2 * self.team.machines.len());
        let own = self.model.machines.get(forgetter).and_then(|holder| {
            let mut known = holder.copies.keys().copied();
            known.find(|session| self.model.sessions[*session].owner == forgetter)
        });
        let forgotten = own.map(|session| {
            self.tell(forgetter, format!("forgets session {session} meanwhile"));
            self.model.forget(forgetter, session);
            self.model.sessions[session].id.clone()
        });
        let start = |(number, machine): (usize, &Machine)| match &forgotten {
            Some(id) if number == forgetter => machine.start(&["sync", "forget", id]),
            _ => machine.start(&["sync"]),
        };
        let running: Vec<_> = self.team.machines.iter().enumerate().map(start).collect();
        for running in running {
            let _ = running.outcome().success();
        }
        (0..self.team.machines.len()).for_each(|machine| self.model.sync(machine));
        for machine in 0..self.team.machines.len() {
            self.sync(machine);
        }
    }

    /// After two rounds of syncs, all have the same, and the model says what.
    pub(crate) fn end(mut self) {
        let machines = self.team.machines.len();
        for machine in 0..machines {
            self.tell(machine, "import");
            self.run(machine, &["import"]);
            self.model.import(machine);
        }
        for _ in 0..2 {
            for machine in 0..machines {
                self.tell(machine, "sync");
                self.run(machine, &["sync"]);
                self.model.sync(machine);
            }
        }
        let contents: Vec<_> = self.team.machines.iter().map(|machine| machine.content()).collect();
        for (machine, content) in contents.iter().enumerate() {
            let checked = self.model.check(&self.model.machines[machine], content);
            assert!(checked.is_ok(), "machine {machine}: {checked:?}");
        }
        for (number, session) in self.model.sessions.iter().enumerate() {
            let is_shared = self.model.store.copies.contains_key(&number);
            assert_eq!(self.team.has(&session.id), is_shared, "session {number} in the store");
            if self.model.is_forgotten(number) {
                continue;
            }
            let mut copies = contents.iter().filter_map(|content| content.get(&session.id));
            let Some(first) = copies.next() else { continue };
            for copy in copies {
                let differs = first.as_object().expect("an object").iter();
                let differs: Vec<_> =
                    differs.filter(|(name, value)| copy[*name] != **value).collect();
                assert!(differs.is_empty(), "session {number}: {differs:?}\nelsewhere: {copy}");
            }
        }
        let store = self.team.store();
        for machine in 0..machines {
            self.tell(machine, "sync, of nothing");
            self.run(machine, &["sync"]);
            assert_eq!(self.team.store(), store, "machine {machine} pushed though nothing changed");
            self.machine(machine).env.verify();
        }
        self.team.fsck();
    }

    fn machine(&self, number: usize) -> &Machine {
        &self.team.machines[number]
    }

    /// Runs the program, which has nothing to complain of; returns for how long, in microseconds.
    fn run(&self, machine: usize, arguments: &[&str]) -> u64 {
        let begun = Instant::now();
        let outcome = self.machine(machine).lore(arguments).success();
        let is_quiet = !outcome.stderr.contains("error:") && !outcome.stderr.contains("warning:");
        assert!(is_quiet, "machine {machine}: {arguments:?}: {outcome}");
        u64::try_from(begun.elapsed().as_micros()).expect("it ends")
    }

    fn check(&self, machine: usize) {
        let content = self.machine(machine).content();
        let checked = self.model.check(&self.model.machines[machine], &content);
        assert!(checked.is_ok(), "machine {machine}: {checked:?}");
    }

    /// It ended because it was killed, and for no other reason.
    fn was_killed(&self, outcome: &Outcome) {
        assert_eq!(outcome.code(), None, "it ended by itself: {outcome}");
    }

    /// A session that the machine has.
    fn known_session(&mut self, machine: usize) -> Option<usize> {
        let known: Vec<usize> = self.model.machines[machine].copies.keys().copied().collect();
        (!known.is_empty()).then(|| known[self.below(known.len())])
    }

    fn kill(&mut self) -> Kill {
        let word = ["fetch", "push"][self.below(2)];
        match self.below(6) {
            0 => Kill::AtGit(word, "before"),
            1 => Kill::AtGit(word, "during"),
            2 => Kill::AtGit(word, "after"),
            _ => Kill::After(Duration::from_micros(self.random.below(self.sync))),
        }
    }
}
