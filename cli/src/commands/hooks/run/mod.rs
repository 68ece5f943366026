//! `lore hooks run`: what a hook asks for.
//!
//! Git is never told that something went wrong: that is a line in `logs/hooks.log`. Where there is no
//! store, nothing is done and nothing made.

mod message;
mod queue;
mod syncs;
mod work;

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use super::Hook;
use crate::commands::{Context, current_directory};
use crate::error::CliError;
use crate::home::Home;
use crate::log::Log;
use queue::{Queue, Task};

/// Time after which a process in the background gives up, whatever it is at.
const LIMIT: Duration = Duration::from_secs(600);

/// The longest list of rewritten commits that is read, in bytes: some hundred thousand commits.
const LONGEST_LIST: u64 = 16 << 20;

/// Does it. Never fails.
pub(super) fn run(context: &Context, hook: Hook, arguments: &[String]) {
    if !context.home.store_path().exists() {
        return;
    }
    let result = match (hook, arguments) {
        (Hook::PrepareCommitMsg, [file, source]) => {
            message::name_sessions(context, Path::new(file), source)
        }
        (Hook::PostCommit, [commit]) => {
            in_background(context, hook, Task::Commit(commit.to_owned()))
        }
        (Hook::PostRewrite, _) => {
            rewritten().and_then(|list| in_background(context, hook, Task::Rewritten(list)))
        }
        (Hook::PrePush, [remote, ..]) => sync_in_background(context, hook, remote),
        _ => Ok(()),
    };
    if let Err(error) = result {
        write_down(&context.home, hook, &error.text());
    }
}

/// Leaves a task, and works off what there is, unless another process does.
fn in_background(context: &Context, hook: Hook, task: Task) -> Result<(), CliError> {
    stand_apart(context, hook);
    let queue = Queue::of(&context.home)?;
    queue.push(&current_directory()?, task)?;
    let done = work::off(context, hook, &queue);
    // What an earlier push could not sync.
    syncs::off(context, hook, &Queue::of_syncs(&context.home)?)?;
    done
}

/// The same for a sync.
fn sync_in_background(context: &Context, hook: Hook, remote: &str) -> Result<(), CliError> {
    stand_apart(context, hook);
    let queue = Queue::of_syncs(&context.home)?;
    syncs::ask(&queue, &current_directory()?, remote)?;
    syncs::off(context, hook, &queue)
}

/// Goes on when the terminal that git was called from goes away, but not for ever.
fn stand_apart(context: &Context, hook: Hook) {
    let _ = rustix::process::setsid();
    let home = context.home.clone();
    std::thread::spawn(move || {
        std::thread::sleep(LIMIT);
        write_down(&home, hook, "gave up after ten minutes; the next hook goes on");
        std::process::exit(0);
    });
}

/// What git says on standard input: an old and a new commit a line, and maybe more.
fn rewritten() -> Result<Vec<(String, String)>, CliError> {
    let mut list = String::new();
    std::io::stdin()
        .take(LONGEST_LIST)
        .read_to_string(&mut list)
        .map_err(|error| CliError::new(format!("cannot read git's list of commits: {error}")))?;
    let pair = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    Ok(list.lines().filter_map(pair).collect())
}

/// Writes down what went wrong, and where.
fn write_down(home: &Home, hook: Hook, message: &str) {
    let directory = std::env::current_dir().unwrap_or_default();
    let text = format!("{} `{}`: {message}", hook.name(), directory.display());
    Log::new(home, "hooks.log").warn(&text);
}
