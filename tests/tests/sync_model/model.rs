//! What each machine of a team and their store know, by the rules alone.
//!
//! Messages only become more, and the machine that captures a session may give it other titles. What hangs on a session is a register: whoever changes it has seen
//! some of the changes before, and replaces those. Of changes that did not see each other any may
//! win, but on all machines the same one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What hangs on a session, and is there or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Register {
    Tag(String),
    Link(String),
    Note(String),
    Summary,
}

/// A session that there is or was.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    /// The machine that captures it.
    pub(crate) owner: usize,
    /// What its file says.
    pub(crate) texts: Vec<String>,
    /// The titles that it was given, the last one last.
    pub(crate) titles: Vec<String>,
}

#[derive(Debug)]
struct Change {
    register: Register,
    /// Nothing takes it off; a tag, a link or a note says that it is there.
    value: Option<String>,
    /// The changes that it replaces.
    seen: BTreeSet<usize>,
}

/// What somebody knows of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) messages: usize,
    pub(crate) titles: usize,
    changes: BTreeSet<usize>,
}

/// Somebody, or the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) copies: BTreeMap<usize, Copy>,
    forgotten: BTreeSet<usize>,
    deleted: BTreeSet<usize>,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) sessions: Vec<Session>,
    changes: Vec<Change>,
    pub(crate) store: Holder,
    pub(crate) machines: Vec<Holder>,
}

/// What a machine shows of a session.
#[derive(Debug, PartialEq)]
pub(crate) struct Shown {
    title: Option<String>,
    texts: Vec<String>,
    registers: BTreeMap<Register, String>,
}

impl Copy {
    fn merge(&mut self, other: &Self) {
        self.messages = self.messages.max(other.messages);
        self.titles = self.titles.max(other.titles);
        self.changes.extend(&other.changes);
    }
}

impl Model {
    /// So many machines, that know nothing yet.
    pub(crate) fn of(machines: usize) -> Self {
        Self { machines: vec![Holder::default(); machines], ..Self::default() }
    }

    /// The machine reads the files that it has, to their ends.
    pub(crate) fn import(&mut self, machine: usize) {
        let holder = &mut self.machines[machine];
        for (number, session) in self.sessions.iter().enumerate() {
            if session.owner == machine && !holder.deleted.contains(&number) {
                let copy = holder.copies.entry(number).or_default();
                copy.messages = session.texts.len();
                copy.titles = session.titles.len();
            }
        }
    }

    /// The machine changes what hangs on a session that it has.
    pub(crate) fn change(
        &mut self,
        machine: usize,
        session: usize,
        register: Register,
        value: Option<String>,
    ) {
        let number = self.changes.len();
        let copy = self.machines[machine].copies.get_mut(&session).expect("it has the session");
        let seen = copy.changes.clone();
        copy.changes.insert(number);
        self.changes.push(Change { register, value, seen });
    }

    /// The machine drops a session for good.
    pub(crate) fn delete(&mut self, machine: usize, session: usize) {
        let holder = &mut self.machines[machine];
        holder.copies.remove(&session);
        holder.deleted.insert(session);
    }

    /// The machine takes a session out of the store, before it syncs.
    pub(crate) fn forget(&mut self, machine: usize, session: usize) {
        self.machines[machine].forgotten.insert(session);
        if self.sessions[session].owner != machine {
            self.delete(machine, session);
        }
    }

    /// The machine merges what the store has.
    pub(crate) fn pull(&mut self, machine: usize) {
        for session in self.store.forgotten.clone() {
            self.forget(machine, session);
        }
        let holder = &mut self.machines[machine];
        for (session, copy) in &self.store.copies {
            if !holder.deleted.contains(session) && !holder.forgotten.contains(session) {
                holder.copies.entry(*session).or_default().merge(copy);
            }
        }
    }

    /// The same, and the store gets what the machine has.
    pub(crate) fn sync(&mut self, machine: usize) {
        self.pull(machine);
        let holder = &self.machines[machine];
        for session in &holder.forgotten {
            self.store.copies.remove(session);
            self.store.forgotten.insert(*session);
        }
        for (session, copy) in &holder.copies {
            if !holder.forgotten.contains(session) {
                self.store.copies.entry(*session).or_default().merge(copy);
            }
        }
    }

    /// Whether a session was taken out of the store.
    pub(crate) fn is_forgotten(&self, session: usize) -> bool {
        self.store.forgotten.contains(&session)
    }

    /// What a register may hold for whoever knows as much: what no other change replaced.
    fn possible(&self, copy: &Copy, register: &Register) -> BTreeSet<Option<&str>> {
        let of_register = |number: &&usize| self.changes[**number].register == *register;
        let known: Vec<usize> = copy.changes.iter().filter(of_register).copied().collect();
        if known.is_empty() {
            return BTreeSet::from([None]);
        }
        let is_replaced =
            |number: &usize| known.iter().any(|other| self.changes[*other].seen.contains(number));
        let last = known.iter().filter(|number| !is_replaced(number));
        last.map(|number| self.changes[*number].value.as_deref()).collect()
    }

    /// Says what is wrong with what somebody shows who knows so much.
    pub(crate) fn check(
        &self,
        holder: &Holder,
        content: &BTreeMap<String, Value>,
    ) -> Result<(), String> {
        let id = |session: &usize| self.sessions[*session].id.as_str();
        let expected: BTreeSet<&str> = holder.copies.keys().map(id).collect();
        let found: BTreeSet<&str> = content.keys().map(String::as_str).collect();
        if expected != found {
            return Err(format!("the sessions are {found:?}, not {expected:?}"));
        }
        for (session, copy) in &holder.copies {
            let shown = Shown::of(&content[id(session)]);
            self.check_session(*session, copy, &shown)
                .map_err(|wrong| format!("session {}: {wrong}", id(session)))?;
        }
        Ok(())
    }

    fn check_session(&self, session: usize, copy: &Copy, shown: &Shown) -> Result<(), String> {
        let Session { texts, titles, .. } = &self.sessions[session];
        let title = titles[..copy.titles].last();
        if shown.title.as_ref() != title {
            return Err(format!("it is called {:?}, not {title:?}", shown.title));
        }
        let expected = &texts[..copy.messages];
        if shown.texts != expected {
            let brief = |texts: &[String]| -> Vec<String> {
                texts.iter().map(|text| text.chars().take(20).collect()).collect()
            };
            return Err(format!("it says {:?}, not {:?}", brief(&shown.texts), brief(expected)));
        }
        let changed = copy.changes.iter().map(|number| &self.changes[*number].register);
        let registers: BTreeSet<&Register> = changed.chain(shown.registers.keys()).collect();
        for register in registers {
            let possible = self.possible(copy, register);
            let found = shown.registers.get(register).map(String::as_str);
            if !possible.contains(&found) {
                return Err(format!("{register:?} is {found:?}, not one of {possible:?}"));
            }
        }
        Ok(())
    }
}

impl Shown {
    /// What `lore show --format json` says.
    pub(crate) fn of(shown: &Value) -> Self {
        let list = |name: &str| shown[name].as_array().expect("a list").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let texts =
            list("messages").iter().map(|message| text(&message["content"][0]["text"])).collect();
        let there = || "there".to_owned();
        let mut registers = BTreeMap::new();
        let mut add = |register: Register, value: String| {
            assert!(
                registers.insert(register.clone(), value).is_none(),
                "{register:?} is there twice"
            );
        };
        for tag in list("tags") {
            add(Register::Tag(text(&tag)), there());
        }
        for link in list("links") {
            add(Register::Link(text(&link["commit_sha"])), there());
        }
        for note in list("annotations") {
            add(Register::Note(text(&note["content"])), there());
        }
        if !shown["summary"].is_null() {
            add(Register::Summary, text(&shown["summary"]));
        }
        let title = shown["session"]["title"].as_str().map(str::to_owned);
        Self { title, texts, registers }
    }
}
