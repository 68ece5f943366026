//! Syncs that hooks asked for: one at a time, each repository and remote once, and again later if it
//! fails.

use std::path::Path;

use lore_engine::model::Timestamp;

use super::Hook;
use super::queue::{Entry, Queue, RemoteSync, Task};
use crate::commands::{Context, sync};
use crate::error::CliError;
use crate::output::time;
use crate::transport::{self, Git, Manner, TransportError};

/// Time after which a sync that failed is tried again, in milliseconds: a minute, twice as much after
/// every failure, an hour at most.
const PAUSE: i64 = 60 * 1000;
const LONGEST_PAUSE: i64 = 3600 * 1000;

/// Syncs that may wait; the oldest ones make room.
const MOST: usize = 1000;

/// Leaves a sync to be done, if there is anything to sync with.
pub(super) fn ask(queue: &Queue, place: &Path, remote: &str) -> Result<(), CliError> {
    if !transport::has_store(place) {
        return Ok(());
    }
    match Git::open(place, Some(remote), Manner::Quiet(sync::LIMIT)) {
        Ok(_) => {}
        // The push is to an address.
        Err(TransportError::NoRemote { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    queue.edit(|entries| {
        // One that is being done may have looked already. One that waits is not due later for this.
        let waits = |entry: &&mut Entry| {
            let sync = wanted(entry);
            entry.place == place && sync.is_some_and(|sync| sync.remote == remote && !sync.begun)
        };
        let now = time::now();
        match entries.iter_mut().find(waits) {
            Some(Entry { task: Task::Sync(sync), .. }) => sync.due = now,
            _ => {
                let sync =
                    RemoteSync { remote: remote.to_owned(), failures: 0, due: now, begun: false };
                entries.push(Entry::new(place, Task::Sync(sync)));
            }
        }
        entries.drain(..entries.len().saturating_sub(MOST));
    })
}

/// Does the syncs that are due, unless another process does.
pub(super) fn off(context: &Context, hook: Hook, queue: &Queue) -> Result<(), CliError> {
    while !queue.is_empty() {
        let Some(turn) = queue.turn()? else { return Ok(()) };
        while let Some(entry) = queue.edit(|entries| begin(entries))? {
            let Some(sync) = wanted(&entry) else { continue };
            let done = sync::quietly(context, &entry.place, &sync.remote);
            if let Err(error) = &done {
                super::write_down(&context.home, hook, &error.text());
            }
            queue.edit(|entries| end(entries, &entry, done.is_ok()))?;
        }
        drop(turn);
        // Whoever came before the turn was given back has relied on us.
        let now = time::now();
        if !queue.read()?.0.iter().any(|entry| is_due(entry, now)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Takes the first sync that is due. Who takes one has the turn, so one that is begun was not ended.
fn begin(entries: &mut [Entry]) -> Option<Entry> {
    let now = time::now();
    let entry = entries.iter_mut().find(|entry| is_due(entry, now))?;
    if let Task::Sync(sync) = &mut entry.task {
        sync.begun = true;
    }
    Some(entry.clone())
}

/// Takes it off the list, or puts it off if it failed.
fn end(entries: &mut Vec<Entry>, entry: &Entry, done: bool) {
    let Some(at) = entries.iter().position(|other| other == entry) else { return };
    let mut entry = entries.remove(at);
    let Task::Sync(sync) = &mut entry.task else { return };
    let same = |other: &Entry| {
        let other_sync = wanted(other);
        other.place == entry.place && other_sync.is_some_and(|other| other.remote == sync.remote)
    };
    // One that was asked for meanwhile does what this one did not.
    if done || entries.iter().any(same) {
        return;
    }
    let pause = PAUSE << sync.failures.min(16);
    sync.due = Timestamp(time::now().0.saturating_add(pause.min(LONGEST_PAUSE)));
    sync.failures = sync.failures.saturating_add(1);
    sync.begun = false;
    entries.push(entry);
}

fn wanted(entry: &Entry) -> Option<&RemoteSync> {
    match &entry.task {
        Task::Sync(sync) => Some(sync),
        _ => None,
    }
}

/// Whether it is to be done now. A clock that was set back makes nothing wait for more than an hour.
fn is_due(entry: &Entry, now: Timestamp) -> bool {
    let latest = now.0.saturating_add(LONGEST_PAUSE);
    wanted(entry).is_some_and(|sync| sync.due.0 <= now.0 || sync.due.0 > latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(remote: &str) -> Entry {
        let due = time::now();
        let sync = RemoteSync { remote: remote.to_owned(), failures: 0, due, begun: false };
        Entry::new(Path::new("/home/ada/kettle"), Task::Sync(sync))
    }

    #[test]
    fn what_fails_is_put_off_longer_and_longer_and_stays_one() {
        let mut entries = vec![entry("origin")];
        let mut pauses = Vec::new();
        for _ in 0..40 {
            let begun = begin(&mut entries).expect("it is due");
            end(&mut entries, &begun, false);
            assert_eq!(entries.len(), 1);
            assert!(begin(&mut entries).is_none(), "it is tried again at once");
            let Some(Task::Sync(sync)) = entries.first_mut().map(|entry| &mut entry.task) else {
                panic!("it is gone")
            };
            pauses.push((sync.due.0 - time::now().0 + 30_000) / 60_000);
            sync.due = time::now();
        }
        assert!(pauses.starts_with(&[1, 2, 4, 8, 16, 32, 60, 60]), "{pauses:?}");
        let begun = begin(&mut entries).expect("it is due");
        end(&mut entries, &begun, true);
        assert_eq!(entries, []);
    }

    #[test]
    fn what_a_killed_process_began_is_begun_again() {
        let mut entries = vec![entry("origin"), entry("upstream")];
        let first = begin(&mut entries).expect("it is due");
        assert_eq!(begin(&mut entries), Some(first));
    }

    #[test]
    fn one_that_was_asked_for_meanwhile_replaces_one_that_failed() {
        let mut entries = vec![entry("origin")];
        let begun = begin(&mut entries).expect("it is due");
        entries.push(entry("origin"));
        end(&mut entries, &begun, false);
        assert_eq!(entries.len(), 1);
        assert!(begin(&mut entries).is_some(), "nobody waits for the newer one");
    }
}
