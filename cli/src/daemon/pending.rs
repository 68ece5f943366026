//! Files that changed and are not read yet.
//!
//! A file is read when nothing was told of it for a moment, or, if it does not come to rest, some
//! moments after it first changed. All that are due are read in one import.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long nothing is told of a file before it is read.
const QUIET: Duration = Duration::from_millis(50);

/// How long after its first change a file is read at the latest.
const LATEST: Duration = Duration::from_millis(250);

/// Files that are remembered; when more change at a time, everything is looked at.
const MOST: usize = 2000;

/// The files, and when they changed.
#[derive(Default)]
pub(super) struct Pending {
    files: HashMap<PathBuf, Moments>,
}

struct Moments {
    first: Instant,
    last: Instant,
}

impl Moments {
    fn due(&self) -> Instant {
        (self.last + QUIET).min(self.first + LATEST)
    }
}

impl Pending {
    /// A file has changed. Returns false if it cannot be remembered, nor the others.
    pub(super) fn add(&mut self, path: PathBuf, now: Instant) -> bool {
        let known = self.files.len();
        let moments = self.files.entry(path).or_insert(Moments { first: now, last: now });
        moments.last = now;
        if known >= MOST && self.files.len() > known {
            self.files = HashMap::new();
            return false;
        }
        true
    }

    /// Takes out what is to be read now, sorted.
    pub(super) fn due(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut due: Vec<PathBuf> = self
            .files
            .extract_if(|_, moments| moments.due() <= now)
            .map(|(path, _)| path)
            .collect();
        due.sort();
        due
    }

    /// When something is to be read.
    pub(super) fn next(&self) -> Option<Instant> {
        self.files.values().map(Moments::due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begun: Instant, milliseconds: u64) -> Instant {
        begun + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_file_is_due_when_it_rests() {
        let (begun, mut pending) = (Instant::now(), Pending::default());
        assert_eq!(pending.next(), None);
        assert!(pending.add("b".into(), begun) && pending.add("a".into(), after(begun, 30)));
        assert_eq!(pending.next(), Some(after(begun, 50)));
        assert_eq!(pending.due(after(begun, 49)), Vec::<PathBuf>::new());
        assert_eq!(pending.due(after(begun, 50)), [PathBuf::from("b")]);
        assert_eq!(pending.due(after(begun, 80)), [PathBuf::from("a")]);
        assert_eq!(pending.next(), None);
    }

    #[test]
    fn a_file_that_never_rests_is_read_all_the_same() {
        let (begun, mut pending) = (Instant::now(), Pending::default());
        for moment in (0..=240).step_by(20) {
            assert!(pending.add("a".into(), after(begun, moment)));
            assert!(pending.due(after(begun, moment)).is_empty());
        }
        assert_eq!(pending.next(), Some(after(begun, 250)));
        assert_eq!(pending.due(after(begun, 250)).len(), 1);
    }

    #[test]
    fn too_many_files_are_forgotten_at_once() {
        let (begun, mut pending) = (Instant::now(), Pending::default());
        let add =
            |pending: &mut Pending, number: usize| pending.add(number.to_string().into(), begun);
        assert!((0..MOST).all(|number| add(&mut pending, number)));
        assert!(add(&mut pending, 0));
        assert!(!add(&mut pending, MOST));
        assert_eq!(pending.next(), None);
    }
}
