//! Fixture cases of a plugin: input files and the records expected of them.
//!
//! ```text
//! fixtures/<case>/input/<files as they lie below the tool's base>
//! fixtures/<case>/expected.json    {"<path of a source>": {"events", "counts", "position", "done"}}
//! ```
//!
//! A file `NAME.sql` stands for the SQLite database `NAME`, made by its statements; a line `-- later`
//! parts what is there at first from what is written later, and is read from the checkpoint.
//!
//! [`check`] runs all cases natively and is what a plugin's own test calls; with `LORE_BLESS=1` in
//! the environment it writes `expected.json` anew. [`cases`] only loads them, and [`Case::run`] reads
//! one in whatever way it is given: through the compiled component, say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::{Deserialize, Serialize};

use rusqlite::Connection;

use crate::{Batch, Count, Event, ParseError, Source, Watcher, glob, native};

/// Sources up to this many bytes are cut at every byte.
const CUT_EVERYWHERE: usize = 2 << 10;

/// How many places a larger source is cut at.
const CUTS: usize = 400;

/// One case.
pub struct Case {
    /// The name of its directory.
    pub name: String,
    /// The input files by their path below the tool's base.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What is expected of each source, by its path.
    pub expected: BTreeMap<String, Expected>,
    directory: PathBuf,
    /// Of each database what it is like at first, and after each of its later steps.
    databases: BTreeMap<String, Vec<Vec<u8>>>,
}

/// What reading one source to its end gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Expected {
    /// It is read.
    Parsed(Parsed),
    /// It is refused.
    Refused {
        /// Why.
        error: ParseError,
    },
}

/// All batches of one source together, so that it does not matter where one ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// In source order.
    pub events: Vec<Event>,
    /// One for each kind and outcome, sorted by kind.
    pub counts: Vec<Count>,
    /// Bytes dealt with.
    pub position: u64,
    /// Whether the last batch said that nothing follows.
    pub done: bool,
}

impl Parsed {
    /// Appends the next batch.
    pub fn push(&mut self, batch: Batch) {
        self.events.extend(batch.events);
        for count in batch.counts {
            let same = |c: &&mut Count| c.kind == count.kind && c.outcome == count.outcome;
            match self.counts.iter_mut().find(same) {
                Some(known) => known.records += count.records,
                None => self.counts.push(count),
            }
        }
        self.counts.sort_by(|a, b| (&a.kind, a.outcome as u8).cmp(&(&b.kind, b.outcome as u8)));
        (self.position, self.done) = (batch.position, batch.done);
    }

    /// What remains in a store: a message written again, with the same key, in the place of the
    /// first. A plugin may return one early and complete it later.
    #[must_use]
    pub fn settled(self) -> Self {
        let mut settled: Vec<Event> = Vec::new();
        let mut places = BTreeMap::new();
        for event in self.events {
            if let Event::Message(message) = &event {
                let id = (message.session.clone(), message.key.clone());
                if let Some(place) = places.get(&id) {
                    settled[*place] = event;
                    continue;
                }
                places.insert(id, settled.len());
            }
            settled.push(event);
        }
        Self { events: settled, ..self }
    }

    /// The first difference from what is expected, if there is one.
    pub(crate) fn difference(self, expected: &Self) -> Option<String> {
        let named = |parsed| named("records", &Expected::Parsed(parsed));
        difference(&named(expected.clone()), &named(self))
    }
}

impl FromIterator<Batch> for Parsed {
    fn from_iter<I: IntoIterator<Item = Batch>>(batches: I) -> Self {
        let mut parsed = Self::default();
        batches.into_iter().for_each(|batch| parsed.push(batch));
        parsed
    }
}

impl Expected {
    fn settled(self) -> Self {
        match self {
            Self::Parsed(parsed) => Self::Parsed(parsed.settled()),
            Self::Refused { .. } => self,
        }
    }
}

impl Case {
    /// The paths of the files that are sources: those that match a location's pattern, or all if
    /// none does.
    pub fn sources(&self, patterns: &[&str]) -> Vec<&str> {
        let matches = |path: &&str| patterns.iter().any(|pattern| glob::is_match(pattern, path));
        let matching: Vec<&str> = self.files.keys().map(String::as_str).filter(matches).collect();
        if matching.is_empty() { self.files.keys().map(String::as_str).collect() } else { matching }
    }

    /// The source at `path`, beside all the others.
    pub fn source(&self, path: &str) -> Source {
        self.source_of(path, self.files.get(path).map_or(&[], Vec::as_slice))
    }

    /// A source of these bytes, beside all the others.
    fn source_of(&self, path: &str, bytes: &[u8]) -> Source {
        let others = self.files.iter().filter(|(other, _)| *other != path);
        others.fold(Source::memory(path, bytes), |source, (other, bytes)| {
            source.with_sibling(other, bytes.clone())
        })
    }
}

/// Loads every case below `directory`, sorted by name.
///
/// # Errors
/// If a file cannot be read, or an `expected.json` is not of the form above.
pub fn cases(directory: &Path) -> io::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(directory)? {
        let directory = entry?.path();
        let mut files = BTreeMap::new();
        read_tree(&directory.join("input"), "", &mut files)?;
        let databases = make_databases(&mut files).map_err(io::Error::other)?;
        let expected = match fs::read(directory.join("expected.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        cases.push(Case { name, files, expected, directory, databases });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn read_tree(
    directory: &Path,
    below: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_tree(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Puts a database in the place of each file of statements.
fn make_databases(
    files: &mut BTreeMap<String, Vec<u8>>,
) -> rusqlite::Result<BTreeMap<String, Vec<Vec<u8>>>> {
    let mut databases = BTreeMap::new();
    for path in files.keys().cloned().collect::<Vec<_>>() {
        let Some(name) = path.strip_suffix(".sql") else { continue };
        let statements = files.remove(&path).unwrap_or_default();
        let statements = String::from_utf8_lossy(&statements);
        let mut database = Connection::open_in_memory()?;
        let mut steps = Vec::new();
        for step in statements.split("\n-- later\n") {
            database.execute_batch(step)?;
            steps.push(database.serialize("main")?.to_vec());
        }
        files.insert(name.to_owned(), steps.last().cloned().unwrap_or_default());
        databases.insert(name.to_owned(), steps);
    }
    Ok(databases)
}

/// Checks every case below `directory`: that its sources give what is expected, the same at every
/// reading, and the same when a source is read at first as far as it was written at some moment and
/// later from the checkpoint.
///
/// # Panics
/// If a case does not hold, there is none, or its files cannot be read.
#[track_caller]
pub fn check<W: Watcher>(directory: impl AsRef<Path>) {
    let directory = directory.as_ref();
    let cases = match cases(directory) {
        Ok(cases) if !cases.is_empty() => cases,
        Ok(_) => panic!("no cases in `{}`", directory.display()),
        Err(error) => panic!("the cases in `{}` cannot be read: {error}", directory.display()),
    };
    let info = W::info();
    let patterns: Vec<&str> = info.locations.iter().map(|l| l.pattern.as_str()).collect();
    let bless = std::env::var_os("LORE_BLESS").is_some_and(|value| value == "1");
    let mut failures = Vec::new();
    for case in &cases {
        let mut run = case.run(&patterns, &mut |path, bytes, checkpoint| {
            native::read_rest::<W>(&case.source_of(path, bytes), checkpoint)
        });
        if bless {
            case.bless(&run.found)
                .unwrap_or_else(|error| panic!("{}: cannot be blessed: {error}", case.name));
        } else {
            run.failures.extend(case.difference(&run.found));
        }
        failures.extend(run.failures.iter().map(|failure| format!("{}: {failure}", case.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Reads a source to its end, as one batch: given its path, the bytes that it has at present, and
/// the checkpoint to go on from. What lies beside it is the case's.
pub type Read<'a> = dyn FnMut(&str, &[u8], Option<&[u8]>) -> Result<Batch, ParseError> + 'a;

/// What came of a case.
#[derive(Debug, Default)]
pub struct Run {
    /// What each source gives when it is read from its start to its end.
    pub found: BTreeMap<String, Expected>,
    /// The readings that were made.
    pub readings: u64,
    /// The ways of reading that gave something else, each with the first difference.
    pub failures: Vec<String>,
}

impl Case {
    /// Reads the sources (see [`Case::sources`]) in every way in which the engine may: twice, and in
    /// steps, as if it had been read at some moment while it was written.
    pub fn run(&self, patterns: &[&str], read: &mut Read<'_>) -> Run {
        let mut run = Run::default();
        for path in self.sources(patterns) {
            let bytes = self.files.get(path).map_or(&[][..], Vec::as_slice);
            let mut read = |bytes: &[u8], checkpoint: Option<&[u8]>| {
                run.readings += 1;
                read(path, bytes, checkpoint)
            };
            let whole = expected(read(bytes, None));
            let again = expected(read(bytes, None));
            let steps = match self.databases.get(path) {
                Some(steps) => check_steps(path, steps, &whole, &mut read),
                None => check_cuts(path, bytes, &whole, &mut read),
            };
            if let Some(difference) = difference(&named(path, &whole), &named(path, &again)) {
                run.failures.push(format!("{path}: a second reading {difference}"));
            }
            run.failures.extend(steps.map(|failure| format!("{path}: {failure}")));
            run.found.insert(path.to_owned(), whole);
        }
        run
    }

    /// The first difference between what is expected and what was found, if there is one.
    pub fn difference(&self, found: &BTreeMap<String, Expected>) -> Option<String> {
        difference(&self.expected, found)
    }

    /// Writes what was found as what is expected.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn bless(&self, found: &BTreeMap<String, Expected>) -> io::Result<()> {
        let json = serde_json::to_string_pretty(found)?;
        fs::write(self.directory.join("expected.json"), json + "\n")
    }
}

fn expected(read: Result<Batch, ParseError>) -> Expected {
    match read {
        Ok(batch) => Expected::Parsed(Parsed::from_iter([batch])),
        Err(error) => Expected::Refused { error },
    }
}

/// Reads one source: given the bytes that it has, from a checkpoint or its start.
type ReadSource<'a> = dyn FnMut(&[u8], Option<&[u8]>) -> Result<Batch, ParseError> + 'a;

/// Reads the source in two steps, for many places between them; returns what went wrong first.
fn check_cuts(
    path: &str,
    bytes: &[u8],
    whole: &Expected,
    read: &mut ReadSource<'_>,
) -> Option<String> {
    let size = bytes.len();
    let step = if size <= CUT_EVERYWHERE { 1 } else { size.div_ceil(CUTS) };
    let mut is_recognised = false;
    (0..=size).step_by(step).find_map(|cut| {
        let first = match read(&bytes[..cut], None) {
            Ok(first) => first,
            // Refusing early what is refused in the end is right.
            Err(error) if *whole == (Expected::Refused { error: error.clone() }) => return None,
            // So little may not tell whose file it is yet; it is read from its start later.
            Err(ParseError::NotMine) if !is_recognised => return None,
            Err(error) => return Some(format!("refused after {cut} bytes: {error:?}")),
        };
        is_recognised |= !first.events.is_empty();
        let second = match read(bytes, Some(&first.checkpoint)) {
            Ok(second) => second,
            Err(error) if *whole == (Expected::Refused { error: error.clone() }) => return None,
            // The engine begins anew, which gives the whole.
            Err(ParseError::StaleCheckpoint) => return None,
            Err(error) => return Some(format!("refused when read on at {cut}: {error:?}")),
        };
        let both = Expected::Parsed(Parsed::from_iter([first, second]).settled());
        let (whole, both) = (named(path, &whole.clone().settled()), named(path, &both));
        difference(&whole, &both).map(|d| format!("read in two steps, cut at {cut}: {d}"))
    })
}

/// Reads a database after each of its steps, from the last checkpoint on.
fn check_steps(
    path: &str,
    steps: &[Vec<u8>],
    whole: &Expected,
    read: &mut ReadSource<'_>,
) -> Option<String> {
    let mut parsed = Parsed::default();
    let mut checkpoint: Option<Vec<u8>> = None;
    for (step, bytes) in steps.iter().enumerate() {
        let mut result = read(bytes, checkpoint.as_deref());
        if result == Err(ParseError::StaleCheckpoint) {
            // The engine begins anew and withdraws what is not told again.
            parsed = Parsed::default();
            result = read(bytes, None);
        }
        match result {
            Ok(batch) => {
                checkpoint = Some(batch.checkpoint.clone());
                parsed.push(batch);
            }
            Err(error) => return Some(format!("refused after step {step}: {error:?}")),
        }
    }
    let (whole, found) = (messages(whole.clone()), messages(Expected::Parsed(parsed)));
    difference(&named(path, &whole), &named(path, &found)).map(|d| format!("read in steps: {d}"))
}

/// The messages that remain in a store, in the order of their keys: a database may tell them in
/// another order as it grows.
fn messages(expected: Expected) -> Expected {
    let Expected::Parsed(mut parsed) = expected.settled() else {
        return Expected::Parsed(Parsed::default());
    };
    let key = |event: &Event| match event {
        Event::Message(message) => Some((message.session.clone(), message.key.clone())),
        Event::Session(_) | Event::Problem(_) | Event::Memory(_) => None,
    };
    parsed.events.retain(|event| key(event).is_some());
    parsed.events.sort_by_key(key);
    Expected::Parsed(Parsed { events: parsed.events, ..Parsed::default() })
}

fn named(path: &str, expected: &Expected) -> BTreeMap<String, Expected> {
    BTreeMap::from([(path.to_owned(), expected.clone())])
}

/// The first line of JSON that differs, with those before it.
fn difference(
    expected: &BTreeMap<String, Expected>,
    found: &BTreeMap<String, Expected>,
) -> Option<String> {
    if expected == found {
        return None;
    }
    let json = |map| serde_json::to_string_pretty(map).expect("records are plain data");
    let (expected, found) = (json(expected), json(found));
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let same = expected.iter().zip(&found).take_while(|(a, b)| a == b).count();
    let show = |sign: &str, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("\n{sign} {line}")).collect()
    };
    Some(format!(
        "differs from line {} of the records on (- expected, + found):{}{}{}",
        same + 1,
        show(" ", &expected[same.saturating_sub(8)..same]),
        show("-", &expected[same..expected.len().min(same + 5)]),
        show("+", &found[same..found.len().min(same + 5)]),
    ))
}
