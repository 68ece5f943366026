//! Looks for sources in whole trees of directories: projects that are not known yet, say.
//!
//! Only names are looked at, so that nothing is opened that no tool wrote.

use std::path::PathBuf;

use walkdir::WalkDir;

use super::{Discovered, Known, problem, stamp};
use crate::api::Progress;
use crate::plugin::{Content, Plugin};

/// Directories that hold what was installed or built, and nothing that people work in.
const PASSED_OVER: [&str; 6] = [".git", "node_modules", "target", ".venv", "__pycache__", ".Trash"];

/// Directories deeper than this are not looked into.
const MAX_DEPTH: usize = 48;

/// Directories between two reports.
const REPORTED: u64 = 64;

/// The files below `roots` that lie as a tool's sources do.
pub(crate) fn scan(
    roots: &[PathBuf],
    plugins: &[Plugin],
    progress: &mut dyn FnMut(Progress),
) -> Discovered {
    let mut found = Discovered::default();
    let known = Known::new(plugins, Content::Sessions);
    let mut so_far = Progress::default();
    for given in roots {
        let root = match given.canonicalize() {
            Ok(root) => root,
            Err(error) => {
                found.problems.push(problem(given, error.to_string()));
                continue;
            }
        };
        let mut walk = WalkDir::new(&root).max_depth(MAX_DEPTH).into_iter();
        while let Some(entry) = walk.next() {
            // A directory that cannot be read is somebody else's.
            let Ok(entry) = entry else { continue };
            let is_passed_over =
                || PASSED_OVER.iter().any(|name| entry.file_name() == *name) && entry.depth() > 0;
            if entry.file_type().is_dir() {
                if is_passed_over() {
                    walk.skip_current_dir();
                }
                so_far.directories += 1;
                if so_far.directories % REPORTED == 0 {
                    progress(so_far);
                }
            } else if entry.file_type().is_file()
                && let Ok(metadata) = entry.metadata()
                && let Some(candidate) = known.candidate(entry.path(), stamp(&metadata))
            {
                so_far.total_sources += 1;
                found.candidates.push(candidate);
            }
        }
    }
    progress(so_far);
    found.sort();
    found
}
