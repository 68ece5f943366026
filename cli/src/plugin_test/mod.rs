//! Runs a plugin's fixtures through its component, as the engine would: in the sandbox, twice, and
//! read in steps as if the file had been read while it was written.
//!
//! The rules are those of the SDK's own test ([`lore_plugin_sdk::fixture`]), so that what holds
//! natively and what holds in the sandbox is the same. This module does not build plugins and does
//! not print.

mod native;
mod records;
mod sandboxed;

use std::io;
use std::path::{Path, PathBuf};

use lore_engine::plugin::Plugin;
use lore_plugin_sdk::fixture::{self, Case};

pub(crate) use native::{Native, run as native};
pub(crate) use sandboxed::Peak;
use sandboxed::Sandboxed;

/// What came of all cases.
pub(crate) struct Tested {
    pub(crate) cases: Vec<TestedCase>,
    pub(crate) peak: Peak,
}

/// What came of a case.
pub(crate) struct TestedCase {
    pub(crate) name: String,
    pub(crate) sources: u64,
    /// The times that a source was read.
    pub(crate) readings: u64,
    /// What differs, each with the first difference; empty if all is as it should be.
    pub(crate) failures: Vec<String>,
}

/// Why the fixtures could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TestError {
    /// There is nothing to run.
    #[error("there are no cases in `{}`", .0.display())]
    NoCases(PathBuf),
    /// The cases cannot be read.
    #[error("the cases in `{}` cannot be read", .directory.display())]
    Cases { directory: PathBuf, source: io::Error },
    /// Their files cannot be laid out, or what was found not be written.
    #[error("the case `{name}` cannot be run")]
    Case { name: String, source: io::Error },
    /// A program could not be started.
    #[error("`cargo` cannot be run")]
    Cargo(#[source] io::Error),
}

impl Tested {
    pub(crate) fn ok(&self) -> bool {
        self.cases.iter().all(|case| case.failures.is_empty())
    }
}

/// Runs the cases below `fixtures` through the sandbox. To `bless` them is to write what they give as
/// what is expected.
///
/// # Errors
/// If there is no case, or its files cannot be read or written.
pub(crate) fn run(plugin: &Plugin, fixtures: &Path, bless: bool) -> Result<Tested, TestError> {
    let cases = fixture::cases(fixtures)
        .map_err(|source| TestError::Cases { directory: fixtures.to_owned(), source })?;
    if cases.is_empty() {
        return Err(TestError::NoCases(fixtures.to_owned()));
    }
    let mut tested = Tested { cases: Vec::new(), peak: Peak::default() };
    for case in &cases {
        let failed = |source| TestError::Case { name: case.name.clone(), source };
        let result = run_case(plugin, case, bless, &mut tested.peak).map_err(failed)?;
        tested.cases.push(result);
    }
    Ok(tested)
}

fn run_case(plugin: &Plugin, case: &Case, bless: bool, peak: &mut Peak) -> io::Result<TestedCase> {
    let locations = &plugin.info().locations;
    let patterns: Vec<&str> = locations.iter().map(|location| &*location.pattern).collect();
    let mut sandboxed = Sandboxed::new(plugin, case)?;
    sandboxed.peak = *peak;
    let mut run =
        case.run(&patterns, &mut |path, bytes, checkpoint| sandboxed.read(path, bytes, checkpoint));
    *peak = sandboxed.peak;
    if bless {
        case.bless(&run.found)?;
    } else {
        run.failures.extend(case.difference(&run.found));
    }
    Ok(TestedCase {
        name: case.name.clone(),
        sources: run.found.len() as u64,
        readings: run.readings,
        failures: run.failures,
    })
}
