//! What was read and not yet written: a rewind takes some of it back.

use std::collections::HashMap;

use lore_plugin_sdk::{Event, Message, Output, Problem, Session};

/// Events and counts since the checkpoint.
#[derive(Default)]
pub(crate) struct Held {
    from_start: bool,
    /// Where a line begins that is the rest of one that was counted.
    rest: Option<u64>,
    is_rest: bool,
    /// Each with the number of its line.
    events: Vec<(usize, Event)>,
    lines: Vec<(String, Fate)>,
    /// Of each record how many events there were when it was taken in, and the latest message.
    places: HashMap<String, (usize, Option<String>)>,
}

/// What a line is counted as.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Fate {
    Skipped,
    Kept,
    Unknown,
}

impl Held {
    pub(crate) fn new(from_start: bool, rest: Option<u64>) -> Self {
        Self { from_start, rest, ..Self::default() }
    }

    /// Begins a line.
    pub(crate) fn begin(&mut self, offset: u64) {
        self.is_rest = self.rest == Some(offset);
    }

    pub(crate) fn session(&mut self, session: Session) {
        self.events.push((self.lines.len(), Event::Session(session)));
    }

    pub(crate) fn message(&mut self, message: Message) {
        self.events.push((self.lines.len(), Event::Message(message)));
    }

    /// Ends a line.
    pub(crate) fn count(&mut self, kind: &str, fate: Fate) {
        let kind = if self.is_rest { "" } else { kind };
        self.lines.push((kind.to_owned(), fate));
    }

    /// Ends a line that could not be read to its end.
    pub(crate) fn problem(&mut self, offset: u64, message: String) {
        self.events.push((self.lines.len(), Event::Problem(Problem { offset, message })));
        // Its number must not be that of the next one.
        self.lines.push((String::new(), Fate::Skipped));
    }

    /// A record is taken in; `message` is the latest message in its chain.
    pub(crate) fn pass(&mut self, record: &str, message: Option<String>) {
        self.places.insert(record.to_owned(), (self.events.len(), message));
    }

    /// Takes back the messages after `record`, or all; returns the latest message that stays.
    /// Nothing if what is to be taken back is written already.
    pub(crate) fn rewind(&mut self, record: Option<&str>) -> Option<Option<String>> {
        let (from, message) = match record {
            None if self.from_start => (0, None),
            None => return None,
            Some(record) => self.places.get(record)?.clone(),
        };
        let tail = self.events.split_off(from);
        for (line, event) in tail {
            if matches!(event, Event::Message(_)) {
                if let Some((_, fate)) = self.lines.get_mut(line) {
                    *fate = Fate::Skipped;
                }
            } else {
                self.events.push((line, event));
            }
        }
        let left = self.events.len();
        self.places.retain(|_, (place, _)| *place <= left);
        Some(message)
    }

    pub(crate) fn is_from_start(&self) -> bool {
        self.from_start
    }

    /// Writes all.
    pub(crate) fn write(self, out: &mut Output) {
        for (_, event) in self.events {
            match event {
                Event::Session(session) => out.session(session),
                Event::Message(message) => out.message(message),
                Event::Problem(problem) => out.problem(problem.offset, problem.message),
                Event::Memory(_) => {} // no record of a session is one
            }
        }
        for (kind, fate) in self.lines {
            match fate {
                _ if kind.is_empty() => {}
                Fate::Kept => out.kept(&kind),
                Fate::Skipped => out.skipped(&kind),
                Fate::Unknown => out.unknown(&kind),
            }
        }
    }
}
