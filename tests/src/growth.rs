//! What a tool writes over time, step by step: `plugins/<tool>/growth/<case>`.
//!
//! ```text
//! growth/<case>/<step>/home/<path below HOME>
//! ```
//!
//! The steps follow each other by name. A file is put in its place as it is; `NAME.append` is added
//! to the end of `NAME`, `NAME.sql` is run on the SQLite database `NAME`, whose write-ahead log is
//! left as it is, and `NAME.delete` removes `NAME`.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// A home directory that a tool writes to.
#[derive(Debug)]
pub struct Growing {
    home: PathBuf,
    steps: Vec<PathBuf>,
    /// Open as long as the tool runs: closing one empties its log.
    databases: BTreeMap<PathBuf, Connection>,
}

impl Growing {
    /// The case in `directory`, of which no step is done yet.
    ///
    /// # Panics
    /// If it has no steps.
    pub fn new(directory: &Path, home: &Path) -> Self {
        let steps = entries(directory);
        assert!(!steps.is_empty(), "`{}` has no steps", directory.display());
        Self { home: home.to_owned(), steps, databases: BTreeMap::new() }
    }

    /// How many steps there are.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    /// Does a step.
    ///
    /// # Panics
    /// If a file cannot be written, or statements cannot be run.
    pub fn advance(&mut self, step: usize) {
        let from = self.steps[step].join("home");
        let mut waiting = vec![from.clone()];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                waiting.extend(entries(&path).into_iter().rev());
            } else {
                let below = path.strip_prefix(&from).expect("it was found below");
                self.put(&path, &self.home.join(below));
            }
        }
    }

    fn put(&mut self, from: &Path, to: &Path) {
        fs::create_dir_all(to.parent().expect("it lies in the home")).expect("it can be made");
        let content = || fs::read(from).expect("it can be read");
        let target = to.with_extension("");
        match to.extension().and_then(|extension| extension.to_str()) {
            Some("append") => {
                let file = fs::File::options().create(true).append(true).open(&target);
                file.and_then(|mut file| file.write_all(&content())).expect("it can be written");
            }
            Some("sql") => {
                let database = self.databases.entry(target.clone()).or_insert_with(|| {
                    let database = Connection::open(&target).expect("it can be opened");
                    let settings = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;";
                    database.execute_batch(settings).expect("it has a log");
                    database
                });
                let statements = String::from_utf8(content()).expect("it is text");
                database
                    .execute_batch(&statements)
                    .unwrap_or_else(|error| panic!("{}: {error}", from.display()));
            }
            Some("delete") => {
                self.databases.remove(&target);
                fs::remove_file(&target).expect("it was there");
            }
            _ => fs::write(to, content()).expect("it can be written"),
        }
    }
}

/// Copies all that lies below a directory.
///
/// # Panics
/// If it cannot.
pub fn copy_tree(from: &Path, to: &Path) {
    for path in entries(from) {
        let to = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            fs::create_dir_all(&to).expect("it can be made");
            copy_tree(&path, &to);
        } else {
            fs::copy(&path, &to).expect("it can be copied");
        }
    }
}

/// What lies in a directory, sorted.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| {
        panic!("`{}`: {error}", directory.display());
    });
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    paths
}
