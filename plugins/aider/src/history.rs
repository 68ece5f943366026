//! A history from its start to its end: sessions, and the turns in them.

use lore_plugin_sdk::prelude::*;
use lore_plugin_sdk::{Cursor, MAX_LINE, time as times};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3Default;

use crate::lines::{Line, Lines};
use crate::output::Fact;
use crate::place::{self, Kind, Place};
use crate::turn::{self, Told, Turn};

/// The file's name, unless the person chose another one.
pub(crate) const NAME: &str = ".aider.chat.history.md";

/// How much of a file of another name is searched for a header, in bytes.
const SEARCHED: u32 = 256 << 10;

/// Bytes after which a turn is told in two, so that it fits into memory with all that is made of it.
const MOST_BYTES: usize = 8 << 20;

/// The checkpoint: where the last turn begins, and what was known there.
#[derive(Serialize, Deserialize)]
pub struct State {
    /// Of the turn's first line; absent before any.
    resume: Option<u64>,
    place: Place,
    told: Told,
    headers: Headers,
    /// Absent until somebody says something.
    session: Option<Known>,
}

/// What is known about a session.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) id: String,
    /// Before this turn.
    pub(crate) messages: u64,
    pub(crate) model: Option<String>,
    pub(crate) format: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Headers {
    first: String,
    last: String,
    /// Those before the last one that are the same.
    same: u32,
}

impl Known {
    /// Takes in the model; returns whether it is another one.
    pub(crate) fn learn(&mut self, fact: &Fact) -> bool {
        let Fact::Model { name, format } = fact else { return false };
        self.format = Some(format.clone());
        let is_new = self.model.as_ref() != Some(name);
        self.model = Some(name.clone());
        is_new
    }
}

/// Begins a file.
pub(crate) fn start(source: &Source) -> Result<State, ParseError> {
    let path = source.path();
    if path.rsplit('/').next() != Some(NAME) && !has_header(source)? {
        return Err(ParseError::NotMine);
    }
    Ok(State {
        resume: None,
        place: Place::start(),
        told: Told::default(),
        headers: Headers::default(),
        session: None,
    })
}

/// Whether a session begins near the start of the file.
fn has_header(source: &Source) -> Result<bool, ParseError> {
    let bytes = source.read(0, SEARCHED)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut is_after_blank = true;
    Ok(text.lines().any(|line| {
        let is_header = is_after_blank && place::is_header(line);
        is_after_blank = line.trim_end().is_empty();
        is_header
    }))
}

/// Reads on from the start of the last turn.
pub(crate) fn read(
    source: &Source,
    cursor: &mut Cursor<State>,
    out: &mut Output,
) -> Result<bool, ParseError> {
    let state = &mut cursor.state;
    let mut end = state.resume.unwrap_or_default();
    let mut lines = Lines::new(source, end);
    let mut place = state.place;
    let mut turn = Turn::default();
    while let Some(Line { offset, end: line_end, text }) = lines.next()? {
        end = line_end;
        let Some(text) = text else {
            let problem = format!("the line has more bytes than the {MAX_LINE} that are read");
            turn.problem(offset, problem);
            continue;
        };
        let before = place;
        let kind = place.take(&text);
        let begins = match kind {
            Kind::Header => true,
            Kind::Prompt => !turn::is_nothing(&text),
            // Of another aider's session, which writes to the same file at the same time.
            Kind::Answer if state.session.is_none() => true,
            _ => turn.size > MOST_BYTES,
        };
        if begins && state.resume != Some(offset) {
            state.close(&std::mem::take(&mut turn), kind, &text, out);
            (state.resume, state.place) = (Some(offset), before);
            if out.is_full() {
                cursor.move_to(offset);
                return Ok(false);
            }
        }
        turn.push(kind, &text);
    }
    match state.session.clone() {
        Some(mut known) => state.told = turn.tell(&mut known, state.told, out),
        // Nobody said anything yet, so there is no session: nothing of this is dealt with.
        None => end = state.resume.unwrap_or_default(),
    }
    cursor.move_to(end);
    Ok(true)
}

impl State {
    /// Ends a turn at the line that begins another one.
    fn close(&mut self, turn: &Turn, next: Kind, line: &str, out: &mut Output) {
        if self.session.is_none() && next != Kind::Header {
            self.session = Some(self.begin(turn, line, out));
        }
        match &mut self.session {
            Some(known) => {
                turn.tell(known, self.told, out);
            }
            None => turn.skip(out),
        }
        self.told = Told::default();
        if next == Kind::Header {
            self.session = None;
            self.headers.note(line);
        }
    }

    /// Begins a session of which this stands above the first line of a person or the model.
    fn begin(&self, head: &Turn, first_line: &str, out: &mut Output) -> Known {
        let Headers { first, last, same } = &self.headers;
        let mut hasher = Xxh3Default::new();
        for line in [first, last, first_line] {
            hasher.update(line.as_bytes());
            hasher.update(b"\0");
        }
        hasher.update(&same.to_le_bytes());
        head.hash(&mut hasher);
        let hash = hasher.digest128();
        let time = place::header_time(last);
        let id = match time {
            Some(time) => format!("{}-{hash:032x}", time.replace([' ', ':'], "-")),
            None => format!("{hash:032x}"),
        };
        let mut known = Known { id, messages: 0, model: None, format: None };
        let mut session = Session::new(known.id.as_str());
        // The time is local and its zone is not told.
        session.started = time.and_then(times::parse_text);
        head.describe(&mut session, &mut known);
        out.session(session);
        known
    }
}

impl Headers {
    fn note(&mut self, line: &str) {
        let line = line.trim_end();
        if self.first.is_empty() {
            self.first = line.to_owned();
        }
        self.same = if self.last == line { self.same.saturating_add(1) } else { 0 };
        self.last = line.to_owned();
    }
}
