//! Works off what hooks left to be done.

use std::time::Duration;

use lore_engine::api::{ImportRequest, NewLink, ProposeRequest};
use lore_engine::model::Creator;

use super::Hook;
use super::queue::{Entry, Queue, Task};
use crate::client::{Access, Client, ClientError};
use crate::commands::Context;
use crate::config::Config;
use crate::error::CliError;

/// Time to wait for a process that holds the store and does not answer. What is not done then stays
/// for the next hook.
const PATIENCE: Duration = Duration::from_secs(30);

/// Works tasks off until there are none, unless another process does.
pub(super) fn off(context: &Context, hook: Hook, queue: &Queue) -> Result<(), CliError> {
    loop {
        let Some(turn) = queue.turn()? else { return Ok(()) };
        loop {
            let (entries, bytes) = queue.read()?;
            if bytes == 0 {
                break;
            }
            if !entries.is_empty() {
                work_off(context, hook, entries)?;
            }
            queue.remove(&turn, bytes)?;
        }
        drop(turn);
        // Whoever came before the turn was given back has relied on us.
        if queue.read()?.1 == 0 {
            return Ok(());
        }
    }
}

/// Does the tasks. What the engine refuses is written down; if it cannot be reached, all stay.
fn work_off(context: &Context, hook: Hook, entries: Vec<Entry>) -> Result<(), CliError> {
    let mut client = Client::connect_within(&context.home, Access::Write, PATIENCE)?;
    let config = Config::load(&context.home)?;
    if entries.iter().any(|entry| matches!(entry.task, Task::Commit(_))) {
        let request = ImportRequest {
            enabled: Some(config.watchers()),
            places: context.places()?,
            ..ImportRequest::default()
        };
        // What was there before can be linked all the same.
        note(context, hook, client.import(request, &mut |_| ()))?;
    }
    let threshold = config.auto_link_threshold();
    for Entry { place, task, .. } in entries {
        let done = match task {
            Task::Rewritten(commits) => client.rewritten(&place, commits).map(drop),
            // Has a queue of its own.
            Task::Sync(_) => Ok(()),
            Task::Commit(reference) => {
                let request = ProposeRequest::Commit { place: place.clone(), reference };
                client.propose(request).and_then(|found| {
                    let likely = found.proposals.into_iter();
                    let likely = likely.filter(|proposal| proposal.confidence >= threshold);
                    let links = likely.map(|proposal| NewLink {
                        session: proposal.session,
                        place: place.clone(),
                        commit: proposal.commit.id,
                        created_by: Creator::Hook,
                        judgement: Some((proposal.confidence, proposal.evidence)),
                    });
                    client.link(links.collect()).map(drop)
                })
            }
        };
        note(context, hook, done)?;
    }
    Ok(())
}

/// Writes down what the engine refuses; fails if it cannot be reached.
fn note<T>(context: &Context, hook: Hook, done: Result<T, ClientError>) -> Result<(), CliError> {
    match done {
        Ok(_) => Ok(()),
        Err(ClientError::Api(error)) => {
            super::write_down(&context.home, hook, &CliError::from_error(&error).text());
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
